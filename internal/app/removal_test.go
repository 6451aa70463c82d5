package app_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"vigie/internal/app"
	"vigie/internal/exchange/transfer"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/approval"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
	"vigie/test/pg"
)

// signedIn makes an administrator and gives them as a browser's session makes them.
func signedIn(t *testing.T, a *app.App) permission.Actor {
	t.Helper()
	const password = "Quiet lamp over 7 rivers"
	check(t, second(a.Identity.CreateUser(t.Context(), a.Operator("test"), identity.NewUser{Email: "ada@vigie.example", Name: "Ada Lindqvist", Role: permission.Admin, Password: password})))
	step, err := a.Identity.SignIn(t.Context(), "ada@vigie.example", password, identity.Visit{Address: "192.0.2.1"})
	check(t, err)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: "vigie", Value: step.Secret})
	actor, err := a.Identity.Authenticate(r)
	check(t, err)
	check(t, a.Identity.ProveByPassword(t.Context(), actor, password, ""))
	return actor
}

func second[T any](_ T, err error) error { return err }

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A customer is removed by a signed order and by nothing less: rows, people and keys go, the neighbour stays as it was, the order keeps its
// receipt, and the audit log still verifies.
func TestRemovalByASignedOrder(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "vigie.db"), "postgres": pg.Start(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, a := t.Context(), open(t, address)
			fill(t, a)
			ada := signedIn(t, a)
			check(t, second(a.Identity.CreateUser(ctx, a.Operator("test"), identity.NewUser{Email: "vera@acme.example", Name: "Vera", Role: permission.Viewer, Customer: "acme", Password: "Quiet lamp over 8 rivers"})))
			var out bytes.Buffer
			export, err := a.Transfer.Export(ctx, ada, "acme", &out)
			check(t, err)
			bolt := export.Rows

			made, err := a.Transfer.RequestRemoval(ctx, ada, transfer.NewRemoval{Customer: "acme", Reason: "the contract has ended", ExportDigest: export.Digest})
			check(t, err)
			if _, err := a.Transfer.RequestRemoval(ctx, ada, transfer.NewRemoval{Customer: "acme", Reason: "once more"}); !fault.Is(err, fault.Conflict) {
				t.Errorf("a second request: %v", err)
			}
			// Without a signature nothing goes, whoever says so.
			if err := a.Transfer.Ordered(ctx, made.Approval); err == nil {
				t.Error("an order without a signature was taken")
			}
			v, _, err := a.Approvals.Approval(ctx, ada, made.Approval)
			check(t, err)
			for _, word := range []string{"the contract has ended", export.Digest, "contact: 1", "1 person"} {
				if !strings.Contains(v.Content, word) {
					t.Errorf("what is signed lacks %q:\n%s", word, v.Content)
				}
			}
			check(t, second(a.Approvals.Sign(ctx, ada, v.ID, v.SHA256, true)))
			check(t, a.Transfer.Ordered(ctx, made.Approval))
			check(t, a.Transfer.Ordered(ctx, made.Approval)) // a second time is nothing

			if _, err := a.Customers.Customer(ctx, ada, "acme"); !fault.Is(err, fault.NotFound) {
				t.Errorf("the customer: %v", err)
			}
			if _, err := a.Identity.SignIn(ctx, "vera@acme.example", "Quiet lamp over 8 rivers", identity.Visit{Address: "192.0.2.2"}); !fault.Is(err, fault.Unauthorized) {
				t.Errorf("its people: %v", err)
			}
			if _, err := a.Transfer.Export(ctx, ada, "boltkanari", &out); err != nil || bolt == 0 {
				t.Errorf("the neighbour: %v", err)
			}
			done, err := a.Transfer.Removal(ctx, ada, made.ID)
			check(t, err)
			if done.State != transfer.Done || done.OrderedBy != "Ada Lindqvist" || done.Removed["contact"] != 1 || done.Removed["audit_entry"] == 0 || !strings.Contains(done.Receipt, export.Digest) {
				t.Errorf("the order: %+v", done)
			}
			var receipt approval.Receipt
			check(t, json.Unmarshal([]byte(done.Receipt), &receipt))
			public, err := a.Audit.PublicKey(ctx)
			check(t, err)
			keys, err := audit.Keys(public)
			check(t, err)
			if _, err := receipt.Check(keys); err != nil {
				t.Errorf("the receipt: %v", err)
			}
			report, err := a.Audit.Verify(ctx, "", nil)
			check(t, err)
			if !report.Good() || len(report.Removed) != 1 {
				t.Errorf("the log: %+v", report)
			}
			if _, err := a.Transfer.CancelRemoval(ctx, ada, made.ID); !fault.Is(err, fault.Conflict) {
				t.Errorf("withdrawn after the end: %v", err)
			}
		})
	}
}
