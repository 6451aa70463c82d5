package conformance

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"vigie/internal/app"
	"vigie/internal/estate/collect"
	"vigie/internal/estate/discovery"
	"vigie/test/moto"
)

// unseeded are the types that the estate has none of, each with the reason. All others must be counted by count.py and found; what
// IDENTIFIERS.md marks as extra is counted too.
var unseeded = map[string]string{
	"AWS::EC2::TransitGateway":            "the story has none, and count.py does not ask",
	"AWS::EC2::EgressOnlyInternetGateway": "the story has none, and count.py does not ask",
}

// TestEstate walks one emulated organisation through the life of an account. The steps build on each other.
func TestEstate(t *testing.T) {
	cloud := startEstate(t)
	useCloud(t, cloud.Endpoint)
	h := build(t, app.Cloud(""), app.Collectors())
	account := h.add(t, discovery.CreateAccount{AccountID: cloud.Management, RoleARN: "arn:aws:iam::" + cloud.Management + ":role/" + cloud.Role,
		Regions: cloud.Regions, Organization: true})

	t.Run("a role that needs no ExternalId is refused", func(t *testing.T) { h.refusesOpenRole(t, account) })
	accept := true
	if _, err := h.ChangeAccount(t.Context(), h.actor, account.ID, discovery.UpdateAccount{AcceptOpenRole: &accept}); err != nil {
		t.Fatal(err)
	}
	first := h.run(t)
	t.Run("every scope is complete", h.everyScopeIsComplete)
	t.Run("nothing is missing and nothing is there twice", func(t *testing.T) { h.matchesCount(t, cloud, first) })
	t.Run("a recording tells the same as the live run", func(t *testing.T) { h.replays(t, cloud, account) })
	t.Run("a quiet estate changes nothing", h.staysQuiet)
	t.Run("a second run tells exactly what changed", func(t *testing.T) { h.tellsChanges(t, cloud) })
	t.Run("no secret is in the database or the log", h.keepsNoSecret)
}

func (h *house) refusesOpenRole(t *testing.T, a discovery.Account) {
	r := h.run(t)
	if n := len(h.cis(t, h.customer)); n != 0 || r.Outcomes.V[collect.Denied] == 0 || len(r.Outcomes.V) != 1 {
		t.Errorf("%d CIs, outcomes %v; want none, and all denied", n, r.Outcomes.V)
	}
	for _, c := range h.coverage(t) {
		if c.Action != "sts:AssumeRole" || c.Message != collect.ErrOpenRole.Error() {
			t.Fatalf("coverage says %+v", c)
		}
	}
	a, err := h.Account(t.Context(), h.actor, a.ID)
	if err != nil || a.Status != discovery.OpenRole {
		t.Errorf("the account is %q, %v; want %q", a.Status, err, discovery.OpenRole)
	}
}

func (h *house) everyScopeIsComplete(t *testing.T) {
	ended := map[string]int{}
	for _, c := range h.coverage(t) {
		ended[c.Account+" "+c.Region]++
		switch {
		case c.Outcome == collect.Complete:
		case c.Outcome == collect.Skipped && strings.HasPrefix(c.Type, "AWS::Organizations::"): // in members
		default:
			t.Errorf("%s %s %s ended %s at %s page %d: %s", c.Account, c.Region, c.Type, c.Outcome, c.Action, c.Page, c.Message)
		}
	}
	global, regional := map[string]bool{}, map[string]bool{}
	for _, c := range h.Collectors() {
		for _, typ := range c.Types {
			if c.Reach == collect.Global {
				global[typ] = true
			} else {
				regional[typ] = true
			}
		}
	}
	for place, n := range ended {
		want := len(regional)
		if strings.HasSuffix(place, " global") {
			want = len(global)
		}
		if n != want {
			t.Errorf("%s: %d types ended, want %d", place, n, want)
		}
	}
	if len(ended) != 3*4 {
		t.Errorf("ended in %d places, want 3 accounts with 3 regions and global each: %v", len(ended), slices.Sorted(maps.Keys(ended)))
	}
}

func (h *house) matchesCount(t *testing.T, cloud emulator, r discovery.Run) {
	var count map[string]map[string]map[string][]string
	if said := moto.Script(t, &count, "count.py", "--endpoint", cloud.Endpoint, "--regions", strings.Join(cloud.Regions, ","), "--ids"); strings.Contains(said, "uncounted") {
		t.Fatalf("the second opinion could not ask for everything:\n%s", said)
	}
	want := map[string]int{}
	for account, regions := range count {
		for region, types := range regions {
			for typ, ids := range types {
				for _, id := range ids {
					want[seen{Account: account, Region: region, Type: typ, ExternalID: id}.key()]++
				}
			}
		}
	}
	got, types := map[string]int{}, map[string]bool{}
	for _, ci := range h.cis(t, h.customer) {
		if ci.Status != "active" {
			t.Errorf("%s is %s", ci.key(), ci.Status)
		}
		got[ci.key()]++
		types[ci.Type] = true
	}
	compare(t, got, want)
	if n := int64(len(got)); n != r.Seen || n != r.Added {
		t.Errorf("the run says seen %d, added %d; %d CIs are there", r.Seen, r.Added, n)
	}
	for _, c := range h.Collectors() {
		for _, typ := range c.Types {
			if _, known := unseeded[typ]; types[typ] == known {
				t.Errorf("%s: found %t, in the list of what the estate lacks %t", typ, types[typ], known)
			}
		}
	}
	t.Logf("%d CIs of %d types, as counted; %d calls", len(got), len(types), r.Calls)
}

