package approval_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vigie/internal/customer"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/outbox"
	"vigie/internal/platform/seal/sealtest"
	"vigie/internal/trust/approval"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
	"vigie/test/pg"
)

func TestMain(m *testing.M) { pg.Main(m) }

// proofs stands for identity: as many fresh sign-ins as it was given.
type proofs struct {
	mu   sync.Mutex
	left int
}

func (p *proofs) give() { p.mu.Lock(); p.left++; p.mu.Unlock() }

func (p *proofs) TakeProof(context.Context, *db.Tx, permission.Actor) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left == 0 {
		return "", fault.New(fault.Forbidden, "trust.proof.needed")
	}
	p.left--
	return "password", nil
}

func (p *proofs) HasProof(context.Context, permission.Actor) (bool, error) { return p.left > 0, nil }

type house struct {
	*approval.Service
	log      *audit.Log
	db       *db.DB
	proofs   *proofs
	customer string
}

func open(t testing.TB, d *db.DB) *house {
	t.Helper()
	h := &house{db: d, proofs: &proofs{}, log: audit.NewLog(audit.Parts{DB: d, Secrets: sealtest.New(t)})}
	h.Service = approval.New(approval.Parts{DB: d, Log: h.log, Proof: h.proofs, Outbox: outbox.New(d, nil), Errors: slog.New(slog.DiscardHandler), Customer: customer.Resolve})
	c, err := customer.NewService(d).CreateCustomer(t.Context(), actor(permission.Admin, db.GrantAll()), customer.NewCustomer{Slug: "acme", Name: "Acme"})
	if err != nil {
		t.Fatal(err)
	}
	h.customer = c.ID
	return h
}

func actor(r permission.Role, s db.Scope) permission.Actor {
	return permission.Grant(permission.Actor{ID: "0190aaaa-0000-7000-8000-00000000000" + string('a'+rune(len(r)%6)), Name: "The " + string(r), Email: string(r) + "@example.com",
		Kind: permission.Person, Via: "session", Address: "192.0.2.1"}, r, s)
}

func (h *house) as(r permission.Role) permission.Actor { return actor(r, db.Grant(h.customer)) }

