package isolation

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"vigie/internal/customer"
	"vigie/internal/estate/cmdb"
	"vigie/internal/estate/collect"
	"vigie/internal/estate/discovery"
	"vigie/internal/platform/db"
	"vigie/internal/platform/id"
	"vigie/internal/trust/identity"
)

// firm is a customer, and what names its records. Every text of its own has its word in it.
type firm struct {
	Slug, Word string
	Refs       map[string]string // kind of record -> id
	Version    int64             // that a change expects; 0 is any
	n          int               // makes new names; stays 0 unless the firm is one's own
}

// kinds are the records that a request can name.
var kinds = []string{"launch", "waiver", "assessment", "private_link", "hand_in_link", "plan", "meeting", "plan_task", "statement", "deliverable", "customer_id", "contact", "stakeholder", "supplier", "document", "measure", "milestone", "requirement", "access_check", "declared_inventory", "target_item", "baseline", "workload", "ci", "ci2", "discovered", "relation", "account", "run", "coverage", "user", "token", "session", "external_id", "audit", "approval", "mail", "suppression", "file", "webhook", "delivery", "note", "notification", "view", "provider", "provider_slug", "identity_rule", "scim_token", "scim_user", "scim_group", "bulk_edit", "field", "estimate", "gap", "gap_run", "acceptance", "finding", "finding_import"}

func newFirm(slug, word string) *firm {
	return &firm{Slug: slug, Word: word, Refs: map[string]string{"customer": slug, "number": number(word)}}
}

// number is the firm's AWS account.
func number(word string) string {
	n := 0
	for _, c := range word {
		n = n*31 + int(c)
	}
	return fmt.Sprintf("77%010d", n%10_000_000_000)
}

// invent gives ids that no record has.
func (f *firm) invent() {
	for _, k := range kinds {
		f.Refs[k] = id.New()
	}
}

// ref names a record of the firm.
func (f *firm) ref(t testing.TB, kind string) string {
	t.Helper()
	v, ok := f.Refs[kind]
	if !ok {
		t.Fatalf("%s has no %s", f.Slug, kind)
	}
	return v
}

// fresh is a name that does not repeat for one's own firm, and stays the same for the others.
func (f *firm) fresh(what string) string {
	if f.Version != 0 {
		f.n++
	}
	return fmt.Sprintf("%s %s %d", f.Word, what, f.n)
}

// freshNumber is likewise an AWS account number.
func (f *firm) freshNumber() string {
	f.fresh("")
	if f.n == 0 {
		return f.Refs["number"]
	}
	return fmt.Sprintf("55%010d", f.n)
}

// own gives the firm as one's own: changes of it expect a version that no record has, so that they are allowed and do nothing.
func (f *firm) own() *firm {
	f.Version = 999
	return f
}

// mask takes the names of the firm's records out of a text: what was sent may be answered.
func (f *firm) mask(s string) string {
	for k, v := range f.Refs {
		s = strings.ReplaceAll(s, v, "<"+k+">")
	}
	return strings.ReplaceAll(s, f.Word, "<word>")
}

// secrets are what nobody outside may see: the firm's word, its ids and its account.
func (f *firm) secrets() []string {
	out := []string{f.Word}
	for _, v := range f.Refs {
		out = append(out, strings.ToLower(v))
	}
	return out
}