// compare tells differences by account, region and type, so that a missing type is one line.
func compare(t *testing.T, got, want map[string]int) {
	t.Helper()
	missing, extra := map[string][]string{}, map[string][]string{}
	for key, n := range want {
		if n > 1 {
			t.Errorf("the second opinion counts %s %d times", key, n)
		}
		if got[key] == 0 {
			missing[group(key)] = append(missing[group(key)], key)
		}
	}
	for key, n := range got {
		if n > 1 {
			t.Errorf("%s is there %d times", key, n)
		}
		if want[key] == 0 {
			extra[group(key)] = append(extra[group(key)], key)
		}
	}
	for what, found := range map[string]map[string][]string{"missing": missing, "not counted": extra} {
		for _, g := range slices.Sorted(maps.Keys(found)) {
			slices.Sort(found[g])
			t.Errorf("%s: %d of %s, such as %s", what, len(found[g]), g, found[g][0])
		}
	}
}

// group is account, region and type of a key.
func group(key string) string { return strings.Join(strings.SplitN(key, " ", 4)[:3], " ") }

func (h *house) replays(t *testing.T, cloud emulator, a discovery.Account) {
	file := filepath.Join(t.TempDir(), "estate.vigie")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	plan := discovery.RecordPlan{Cloud: app.Cloud(""), Collectors: app.Collectors(), Version: "test", Now: h.clock.Now(),
		Login: discovery.Login{AccountID: a.AccountID, RoleARN: a.RoleARN, ExternalID: a.ExternalID, AcceptOpenRole: true, Regions: cloud.Regions},
		Log:   slog.New(slog.NewJSONHandler(h.log, nil)), Watch: func(p collect.Place, r collect.Result) {
			if r.Outcome != collect.Complete && r.Outcome != collect.Skipped {
				t.Errorf("recording: %s %s %s ended %s: %s", p.Account, p.Region, p.Collector.Name(), r.Outcome, r.Message)
			}
		}}
	if err := discovery.Record(t.Context(), out, plan, true); err != nil {
		t.Fatalf("record: %v", err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	recorded, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	unpack, err := zstd.NewReader(bytes.NewReader(recorded))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(unpack)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) < 1<<20 {
		t.Errorf("the recording unpacks to %d bytes only", len(text))
	}
	noCanary(t, "the recording", text)
	h.declaresItsCalls(t, text)

	other := h.newCustomer(t, "replayed")
	r, err := h.ReplayRun(t.Context(), h.actor, other, bytes.NewReader(recorded), "", nil)
	if err != nil || r.State != discovery.Done {
		t.Fatalf("replay ended %s: %s %v", r.State, r.Message, err)
	}
	live, replayed := map[string]seen{}, map[string]seen{}
	for _, ci := range h.cis(t, h.customer) {
		live[ci.key()] = ci
	}
	for _, ci := range h.cis(t, other) {
		replayed[ci.key()] = ci
		was, ok := live[ci.key()]
		if !ok {
			t.Errorf("only in the replay: %s", ci.key())
		} else if d := fmt.Sprintf("%s %s %s %s %s", was.ARN, was.Name, was.Tags.V, was.Attributes.V, was.Keys.V); d != fmt.Sprintf("%s %s %s %s %s", ci.ARN, ci.Name, ci.Tags.V, ci.Attributes.V, ci.Keys.V) {
			t.Errorf("%s\nlive     %s\nreplayed %s %s %s %s %s", ci.key(), d, ci.ARN, ci.Name, ci.Tags.V, ci.Attributes.V, ci.Keys.V)
		}
	}
	for key := range live {
		if _, ok := replayed[key]; !ok {
			t.Errorf("not in the replay: %s", key)
		}
	}
	for _, c := range read[ending](t, h, other, `SELECT account_id, region, type, outcome, action, message, items, pages FROM {coverage}`) {
		if c.Outcome != collect.Complete && !strings.HasPrefix(c.Type, "AWS::Organizations::") {
			t.Errorf("replay: %s %s %s ended %s: %s", c.Account, c.Region, c.Type, c.Outcome, c.Message)
		}
	}
	if was, now := h.relations(t, h.customer), h.relations(t, other); !slices.Equal(was, now) {
		t.Errorf("%d relations live, %d replayed; they differ first at %s", len(was), len(now), firstDifference(was, now))
	}
}

// declaresItsCalls holds the registry to what was called: the role's policy is computed from it, and an action that it does not
// name would be denied in every customer's account.
func (h *house) declaresItsCalls(t *testing.T, recording []byte) {
	declared := map[string]bool{}
	for _, c := range h.Collectors() {
		for _, a := range c.Actions {
			declared[a] = true
		}
	}
	called := map[string]bool{}
	for _, m := range regexp.MustCompile(`"action":"([^"]+)"`).FindAllSubmatch(recording, -1) {
		called[string(m[1])] = true
	}
	for _, a := range slices.Sorted(maps.Keys(called)) {
		if !declared[a] {
			t.Errorf("%s is called, and no collector declares it", a)
		}
	}
	if len(called) < 100 {
		t.Errorf("the recording knows %d actions only", len(called))
	}
}

// relations writes each as "type owner -> other end, resolved", in order.
func (h *house) relations(t *testing.T, customer string) []string {
	type row struct {
		Type     string `db:"type"`
		Owner    string `db:"owner"`
		Account  string `db:"account"`
		Region   string `db:"region"`
		Other    string `db:"other_key"`
		Resolved bool   `db:"resolved"`
	}
	var lines []string
	for _, r := range read[row](t, h, customer, `SELECT r.type, c.external_id AS owner, c.account, c.region, r.other_key, r.resolved FROM {relation} r JOIN {ci} c ON c.id = r.owner_id`) {
		lines = append(lines, fmt.Sprint(r.Type, " ", r.Account, " ", r.Region, " ", r.Owner, " -> ", r.Other, " ", r.Resolved))
	}
	slices.Sort(lines)
	return lines
}

func firstDifference(a, b []string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return a[i] + " | " + b[i]
		}
	}
	return "the end"
}