func (h *house) ask(t testing.TB, change func(*approval.NewApproval)) approval.Approval {
	t.Helper()
	in := approval.NewApproval{Purpose: "document", Title: "Plan", Content: []byte("# Plan\r\n\r\nMove **all** of it. é\n"), MediaType: approval.Markdown, Statement: "I agree to the plan."}
	if change != nil {
		change(&in)
	}
	v, _, err := h.Create(t.Context(), h.as(permission.Engineer), "acme", in)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// A signature needs the right role, a browser, the tick, the very content, and a fresh sign-in of its own; then it proves itself.
func TestSigning(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		h := open(t, d)
		v := h.ask(t, nil)
		token := h.as(permission.Approver)
		token.Kind = permission.Token
		for name, test := range map[string]struct {
			who    permission.Actor
			sum    string
			ticked bool
			want   fault.Code
		}{
			"a viewer":           {h.as(permission.Viewer), v.SHA256, true, fault.Forbidden},
			"a role not asked":   {h.as(permission.Manager), v.SHA256, true, fault.Forbidden},
			"a token":            {token, v.SHA256, true, fault.Forbidden},
			"without the tick":   {h.as(permission.Approver), v.SHA256, false, fault.Invalid},
			"other content":      {h.as(permission.Approver), approval.Sum([]byte("x")), true, fault.Stale},
			"no fresh sign-in":   {h.as(permission.Approver), v.SHA256, true, fault.Forbidden},
			"another's customer": {actor(permission.Approver, db.Grant("01890000-0000-7000-8000-000000000002")), v.SHA256, true, fault.NotFound},
		} {
			if _, err := h.Sign(ctx, test.who, v.ID, test.sum, test.ticked); fault.CodeOf(err) != test.want {
				t.Errorf("%s: %v, want %s", name, err, test.want)
			}
		}
		if _, err := h.Receipt(ctx, h.as(permission.Viewer), v.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("a receipt without a signature: %v", err)
		}
		h.proofs.give()
		signed, err := h.Sign(ctx, h.as(permission.Approver), v.ID, v.SHA256, true)
		if err != nil || signed.State != approval.Signed || signed.Method != "password" {
			t.Fatal(signed, err)
		}
		h.proofs.give()
		if _, err := h.Sign(ctx, h.as(permission.Approver), v.ID, v.SHA256, true); !fault.Is(err, fault.Conflict) {
			t.Errorf("signed twice: %v", err)
		}
		err = d.View(ctx, db.Grant(h.customer), func(tx *db.Tx) error {
			if _, err := h.Signed(ctx, tx, "document", "", "", v.SHA256); err != nil {
				t.Errorf("the room that waits: %v", err)
			}
			if _, err := h.Signed(ctx, tx, "document", "", "", approval.Sum([]byte("other"))); !fault.Is(err, fault.NotFound) {
				t.Errorf("other content counts as signed: %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		// Signed content is not what the database says, but what was signed.
		r, err := h.Receipt(ctx, h.as(permission.Viewer), v.ID)
		if err != nil {
			t.Fatal(err)
		}
		key, err := h.log.PublicKey(ctx)
		if err != nil {
			t.Fatal(err)
		}
		keys, err := audit.Keys(key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Check(keys); err != nil || r.Content != v.Content || r.Signed.Signer != "The approver" || r.Proof.Key != key {
			t.Errorf("%+v: %v", r, err)
		}
		if report, err := h.log.Verify(ctx, key, nil); err != nil || !report.Good() {
			t.Errorf("%+v, %v", report, err)
		}
	})
}

// Two who answer at once: one answer counts.
func TestOneAnswer(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		for range 5 {
			v := h.ask(t, nil)
			h.proofs.give()
			var all sync.WaitGroup
			errs := make([]error, 3)
			all.Go(func() { _, errs[0] = h.Sign(t.Context(), h.as(permission.Approver), v.ID, v.SHA256, true) })
			all.Go(func() { _, errs[1] = h.Refuse(t.Context(), h.as(permission.Approver), v.ID, "no") })
			all.Go(func() { _, errs[2] = h.Withdraw(t.Context(), h.as(permission.Engineer), v.ID, "a mistake") })
			all.Wait()
			good := 0
			for _, err := range errs {
				if err == nil {
					good++
				} else if !fault.Is(err, fault.Conflict) {
					t.Error(err)
				}
			}
			if good != 1 {
				t.Errorf("%d answers count: %v", good, errs)
			}
		}
	})
}

// Whatever is tried in whatever order: an answer is final, content and hash never change, and only a proven signature signs.
func TestStates(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(dbtest.Start)
	d := dbtest.SQLite(t, c)
	h := open(t, d)
	rapid.Check(t, func(rt *rapid.T) {
		ctx := t.Context()
		hours := rapid.IntRange(0, 3).Draw(rt, "hours")
		v := h.ask(t, func(in *approval.NewApproval) {
			if hours > 0 {
				in.Expires = c.Now().Add(time.Duration(hours) * time.Hour)
			}
		})
		state, passed := approval.Requested, 0
		for range rapid.IntRange(1, 6).Draw(rt, "steps") {
			over := hours > 0 && passed >= hours
			want, err := state, error(nil)
			switch step := rapid.IntRange(0, 4).Draw(rt, "step"); step {
			case 0:
				h.proofs.left = rapid.IntRange(0, 1).Draw(rt, "proofs")
				proven := h.proofs.left == 1
				_, err = h.Sign(ctx, h.as(permission.Approver), v.ID, v.SHA256, true)
				if state == approval.Requested && !over && proven {
					want = approval.Signed
				}
			case 1:
				if _, err = h.Refuse(ctx, h.as(permission.Approver), v.ID, "no"); state == approval.Requested && !over {
					want = approval.Refused
				}
			case 2:
				if _, err = h.Withdraw(ctx, h.as(permission.Engineer), v.ID, "no"); state == approval.Requested && !over {
					want = approval.Withdrawn
				}
			case 3:
				c.Advance(time.Hour)
				passed++
				continue
			case 4:
				if err := h.Sweep(ctx, func(customer string) permission.Actor {
					return permission.Grant(permission.Actor{Name: "job", Kind: permission.System}, permission.Admin, db.Grant(customer))
				}); err != nil {
					rt.Fatal(err)
				}
				if state == approval.Requested && over {
					want = approval.Expired
				}
			}
			got, _, gerr := h.Approval(ctx, h.as(permission.Viewer), v.ID)
			if gerr != nil || got.State != want || got.Content != v.Content || got.SHA256 != v.SHA256 || got.Statement != v.Statement {
				rt.Fatalf("%+v, want %s: %v, %v", got, want, err, gerr)
			}
			if (got.State == approval.Signed) != (got.EntryID != "") {
				rt.Fatalf("%s with entry %q", got.State, got.EntryID)
			}
			state = want
		}
	})
}

// A receipt of which anything is changed is refused: each text of it, in a thousand ways, each member left out, and members added.
func TestTamperedReceipts(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, clock.NewManual(dbtest.Start))
	h := open(t, d)
	var texts [][]byte
	for _, content := range []string{"One", "Two"} {
		v := h.ask(t, func(in *approval.NewApproval) { in.Content = []byte(content) })
		h.proofs.give()
		if _, err := h.Sign(t.Context(), h.as(permission.Approver), v.ID, v.SHA256, true); err != nil {
			t.Fatal(err)
		}
		r, err := h.Receipt(t.Context(), h.as(permission.Approver), v.ID)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, b)
	}
	key, err := h.log.PublicKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := audit.Keys(key)
	if err != nil {
		t.Fatal(err)
	}
	check := func(b []byte) error {
		r, err := approval.ReadReceipt(b)
		if err == nil {
			_, err = r.Check(keys)
		}
		return err
	}
	for _, b := range texts {
		if err := check(b); err != nil {
			t.Fatal(err)
		}
	}
	r := rand.New(rand.NewPCG(3, 4))
	for round := range 2000 {
		var doc, other map[string]any
		if json.Unmarshal(texts[0], &doc) != nil || json.Unmarshal(texts[1], &other) != nil {
			t.Fatal("not JSON")
		}
		path := tamper(r, doc, other)
		if path == "proof.key" {
			continue // says which key to compare; the key that counts is given
		}
		b, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		if err := check(b); !fault.Is(err, fault.Invalid) {
			t.Fatalf("round %d, %s: %v\n%s", round, path, err, b)
		}
	}
	twice := strings.Replace(string(texts[0]), `"content":"One"`, `"content":"Two","content":"One"`, 1)
	for _, b := range []string{"", "{}", "null", "[]", twice, string(texts[0]) + "{}", strings.Replace(string(texts[0]), "{", `{"note":"x",`, 1)} {
		if err := check([]byte(b)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%.60s: %v", b, err)
		}
	}
	if _, err := (approval.Receipt{}).Check(keys); err == nil {
		t.Error("an empty receipt is good")
	}
}

