package discovery_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"vigie/internal/estate/cmdb"
	"vigie/internal/estate/collect"
	"vigie/internal/estate/discovery"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/platform/jobs"
	"vigie/internal/trust/permission"
	"vigie/test/pg"
)

func TestMain(m *testing.M) { pg.Main(m) }

const thing, other = "AWS::Test::Thing", "AWS::Test::Other"

// world is an AWS of our own: what each (account, region, type) holds, and what goes wrong there.
type world struct {
	mu      sync.Mutex
	items   map[string][]string // "account/region/type" -> ids
	broken  map[string]error    // likewise
	refused map[string]error    // accounts that cannot be entered
	members []discovery.Member
	reads   map[string]int
	during  func(key string) // called when a scope is read
}

func newWorld() *world {
	return &world{items: map[string][]string{}, broken: map[string]error{}, refused: map[string]error{}, reads: map[string]int{}, during: func(string) {}}
}

func (w *world) Open(_ context.Context, l discovery.Login) (collect.Account, error) {
	if err := w.refused[l.AccountID]; err != nil {
		return collect.Account{}, err
	}
	return collect.Account{ID: l.AccountID, Partition: "aws", Regions: []string{"eu-west-1", "eu-west-3"}, Off: []string{"ap-east-1"}, Manages: len(w.members) > 0 && w.members[0].AccountID == l.AccountID}, nil
}

func (w *world) Members(context.Context, collect.Account) ([]discovery.Member, error) {
	return w.members, nil
}

func (w *world) collector(typ string, reach collect.Reach) collect.Collector {
	return collect.Collector{Service: "test", Types: []string{typ}, Reach: reach, Actions: []string{"test:List"}, Collect: func(ctx context.Context, s *collect.Session) error {
		key := s.Account + "/" + s.Region + "/" + typ
		w.mu.Lock()
		w.reads[key]++
		ids, err, during := w.items[key], w.broken[key], w.during
		w.mu.Unlock()
		during(key)
		for _, i := range ids {
			name, size, _ := strings.Cut(i, "=")
			if err := s.Emit(ctx, collect.Item{Type: typ, ID: name, Attributes: map[string]any{"Size": size}}); err != nil {
				return err
			}
		}
		if err != nil {
			return &collect.CallError{Action: "test:List", Page: 2, Err: err}
		}
		return ctx.Err()
	}}
}

type inbox struct{ tasks []jobs.Task }

func (i *inbox) Put(_ context.Context, _ *db.Tx, _ string, t jobs.Task) error {
	i.tasks = append(i.tasks, t)
	return nil
}

type intake struct{ cmdb.Intake }

func (i intake) Upsert(ctx context.Context, tx *db.Tx, run, account string, items []collect.Item) (discovery.Tally, error) {
	n, err := i.Intake.Upsert(ctx, tx, run, account, items)
	return discovery.Tally(n), err
}

func (i intake) Settle(ctx context.Context, tx *db.Tx) error {
	_, err := i.Resolve(ctx, tx)
	return err
}

type house struct {
	*discovery.Service
	db       *db.DB
	world    *world
	clock    *clock.Manual
	customer string
	actor    permission.Actor
	inbox    *inbox
}

