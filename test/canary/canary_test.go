package canary

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"sync"
	"testing"

	"vigie/internal/app"
	"vigie/internal/customer"
	"vigie/internal/exchange/mail"
	"vigie/internal/exchange/webhook"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/jobs"
	"vigie/internal/platform/seal"
	"vigie/internal/platform/telemetry"
	"vigie/internal/trust/permission"
	"vigie/test/pg"
)

func TestMain(m *testing.M) { pg.Main(m) }

// house is an instance with a secret in every place.
type house struct {
	app      *app.App
	db       *db.DB
	address  string
	dir      string
	url      string
	log      *paper
	traces   *paper
	tel      *telemetry.Telemetry
	admin    permission.Actor
	browser  *http.Client // of the administrator
	token    string       // of the administrator
	customer customer.Customer
	planted  secrets
	hook     webhook.Webhook
	provider *provider
}

// paper is what is written down by several at a time.
type paper struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *paper) read() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return bytes.Clone(p.text.Bytes())
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A planted secret is found in no table, log, trace, answer, metric, backup or export; and were it there, it would be found.
func TestSecretsStayWhereTheyAre(t *testing.T) { // not parallel: traces go by the environment
	traces := &paper{}
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(traces, r.Body) }))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	for name, address := range map[string]string{"sqlite": "", "postgres": pg.Start(t)} {
		t.Run(name, func(t *testing.T) {
			h := open(t, address, traces)
			h.plant(t)
			h.everywhere(t)
			for _, missing := range unplanted(h.planted, seal.Columns()) {
				t.Errorf("nobody plants a secret in %s, which is sealed", missing)
			}
			found := h.search(t)
			for _, f := range found {
				t.Error(f)
			}
			h.bites(t)
		})
	}
}

// unplanted are the sealed columns that hold no planted secret.
func unplanted(planted secrets, columns []seal.Column) (out []string) {
	for _, c := range columns {
		if len(planted[c.Table+"."+c.Column]) == 0 {
			out = append(out, c.Table+"."+c.Column)
		}
	}
	return out
}

func TestNewColumnNeedsAPlanter(t *testing.T) {
	t.Parallel()
	planted := secrets{}
	for _, c := range seal.Columns() {
		planted.add(c.Table+"."+c.Column, "a planted secret")
	}
	if got := unplanted(planted, append(seal.Columns(), seal.Column{Table: "new", Column: "secret"})); len(got) != 1 || got[0] != "new.secret" {
		t.Errorf("unplanted: %v", got)
	}
}

func open(t *testing.T, address string, traces *paper) *house {
	t.Helper()
	h := &house{address: address, dir: t.TempDir(), log: &paper{}, traces: traces, planted: secrets{}}
	form := "json"
	if address == "" {
		h.address, form = "sqlite:"+filepath.Join(h.dir, "vigie.db"), "text"
	}
	var err error
	h.tel, err = telemetry.New(t.Context(), h.log, form, "debug")
	check(t, err)
	srv := httptest.NewUnstartedServer(nil)
	h.url = "http://" + srv.Listener.Addr().String()
	at, err := url.Parse(h.url)
	check(t, err)
	master := seal.NewKey()
	h.planted.add("the master key", master)
	h.app, err = app.Open(t.Context(), app.Options{Database: h.address, DataDir: h.dir, Clock: clock.System{}, Telemetry: h.tel, Version: "test", Migrate: true, PublicURL: at,
		MasterKey: seal.Source{Text: master}, OutboundAllow: []string{"127.0.0.1"}, Mail: mail.Defaults{From: mail.Address{Name: "Vigie", Email: "vigie@provider.example"}}})
	check(t, err)
	t.Cleanup(h.app.Close)
	h.db, err = db.Open(t.Context(), h.address, clock.System{})
	check(t, err)
	t.Cleanup(h.db.Close)
	srv.Config.Handler = h.app.Handler()
	srv.Start()
	t.Cleanup(srv.Close)
	return h
}

// canary is a text that stands nowhere else, with characters that are written otherwise in most forms.
func (h *house) canary(where string) string {
	core := "kanari" + rand.Text()
	text := core + `+/="&'é`
	h.planted.add(where, text)
	h.planted.add(where+" in part", core) // where the rest is written in a way that nobody has thought of
	return text
}

// everywhere opens every sealed value that there is now: what is in there must be nowhere else.
func (h *house) everywhere(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	for _, c := range seal.Columns() {
		var rows []struct {
			Key      string  `db:"k"`
			Value    db.Null `db:"v"`
			Customer db.Null `db:"c"`
		}
		customer := "''"
		if c.Customer != "" {
			customer = "CAST(" + c.Customer + " AS TEXT)"
		}
		across := func(f func(*db.Tx) error) error { return h.db.Across(ctx, "the test opens all secrets", f) }
		check(t, across(func(tx *db.Tx) error {
			return tx.Select(ctx, &rows, `SELECT CAST(`+c.Key+` AS TEXT) AS k, `+c.Column+` AS v, `+customer+` AS c FROM {`+c.Table+`}`)
		}))
		for _, r := range rows {
			if r.Value == "" {
				continue
			}
			in := across
			if r.Customer != "" && r.Customer != seal.Instance {
				in = func(f func(*db.Tx) error) error { return h.db.InScope(ctx, db.Grant(string(r.Customer)), f) }
			}
			check(t, in(func(tx *db.Tx) error {
				plain, err := h.app.Secrets.Open(ctx, tx, seal.Place{Table: c.Table, Row: r.Key, Column: c.Column}, string(r.Value))
				if err == nil {
					h.planted.add(c.Table+"."+c.Column, string(plain))
				}
				return err
			}))
		}
	}
}

var onward = regexp.MustCompile(`content="0;url=([^"]+)"`)

type noTasks struct{}

func (noTasks) Put(context.Context, *db.Tx, string, jobs.Task) error { return nil }

var (
	link  = regexp.MustCompile(`(?:href|hx-get|src)="(/[^"#]*)`)
	names = regexp.MustCompile(`\{[a-z]+\}`)
)
