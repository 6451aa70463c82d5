package finding

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"

	"vigie/internal/estate/cmdb"
	"vigie/internal/estate/collect"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/permission"
)

const account = "111122223333"

// house is one customer in a test, with the room over its estate.
type house struct {
	t        testing.TB
	d        *db.DB
	s        *Service
	customer string
	account  string // id of the account
	judged   []Verdict
}

func newHouse(t testing.TB, d *db.DB) *house {
	t.Helper()
	h := &house{t: t, d: d, customer: id.New(), account: id.New()}
	type row struct {
		ID       string  `db:"id"`
		Slug     string  `db:"slug"`
		Name     string  `db:"name"`
		Country  string  `db:"country"`
		Language string  `db:"language"`
		TimeZone string  `db:"time_zone"`
		Phase    string  `db:"phase"`
		Version  int64   `db:"version"`
		Created  db.Time `db:"created_at"`
		Updated  db.Time `db:"updated_at"`
	}
	if err := d.Across(context.Background(), "test", func(tx *db.Tx) error {
		_, err := tx.Insert(context.Background(), "customer", row{h.customer, "acme", "Acme", "FR", "en", "UTC", "live", 1, tx.Now(), tx.Now()}, "")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	h.s = New(Parts{DB: d, Log: slog.New(slog.DiscardHandler), Controls: []Control{{"rds-backup", []Framework{{fsbp, "2024-09", "RDS.11"}}}, {"s3-public", []Framework{{fsbp, "2024-09", "S3.8"}, {cis, "3.0.0", "2.1.4"}}},
		{"root-mfa", []Framework{{cis, "3.0.0", "1.6"}, {fsbp, "2024-09", "IAM.6"}}}},
		System: func(c string) permission.Actor {
			return permission.Grant(permission.Actor{Name: "Vigie", Kind: permission.System}, permission.Admin, db.Grant(c))
		},
		Customer: func(context.Context, *db.Tx, string) (string, error) { return h.customer, nil },
		Find: func(ctx context.Context, tx *db.Tx, names []string) (out []Candidate, err error) {
			rows, err := cmdb.Lookup(ctx, tx, names)
			for _, r := range rows {
				out = append(out, Candidate{Name: r.Name, ID: r.ID, Type: r.Type, ExternalID: r.ExternalID, ARN: r.ARN, Account: r.Account, Region: r.Region})
			}
			return out, err
		},
		Verdicts: func(_ context.Context, _ *db.Tx, subjects, controls []string) (out []Verdict, err error) {
			for _, v := range h.judged {
				if slices.Contains(subjects, v.SubjectID) && slices.Contains(controls, v.Control) {
					out = append(out, v)
				}
			}
			return out, nil
		},
		Title: func(c, _ string) string { return c }})
	return h
}

func (h *house) in(f func(*db.Tx) error) {
	h.t.Helper()
	if err := h.d.InScope(context.Background(), db.Grant(h.customer), f); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) actor() permission.Actor { return h.s.System(h.customer) }

// discover puts CIs there, and the account.
func (h *house) discover(items ...collect.Item) {
	h.t.Helper()
	h.in(func(tx *db.Tx) error {
		type row struct {
			Customer string            `db:"customer_id"`
			ID       string            `db:"id"`
			Number   string            `db:"account_id"`
			Name     string            `db:"name"`
			Role     string            `db:"role_arn"`
			External string            `db:"external_id"`
			Regions  db.JSON[[]string] `db:"regions"`
			Org      bool              `db:"organization"`
			Accept   bool              `db:"accept_open_role"`
			Status   string            `db:"status"`
			Message  string            `db:"message"`
			Version  int64             `db:"version"`
			Created  db.Time           `db:"created_at"`
			Updated  db.Time           `db:"updated_at"`
		}
		if _, err := tx.Insert(context.Background(), "account", row{ID: h.account, Number: account, Name: "main", Status: "reachable", Version: 1, Created: tx.Now(), Updated: tx.Now()}, "(customer_id, account_id) DO NOTHING"); err != nil {
			return err
		}
		_, err := (cmdb.Intake{}).Upsert(context.Background(), tx, id.New(), account, items)
		return err
	})
}

func (h *house) ci(external string) (found string) {
	h.t.Helper()
	h.in(func(tx *db.Tx) error {
		return tx.Get(context.Background(), &found, `SELECT c.id FROM {ci} c WHERE c.external_id = ?`, external)
	})
	return found
}

func (h *house) take(f File) Result {
	h.t.Helper()
	f.Customer = "acme"
	r, err := h.s.Take(context.Background(), h.actor(), f)
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

func (h *house) all() []Row {
	h.t.Helper()
	q, err := Spec.Parse(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	p, err := h.s.Findings(context.Background(), h.actor(), q)
	if err != nil {
		h.t.Fatal(err)
	}
	return p.Items
}

func (h *house) titled(prefix string) Row {
	h.t.Helper()
	for _, f := range h.all() {
		if strings.HasPrefix(f.Title, prefix) {
			return f
		}
	}
	h.t.Fatalf("no finding %s", prefix)
	return Row{}
}

func (h *house) count(query string, args ...any) (n int) {
	h.t.Helper()
	h.in(func(tx *db.Tx) error { return tx.Get(context.Background(), &n, query, args...) })
	return n
}

var (
	database = collect.Item{Type: "AWS::RDS::DBInstance", ID: "orders", ARN: "arn:aws:rds:eu-west-1:111122223333:db:orders", Region: "eu-west-1"}
	bucket   = collect.Item{Type: "AWS::S3::Bucket", ID: "parcels", ARN: "arn:aws:s3:::parcels", Region: "eu-west-1"}
)

func file(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestTake(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		hub := file(t, "securityhub.json")
		want := Counts{Read: 5, Added: 2, Passing: 2, Silent: 1, Unmatched: 2}
		if r := h.take(File{Data: hub, DryRun: true}); r.Counts != want || r.ID != "" || !slices.Equal(r.Unknown, []string{account}) {
			t.Errorf("a look: %+v", r)
		}
		if n := h.count(`SELECT COUNT(*) FROM {finding} f`) + h.count(`SELECT COUNT(*) FROM {finding_import} i`); n != 0 {
			t.Fatalf("%d rows after a look", n)
		}
		if r := h.take(File{Name: "hub.json", Data: hub}); r.Counts != want || r.ID == "" {
			t.Errorf("taken: %+v", r)
		}
		if f := h.titled("RDS"); f.Status != Open || f.CIID != "" || f.Version != 1 {
			t.Errorf("stored: %+v", f)
		}
		if r := h.take(File{Data: hub}); r.Added+r.Changed+r.Resolved != 0 || r.Unchanged != 2 {
			t.Errorf("again: %+v", r.Counts)
		}

		// Discovery finds the database, and an evaluation judges it and the account.
		h.discover(database, bucket)
		h.judged = []Verdict{{h.ci("orders"), "rds-backup", "fail"}, {h.ci("parcels"), "s3-public", "pass"}, {h.account, "root-mfa", "fail"}}
		if err := h.s.Rematch(t.Context(), h.customer); err != nil {
			t.Fatal(err)
		}
		if f := h.titled("RDS"); string(f.CIID) != h.ci("orders") || f.Control != "rds-backup" {
			t.Errorf("matched with %s and %s", f.CIID, f.Control)
		}
		subject := h.ci("orders")
		h.in(func(tx *db.Tx) error {
			beside, err := h.s.Beside(t.Context(), tx, subject, "rds-backup")
			if err != nil || len(beside) != 1 {
				t.Errorf("beside the verdict: %v, %v", beside, err)
			}
			return nil
		})
		r := h.take(File{Data: file(t, "prowler.ocsf.json")})
		if r.Added != 2 || r.Unmatched != 0 || len(r.Unknown) != 0 {
			t.Errorf("Prowler: %+v", r)
		}
		if f := h.titled("S3 buckets"); string(f.CIID) != h.ci("parcels") || f.Control != "s3-public" {
			t.Errorf("the bucket: %+v", f)
		}
		if f := h.titled("The root user"); f.CIID != "" || string(f.SubjectID) != h.account || f.Control != "root-mfa" || f.Status != Suppressed {
			t.Errorf("the account: %+v", f)
		}

		// A pass closes what it failed before; what changes is one row more of the trail.
		passes := strings.Replace(string(hub), `"Status": "FAILED"`, `"Status": "PASSED"`, 1)
		if r := h.take(File{Data: []byte(passes)}); r.Resolved != 1 {
			t.Errorf("a pass: %+v", r.Counts)
		}
		f := h.titled("RDS")
		if f.Status != Resolved || f.Version != 2 || h.count(`SELECT COUNT(*) FROM {audit_entry} e WHERE e.record_id = ?`, f.ID) != 2 {
			t.Errorf("resolved: %+v", f.Finding)
		}
		if r := h.take(File{Data: hub}); r.Changed != 1 || h.titled("RDS").Status != Open {
			t.Errorf("open again: %+v", r.Counts)
		}

		// The match goes with its CI, the finding stays.
		orders := h.ci("orders")
		h.in(func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `DELETE FROM {ci} WHERE id = ?`, orders)
			return err
		})
		if f := h.titled("RDS"); f.CIID != "" || f.Status != Open {
			t.Errorf("without its CI: %+v", f)
		}
	})
}

func TestComplete(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		line := func(n int, account, product string) string {
			return fmt.Sprintf(`{"Id":"f-%d","AwsAccountId":%q,"ProductName":%q,"Title":"finding %d","Resources":[{"Id":"r"}]}`+"\n", n, account, product, n)
		}
		h.take(File{Data: []byte(line(1, "1", "A") + line(2, "1", "A") + line(3, "2", "A") + line(4, "1", "B"))})
		if r := h.take(File{Data: []byte(line(1, "1", "A"))}); r.Resolved != 0 {
			t.Errorf("an incomplete file resolves: %+v", r.Counts)
		}
		if r := h.take(File{Data: []byte(line(1, "1", "A")), Complete: true}); r.Resolved != 1 || r.Unchanged != 1 {
			t.Errorf("a complete file: %+v", r.Counts)
		}
		for _, f := range h.all() {
			if resolved := f.ExternalID == "f-2"; (f.Status == Resolved) != resolved {
				t.Errorf("%s is %s", f.ExternalID, f.Status)
			}
		}
		if r := h.take(File{Data: []byte(line(2, "1", "A"))}); r.Changed != 1 {
			t.Errorf("found again: %+v", r.Counts)
		}
	})
}