func build(t *testing.T, d *db.DB, c *clock.Manual) *house {
	t.Helper()
	h := &house{db: d, world: newWorld(), clock: c, customer: id.New(), inbox: &inbox{}}
	h.actor = permission.Grant(permission.Actor{ID: id.New(), Name: "Eve"}, permission.Engineer, db.GrantAll())
	system := func(customer string) permission.Actor {
		return permission.Grant(permission.Actor{Name: "system"}, permission.Admin, db.Grant(customer))
	}
	h.Service = discovery.New(discovery.Parts{DB: d, Clock: c, Log: slog.New(slog.DiscardHandler), Cloud: h.world,
		Collectors: []collect.Collector{h.world.collector(thing, collect.Regional), h.world.collector(other, collect.Global)},
		Intake:     intake{}, Outbox: h.inbox, System: system})
	type row struct {
		ID        string  `db:"id"`
		Slug      string  `db:"slug"`
		Name      string  `db:"name"`
		Country   string  `db:"country"`
		Language  string  `db:"language"`
		TimeZone  string  `db:"time_zone"`
		Phase     string  `db:"phase"`
		Version   int64   `db:"version"`
		CreatedAt db.Time `db:"created_at"`
		UpdatedAt db.Time `db:"updated_at"`
	}
	err := d.InScope(t.Context(), db.Grant(h.customer), func(tx *db.Tx) error {
		_, err := tx.Insert(t.Context(), "customer", row{ID: h.customer, Slug: "acme", Name: "Acme", CreatedAt: tx.Now(), UpdatedAt: tx.Now()}, "")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) add(t *testing.T, in discovery.CreateAccount) discovery.Account {
	t.Helper()
	a, err := h.AddAccount(t.Context(), h.actor, h.customer, in)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (h *house) run(t *testing.T) discovery.Run {
	t.Helper()
	h.clock.Advance(time.Minute)
	r, err := h.RunNow(t.Context(), h.actor, h.customer, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// estate says what the CMDB holds: "id=size status", in order.
func (h *house) estate(t *testing.T) string {
	t.Helper()
	var rows []struct {
		ExternalID string `db:"external_id"`
		Status     string `db:"status"`
		Size       string `db:"size"`
	}
	err := h.db.View(t.Context(), db.Grant(h.customer), func(tx *db.Tx) error {
		return tx.Select(t.Context(), &rows, `SELECT external_id, status, attributes ->> 'Size' AS size FROM {ci} ORDER BY external_id`)
	})
	if err != nil {
		t.Fatal(err)
	}
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.ExternalID + "=" + r.Size + " " + r.Status
	}
	return strings.Join(out, ", ")
}

const mgmt, prod = "111111111111", "222222222222"

func each(t *testing.T, test func(t *testing.T, h *house)) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) { test(t, build(t, d, c)) })
}

func TestSecondRunTellsExactlyWhatChanged(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.add(t, discovery.CreateAccount{AccountID: mgmt})
		h.world.items[mgmt+"/eu-west-1/"+thing] = []string{"a=1", "b=1"}
		h.world.items[mgmt+"/global/"+other] = []string{"g=1"}
		r := h.run(t)
		if r.State != discovery.Done || r.Added != 3 || r.Changed != 0 || r.Gone != 0 || r.ScopesDone != 4 || r.ScopesTotal != 4 {
			t.Fatalf("first run: %+v", r)
		}
		if r.Outcomes.V[collect.Complete] != 3 || r.Outcomes.V[collect.RegionOff] != 1 {
			t.Errorf("outcomes %v", r.Outcomes.V)
		}
		if r = h.run(t); r.Added+r.Changed+r.Gone != 0 || r.Seen != 3 {
			t.Errorf("a quiet estate changed: %+v", r)
		}
		h.world.items[mgmt+"/eu-west-1/"+thing] = []string{"a=2", "c=1"}
		if r = h.run(t); r.Added != 1 || r.Changed != 1 || r.Gone != 1 {
			t.Errorf("added %d changed %d gone %d, want 1 each", r.Added, r.Changed, r.Gone)
		}
		if got, want := h.estate(t), "a=2 active, b=1 gone, c=1 active, g=1 active"; got != want {
			t.Errorf("estate %s, want %s", got, want)
		}
	})
}

func TestOnlyACompleteScopeMakesCIsGone(t *testing.T) {
	denied := &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "User: x is not authorized to perform: test:ListThings with an explicit deny in a service control policy"}
	throttled := &smithy.GenericAPIError{Code: "ThrottlingException", Message: "Rate exceeded"}
	for name, tt := range map[string]struct {
		err  error
		want collect.Outcome
	}{"denied": {denied, collect.Denied}, "throttled": {throttled, collect.ThrottledOut}, "failed on page 2": {errors.New("connection reset"), collect.Failed}} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, h *house) {
				h.add(t, discovery.CreateAccount{AccountID: mgmt})
				scope := mgmt + "/eu-west-1/" + thing
				h.world.items[scope] = []string{"a=1", "b=1"}
				h.run(t)
				h.world.items[scope] = []string{"a=1"} // page 1, then it breaks
				h.world.broken[scope] = tt.err
				r := h.run(t)
				if r.State != discovery.Done || r.Gone != 0 || r.Outcomes.V[tt.want] != 1 {
					t.Errorf("run %+v", r)
				}
				if got, want := h.estate(t), "a=1 active, b=1 stale"; got != want {
					t.Errorf("estate %s, want %s", got, want)
				}
				q, _ := discovery.CoverageSpec.Parse(map[string][]string{"outcome": {string(tt.want)}})
				page, err := h.Coverages(t.Context(), h.actor, q)
				if err != nil || len(page.Items) != 1 || page.Items[0].Pages != 2 {
					t.Fatalf("coverage %+v %v", page.Items, err)
				}
				if tt.want == collect.Denied && page.Items[0].Action != "test:ListThings" {
					t.Errorf("denied action %q", page.Items[0].Action)
				}
				delete(h.world.broken, scope)
				h.run(t)
				if got, want := h.estate(t), "a=1 active, b=1 gone"; got != want {
					t.Errorf("after it was complete again: %s, want %s", got, want)
				}
			})
		})
	}
}