// seed fills every table for the customer, through the services where they exist.
func (h *house) seed(t *testing.T, f *firm) {
	t.Helper()
	ctx, op := t.Context(), h.operator()
	w := f.Word
	c, err := h.app.Customers.CreateCustomer(ctx, op, customer.NewCustomer{Slug: f.Slug, Name: w + " Ltd"})
	check(t, err)
	f.Refs["customer_id"] = c.ID
	check(t, h.db.InScope(ctx, db.Grant(c.ID), func(tx *db.Tx) error { return h.app.Secrets.Prepare(ctx, tx) }))
	h.seedWebhook(t, f)
	contact, err := h.app.Customers.CreateContact(ctx, op, customer.NewContact{Customer: f.Slug, Name: w + " Contact", Email: "contact@" + w + ".example", Job: w + " job"})
	check(t, err)
	f.Refs["contact"] = contact.ID
	h.seedAssessment(t, f)
	h.approve(t, f)
	h.across(t, func(ctx context.Context, tx *db.Tx) error {
		var entry string
		err := tx.Get(ctx, &entry, `SELECT CAST(id AS TEXT) FROM {audit_entry} WHERE record_id = ? AND action = 'create'`, contact.ID)
		f.Refs["audit"] = entry
		return err
	})
	work, _, err := h.app.CMDB.CreateWorkload(ctx, op, cmdb.NewWorkload{Customer: f.Slug, Name: w + " shop", Description: w, Owner: w, Contacts: []string{contact.ID}})
	check(t, err)
	f.Refs["workload"] = work.ID
	h.seedRegisters(t, f)
	h.seedRequirements(t, f)
	h.seedAccess(t, f)
	h.seedEstimate(t, f)
	h.seedPlan(t, f)
	for _, kind := range []string{"ci", "ci2"} {
		ci, err := h.app.CMDB.CreateCI(ctx, op, cmdb.NewCI{Customer: f.Slug, Type: "AWS::EC2::Instance", Name: w + "-" + kind, ExternalID: w + "-" + kind, Account: f.Refs["number"],
			Region: "eu-west-1", Owner: w, Workload: work.ID, Tags: map[string]string{"tag-" + w: w}, Attributes: map[string]any{"Note": w}})
		check(t, err)
		f.Refs[kind] = ci.ID
	}
	rel, err := h.app.CMDB.CreateRelation(ctx, op, cmdb.NewRelation{From: f.Refs["ci"], To: f.Refs["ci2"], Type: string(collect.DependsOn)})
	check(t, err)
	f.Refs["relation"] = rel.ID
	acc, err := h.app.Discovery.AddAccount(ctx, op, c.ID, discovery.CreateAccount{AccountID: f.Refs["number"], Name: w + " main"})
	check(t, err)
	f.Refs["account"], f.Refs["external_id"] = acc.ID, acc.ExternalID
	run, err := h.app.Discovery.StartRun(ctx, op, c.ID, "")
	check(t, err)
	f.Refs["run"] = run.ID
	// Ended, as only one may be open: were it told of another customer's, the seed would stumble and nothing else be tried.
	_, err = h.app.Discovery.CancelRun(ctx, op, run.ID)
	check(t, err)
	h.discover(t, f)
	h.seedBaseline(t, f)
	u, err := h.app.Identity.CreateUser(ctx, op, identity.NewUser{Email: "person@" + w + ".example", Name: w + " Person", Role: "viewer", Customers: []string{f.Slug}, Password: password})
	check(t, err)
	f.Refs["user"] = u.ID
	h.seedView(t, f)
	h.seedBulk(t, f)
	token, _, err := h.app.Identity.CreateTokenFor(ctx, op, u.Email, identity.NewToken{Name: w + " token"})
	check(t, err)
	f.Refs["token"] = token.ID
	h.seedRecords(t, f)
	h.seedPeople(t, f)
	h.seedSignOn(t, f)
	h.seedDirectory(t, f)
	h.seedMail(t, f)
	h.seedFields(t, f)
	h.seedDeliverables(t, f)
	h.seedLaunch(t, f)
	h.seedGaps(t, f)
	h.seedSegments(t, f)
	h.seedFindings(t, f)
}

// discover writes what a run would have found: a CI with an edge to nowhere, and the word about its scope.
func (h *house) discover(t *testing.T, f *firm) {
	t.Helper()
	ctx := t.Context()
	f.Refs["coverage"] = id.New()
	check(t, h.db.InScope(ctx, db.Grant(f.Refs["customer_id"]), func(tx *db.Tx) error {
		item := collect.Item{Type: "AWS::S3::Bucket", ID: f.Word + "-bucket", ARN: "arn:aws:s3:::" + f.Word + "-bucket", Name: f.Word + "-bucket", Region: "eu-west-1",
			Tags: map[string]string{"Owner": f.Word}, Attributes: map[string]any{"Policy": f.Word},
			Edges: []collect.Edge{{Type: collect.DependsOn, To: collect.Target{Type: "AWS::KMS::Key", Key: f.Word + "-key"}}}}
		if _, err := (cmdb.Intake{}).Upsert(ctx, tx, f.Refs["run"], f.Refs["number"], []collect.Item{item}); err != nil {
			return err
		}
		var found string
		if err := tx.Get(ctx, &found, `SELECT c.id FROM {ci} c WHERE c.external_id = ?`, item.ID); err != nil {
			return err
		}
		f.Refs["discovered"] = found
		_, err := tx.Insert(ctx, "coverage", discovery.Coverage{ID: f.Refs["coverage"], AccountID: f.Refs["number"], Region: "eu-west-1", Type: "AWS::S3::Bucket",
			RunID: f.Refs["run"], Outcome: collect.Denied, Action: "s3:" + f.Word, Message: f.Word, Items: 1, Pages: 1, At: tx.Now()}, "")
		return err
	}))
}

// footprint is all that the database holds of the firm, table by table, the instance's own tables included.
func (h *house) footprint(t *testing.T, f *firm) map[string]string {
	t.Helper()
	out := map[string]string{}
	h.across(t, func(ctx context.Context, tx *db.Tx) error {
		for _, table := range db.Tables() {
			key := table.Key
			if key == "" {
				if key = ofCustomer[table.Name]; key == "" {
					continue
				}
			}
			rows, err := tx.Rows(ctx, "SELECT * FROM {"+table.Name+"} WHERE "+key+" = ?", f.Refs["customer_id"])
			if err != nil {
				return err
			}
			if out[table.Name], err = digest(rows); err != nil {
				return err
			}
		}
		return nil
	})
	return out
}

// untouched fails where the footprint is another than before, and gives the one of now.
func (h *house) untouched(t *testing.T, f *firm, before map[string]string, what string) map[string]string {
	t.Helper()
	after := h.footprint(t, f)
	for table, now := range after {
		if now != before[table] {
			t.Errorf("%s: changed %s's rows of %s", what, f.Slug, table)
		}
	}
	return after
}