func TestMany(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		var items []collect.Item
		var b strings.Builder
		for i := range 2500 {
			if i < 300 {
				items = append(items, collect.Item{Type: "AWS::EC2::Instance", ID: fmt.Sprintf("i-%04d", i), ARN: fmt.Sprintf("arn:aws:ec2:eu-west-1:111122223333:instance/i-%04d", i), Region: "eu-west-1"})
			}
			fmt.Fprintf(&b, `{"Id":"f-%d","AwsAccountId":"111122223333","Region":"eu-west-1","Title":"t","Resources":[{"Id":"arn:aws:ec2:eu-west-1:111122223333:instance/i-%04d"}]}`+"\n", i, i)
		}
		h.discover(items...)
		if r := h.take(File{Data: []byte(b.String())}); r.Added != 2500 || r.Unmatched != 2200 {
			t.Errorf("%+v", r.Counts)
		}
	})
}

func TestRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		viewer := permission.Grant(permission.Actor{Name: "Lena"}, permission.Viewer, db.Grant(h.customer))
		if _, err := h.s.Take(t.Context(), viewer, File{Customer: "acme", Data: []byte("{}")}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a viewer: %v", err)
		}
		if _, err := h.s.Take(t.Context(), h.actor(), File{Customer: "acme", Data: []byte(`{"Findings":[{"Id":"x"}]}`)}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a bad file: %v", err)
		}
		if n := h.count(`SELECT COUNT(*) FROM {finding_import} i`); n != 0 {
			t.Errorf("%d imports of bad files", n)
		}
	})
}