func TestOneBadAccountNeverFailsTheRun(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.world.members = []discovery.Member{{AccountID: mgmt, Name: "root"}, {AccountID: prod, Name: "prod"}}
		h.world.refused[prod] = collect.ErrOpenRole
		h.world.items[mgmt+"/eu-west-1/"+thing] = []string{"a=1"}
		h.add(t, discovery.CreateAccount{AccountID: mgmt, Organization: true, RoleARN: "arn:aws:iam::" + mgmt + ":role/Reader"})
		r := h.run(t)
		if r.State != discovery.Done || r.Added != 1 {
			t.Fatalf("run %+v", r)
		}
		// Every place of the account ended, in the regions that every account has.
		if want := 1 + len(discovery.DefaultRegions()); r.Outcomes.V[collect.Denied] != want {
			t.Errorf("%d denied, want %d", r.Outcomes.V[collect.Denied], want)
		}
		q, _ := discovery.AccountSpec.Parse(nil)
		page, err := h.Accounts(t.Context(), h.actor, q)
		if err != nil || len(page.Items) != 2 {
			t.Fatalf("accounts %+v %v", page.Items, err)
		}
		member := page.Items[1]
		if member.Status != discovery.OpenRole || member.RoleARN != "arn:aws:iam::"+prod+":role/Reader" || member.ExternalID != page.Items[0].ExternalID || member.Account.Name != "prod" {
			t.Errorf("member %+v", member.Account)
		}
	})
}

func TestKilledRunResumes(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.add(t, discovery.CreateAccount{AccountID: mgmt})
		h.world.items[mgmt+"/eu-west-1/"+thing] = []string{"a=1"}
		h.world.items[mgmt+"/eu-west-3/"+thing] = []string{"b=1"}
		ctx, kill := context.WithCancel(t.Context())
		h.world.during = func(key string) {
			if strings.Contains(key, "eu-west-3") {
				kill()
			}
		}
		if _, err := h.RunNow(ctx, h.actor, h.customer, "", nil); !errors.Is(err, context.Canceled) {
			t.Fatalf("killed run: %v", err)
		}
		// A fresh request is refused while the lease holds, and takes the run over once it has run out.
		if _, err := h.RunNow(t.Context(), h.actor, h.customer, "", nil); !fault.Is(err, fault.Conflict) {
			t.Errorf("two runs at once: %v", err)
		}
		h.world.during = func(string) {}
		h.clock.Advance(10 * time.Minute)
		var again []string
		if err := h.Sweep(t.Context(), func(customer, run string) error { again = append(again, run); return nil }); err != nil || len(again) != 1 {
			t.Fatalf("sweep found %v %v", again, err)
		}
		r, err := h.Execute(t.Context(), h.customer, again[0], nil)
		if err != nil || r.State != discovery.Done || r.Attempt != 2 || r.Added != 2 {
			t.Fatalf("resumed: %+v %v", r, err)
		}
		if got, want := h.estate(t), "a=1 active, b=1 active"; got != want {
			t.Errorf("estate %s, want %s", got, want)
		}
		if n := h.world.reads[mgmt+"/global/"+other]; n > 2 {
			t.Errorf("a scope that had ended was read %d times", n)
		}
	})
}