func (h *house) staysQuiet(t *testing.T) {
	r := h.run(t)
	h.everyScopeIsComplete(t)
	if r.Added+r.Changed+r.Gone != 0 {
		t.Errorf("added %d, changed %d, gone %d", r.Added, r.Changed, r.Gone)
		for _, c := range h.changes(t, r.ID) {
			t.Log(c)
		}
	}
}

// changes writes what a run changed as "kind type id field", in order.
func (h *house) changes(t *testing.T, run string) []string {
	type row struct {
		Kind       string `db:"kind"`
		Type       string `db:"type"`
		ExternalID string `db:"external_id"`
		Field      string `db:"field"`
		Before     string `db:"before"`
		After      string `db:"after"`
	}
	lines := []string{}
	for _, r := range read[row](t, h, h.customer, `SELECT h.kind, c.type, c.external_id, h.field, h.before, h.after FROM {ci_change} h JOIN {ci} c ON c.id = h.ci_id WHERE h.run_id = ?`, run) {
		lines = append(lines, fmt.Sprint(r.Kind, " ", r.Type, " ", r.ExternalID, " ", r.Field, " ", r.Before, " -> ", r.After))
	}
	slices.Sort(lines)
	return lines
}

func (h *house) tellsChanges(t *testing.T, cloud emulator) {
	sandbox := cloud.Accounts[len(cloud.Accounts)-1].ID
	var done struct {
		Server, Bucket, Function, Database, Class string
		Volumes                                   []string
	}
	moto.Script(t, &done, "../conformance/testdata/mutate.py", cloud.Endpoint, sandbox, cloud.Role)
	want := []string{
		`created AWS::S3::Bucket ` + done.Bucket + `   -> "` + done.Bucket + `"`,
		`gone AWS::EC2::Instance ` + done.Server + ` status "active" -> "gone"`,
		`changed AWS::Lambda::Function ` + done.Function + ` tags.TestedBy  -> "conformance"`,
		`changed AWS::RDS::DBInstance ` + done.Database + ` attributes.DBInstanceClass "` + done.Class + `" -> "db.r6g.4xlarge"`,
	}
	for _, v := range done.Volumes {
		want = append(want, `gone AWS::EC2::Volume `+v+` status "active" -> "gone"`)
	}
	slices.Sort(want)
	r := h.run(t)
	h.everyScopeIsComplete(t)
	if got := h.changes(t, r.ID); !slices.Equal(got, want) {
		t.Errorf("the run told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if r.Added != 1 || r.Changed != 2 || r.Gone != int64(1+len(done.Volumes)) {
		t.Errorf("added %d, changed %d, gone %d", r.Added, r.Changed, r.Gone)
	}
}

// canaries are what the secrets of the seeded estate begin with, and the same in base64 at each of the three places in a group.
var canaries = []string{"CANARY-", "Q0FOQVJZL", "NBTkFSWS", "DQU5BUlkt"}

func (h *house) keepsNoSecret(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(h.folder, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files of the database: %v", err)
	}
	for _, f := range files { // the log that SQLite writes ahead is among them
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		noCanary(t, filepath.Base(f), text)
	}
	noCanary(t, "the log", []byte(h.log.String()))
}

func noCanary(t *testing.T, where string, text []byte) {
	t.Helper()
	for _, c := range canaries {
		if i := bytes.Index(text, []byte(c)); i >= 0 {
			t.Errorf("a secret is in %s: ...%q...", where, text[max(0, i-200):min(len(text), i+60)])
		}
	}
}