// tamper changes one member of a document: its text, its number, or takes it from another receipt or away.
func tamper(r *rand.Rand, doc, other map[string]any) string {
	var names []string
	for n := range doc {
		names = append(names, n)
	}
	name := names[r.IntN(len(names))]
	if inner, ok := doc[name].(map[string]any); ok {
		return name + "." + tamper(r, inner, other[name].(map[string]any))
	}
	switch v := doc[name].(type) {
	case string:
		other, _ := other[name].(string)
		switch n := r.IntN(4); {
		case n == 0 && other != v:
			doc[name] = other
		case n == 1 && v != "":
			delete(doc, name)
		case n == 2 && v != "":
			at := r.IntN(len([]rune(v)))
			runes := []rune(v)
			runes[at]++
			doc[name] = string(runes)
		default:
			doc[name] = v + "x"
		}
	case float64:
		doc[name] = v + float64(1+r.IntN(3))
	case []any:
		if len(v) == 0 || r.IntN(2) == 0 {
			doc[name] = append(v, strings.Repeat("ab", 32))
		} else {
			doc[name] = v[1:]
		}
	}
	return name
}

// What cannot be signed is refused, by field.
func TestBadRequests(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, clock.NewManual(dbtest.Start))
	h := open(t, d)
	for field, change := range map[string]func(*approval.NewApproval){
		"title":      func(in *approval.NewApproval) { in.Title = " " },
		"statement":  func(in *approval.NewApproval) { in.Statement = "" },
		"content":    func(in *approval.NewApproval) { in.Content = nil },
		"media_type": func(in *approval.NewApproval) { in.MediaType = "text/html" },
		"roles":      func(in *approval.NewApproval) { in.Roles = []permission.Role{permission.Viewer} },
		"expires_at": func(in *approval.NewApproval) { in.Expires = dbtest.Start.Add(-time.Hour) },
		"purpose":    func(in *approval.NewApproval) { in.Purpose = strings.Repeat("x", 61) },
	} {
		in := approval.NewApproval{Purpose: "document", Title: "Plan", Content: []byte("x"), Statement: "I agree."}
		change(&in)
		_, _, err := h.Create(t.Context(), h.as(permission.Engineer), "acme", in)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), field+":") {
			t.Errorf("%s: %v", field, err)
		}
	}
	for name, content := range map[string]string{"turned around": "pay 10\u202e01", "not seen": "a\u200bb", "NUL": "a\x00b", "no UTF-8": "a\xffb", "a control": "a\x1b[8mb"} {
		in := approval.NewApproval{Purpose: "document", Title: "Plan", Content: []byte(content), Statement: "I agree."}
		if _, _, err := h.Create(t.Context(), h.as(permission.Engineer), "acme", in); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := h.Create(t.Context(), h.as(permission.Approver), "acme", approval.NewApproval{}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("an approver asks: %v", err)
	}
}