func TestCancelledRunKeepsWhatItFoundAndResumes(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.add(t, discovery.CreateAccount{AccountID: mgmt})
		h.world.items[mgmt+"/eu-west-1/"+thing] = []string{"a=1"}
		r, err := h.StartRun(t.Context(), h.actor, h.customer, "")
		if err != nil || len(h.inbox.tasks) != 1 {
			t.Fatalf("start: %v %v", err, h.inbox.tasks)
		}
		var once sync.Once
		h.world.during = func(string) {
			once.Do(func() {
				if _, err := h.CancelRun(t.Context(), h.actor, r.ID); err != nil {
					t.Errorf("cancel: %v", err)
				}
			})
		}
		r, err = h.Execute(t.Context(), h.customer, r.ID, nil)
		if err != nil || r.State != discovery.Cancelled || r.FinishedAt.IsZero() {
			t.Fatalf("cancelled: %+v %v", r, err)
		}
		h.world.during = func(string) {}
		if r, err = h.ResumeRun(t.Context(), h.actor, r.ID); err != nil || r.State != discovery.Queued {
			t.Fatalf("resume: %+v %v", r, err)
		}
		if r, err = h.Execute(t.Context(), h.customer, r.ID, nil); err != nil || r.State != discovery.Done || r.ScopesDone != 4 {
			t.Fatalf("resumed: %+v %v", r, err)
		}
	})
}

func TestScheduleStartsRuns(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.add(t, discovery.CreateAccount{AccountID: mgmt})
		none := func(string, string) error { return nil }
		if err := h.Sweep(t.Context(), none); err != nil || len(h.inbox.tasks) != 0 {
			t.Fatalf("too early: %v %v", err, h.inbox.tasks)
		}
		h.clock.Advance(6 * time.Hour)
		for range 3 { // a second sweep does nothing
			if err := h.Sweep(t.Context(), none); err != nil {
				t.Fatal(err)
			}
		}
		if len(h.inbox.tasks) != 1 {
			t.Fatalf("%d runs started", len(h.inbox.tasks))
		}
		if _, err := h.SetPlan(t.Context(), h.actor, h.customer, true, 1); !fault.Is(err, fault.Invalid) {
			t.Errorf("every minute: %v", err)
		}
	})
}

func TestRights(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		acc := h.add(t, discovery.CreateAccount{AccountID: mgmt})
		viewer := permission.Grant(permission.Actor{Name: "Vic"}, permission.Viewer, db.Grant(h.customer))
		agent := permission.Grant(permission.Actor{Name: "Ann"}, permission.Agent, db.GrantAll())
		stranger := permission.Grant(permission.Actor{Name: "Sam"}, permission.Engineer, db.Grant(id.New()))
		for name, tt := range map[string]struct {
			actor permission.Actor
			want  fault.Code
		}{"viewer": {viewer, fault.Forbidden}, "stranger": {stranger, fault.NotFound}} {
			if _, err := h.Account(t.Context(), tt.actor, acc.ID); !fault.Is(err, tt.want) {
				t.Errorf("%s reads the account: %v", name, err)
			}
			if _, err := h.StartRun(t.Context(), tt.actor, h.customer, ""); !fault.Is(err, tt.want) {
				t.Errorf("%s starts a run: %v", name, err)
			}
		}
		if _, err := h.Account(t.Context(), agent, acc.ID); err != nil {
			t.Errorf("an agent may look: %v", err)
		}
		if _, err := h.ChangeAccount(t.Context(), agent, acc.ID, discovery.UpdateAccount{}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("an agent changes: %v", err)
		}
	})
}

func TestAccountInput(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in   discovery.CreateAccount
		want []string
	}{
		{discovery.CreateAccount{AccountID: mgmt}, nil},
		{discovery.CreateAccount{AccountID: mgmt, RoleARN: "arn:aws:iam::" + mgmt + ":role/path/Reader", Regions: []string{"us-gov-west-1", "eu-west-1"}}, nil},
		{discovery.CreateAccount{AccountID: "12", RoleARN: "nonsense", Regions: []string{"mars"}}, []string{"account_id", "role_arn", "regions"}},
		{discovery.CreateAccount{AccountID: mgmt, RoleARN: "arn:aws:iam::" + prod + ":role/Reader"}, []string{"role_arn"}},
		{discovery.CreateAccount{AccountID: mgmt, Name: strings.Repeat("n", 201)}, []string{"name"}},
	} {
		var got []string
		var f *fault.Error
		if errors.As(tt.in.Validate(), &f) {
			for _, field := range f.Fields {
				got = append(got, field.Path)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%+v: bad fields %v, want %v", tt.in, got, tt.want)
		}
	}
}
