package aws

import (
	"context"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"vigie/internal/estate/collect"
	"vigie/test/moto"
)

// TestEmulator runs collectors against one emulator; each part has a region of its own, so that they do not see each other.
func TestEmulator(t *testing.T) {
	t.Parallel()
	endpoint := moto.Start(t)
	for name, part := range map[string]func(*testing.T, string){
		"network": testNetwork, "peering": testPeering, "servers": testServers, "databases": testDatabases, "buckets": testBuckets,
		"containers": testContainers, "serverless": testServerless, "scaling": testScaling, "stores": testStores, "findings": testFindings,
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); part(t, endpoint) })
	}
}

// emulated is what a run of some collectors found in the emulator.
type emulated struct {
	mu    sync.Mutex
	items map[string][]collect.Item // by type
	ends  map[string]collect.Result // by collector and region
}

func (e *emulated) Items(_ context.Context, _ collect.Place, items []collect.Item) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, it := range items {
		e.items[it.Type] = append(e.items[it.Type], it)
	}
	return nil
}

func (e *emulated) Done(_ context.Context, p collect.Place, r collect.Result) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ends[p.Collector.Name()+" "+p.Region] = r
	return nil
}

// one gives the item of a type and id.
func (e *emulated) one(t *testing.T, typ, id string) collect.Item {
	t.Helper()
	var found []collect.Item
	for _, it := range e.items[typ] {
		if it.ID == id {
			found = append(found, it)
		}
	}
	if len(found) != 1 {
		var ids []string
		for _, it := range e.items[typ] {
			ids = append(ids, it.ID)
		}
		t.Fatalf("%s %s: found %d times among %q", typ, id, len(found), ids)
	}
	return found[0]
}

var quiet = slog.New(slog.DiscardHandler)

// testAccount is the account that moto gives to any credentials.
const testAccount = "123456789012"

// configOf is the SDK's configuration for an emulator, as AWS_ENDPOINT_URL makes it.
func configOf(endpoint, region string) sdk.Config {
	return sdk.Config{Region: region, BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
}

// watched is a source that notes which actions are called.
type watched struct {
	mu    sync.Mutex
	calls map[string]bool
}

func (w *watched) Answer(ctx context.Context, k collect.Key, _, _ any, live func(context.Context) (any, error)) (any, error) {
	w.mu.Lock()
	w.calls[k.Action()] = true
	w.mu.Unlock()
	return live(ctx)
}

// discover runs the collectors of these types in a region (and those that are global) and demands that each ends complete and
// calls nothing but the actions that it lists.
func discover(t *testing.T, endpoint, region string, types ...string) *emulated {
	t.Helper()
	found := &emulated{items: map[string][]collect.Item{}, ends: map[string]collect.Result{}}
	ran := map[string]bool{}
	for _, c := range Registry() {
		if !slices.ContainsFunc(c.Types, func(typ string) bool { return slices.Contains(types, typ) }) {
			continue
		}
		for _, typ := range c.Types {
			ran[typ] = true
		}
		source := &watched{calls: map[string]bool{}}
		r := collect.Runner{Collectors: []collect.Collector{c}, Source: source, Limits: collect.NewLimits(), Sink: found,
			Log: quiet}
		a := collect.Account{ID: testAccount, Partition: "aws", Regions: []string{region}, Config: configOf(endpoint, region)}
		if err := r.Account(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		for action := range source.calls {
			if !slices.Contains(c.Actions, action) {
				t.Errorf("%s calls %s, which it does not list", c.Name(), action)
			}
		}
	}
	for _, typ := range types {
		if !ran[typ] {
			t.Errorf("no collector emits %s", typ)
		}
	}
	for name, end := range found.ends {
		if end.Outcome != collect.Complete {
			t.Errorf("%s ended %s: %s %s", name, end.Outcome, end.Action, end.Message)
		}
	}
	return found
}

// must gives the answer of a call that prepares a test.
func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// wantFacts compares some attributes.
func wantFacts(t *testing.T, it collect.Item, want facts) {
	t.Helper()
	for name, w := range tidy(want) {
		if got := it.Attributes[name]; !reflect.DeepEqual(got, w) {
			t.Errorf("%s %s: %s is %v (%T), want %v (%T)", it.Type, it.ID, name, got, got, w, w)
		}
	}
}

// wantEdges demands each edge, written as "relation key", "< relation key" for inbound ones, with " (group)" where it is one of several.
func wantEdges(t *testing.T, it collect.Item, want ...string) {
	t.Helper()
	var got []string
	for _, e := range it.Edges {
		got = append(got, edgeText(e))
	}
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("%s %s: no edge %q among %q", it.Type, it.ID, w, got)
		}
	}
}

func edgeText(e collect.Edge) string {
	var b strings.Builder
	if e.Inbound {
		b.WriteString("< ")
	}
	b.WriteString(string(e.Type) + " " + e.To.Key)
	if e.Redundancy != "" {
		b.WriteString(" (" + e.Redundancy + ")")
	}
	return b.String()
}
