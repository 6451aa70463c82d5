package permission_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
)

var update = flag.Bool("update", false, "write docs/permissions.md anew")

// The page is made from the table, so that it cannot say anything else.
func TestPageShowsTheTable(t *testing.T) {
	t.Parallel()
	const file = "../../../docs/permissions.md"
	want := page()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/permissions.md is not what the table says; run go test ./internal/trust/permission -update")
	}
}

func page() string {
	var b strings.Builder
	b.WriteString("# Who may do what\n\nMade from internal/trust/permission/table.go by its test; do not edit by hand.\n\n" +
		"Provider roles see all customers, or those that the person is limited to. The customer's roles, approver, requester and viewer, see\n" +
		"exactly one. Whoever may not see a record is told that it does not exist (404); whoever sees it and may not do something with it is\n" +
		"told so (403). An API token has the role and customers of its person, or fewer.\n\n")
	b.WriteString("| action |")
	for _, r := range permission.Roles() {
		fmt.Fprintf(&b, " %s |", r)
	}
	b.WriteString("\n|---|" + strings.Repeat(":-:|", len(permission.Roles())) + "\n")
	for _, row := range permission.Table() {
		fmt.Fprintf(&b, "| `%s` |", row.Action)
		for _, r := range permission.Roles() {
			mark := " "
			if slices.Contains(row.Roles, r) {
				mark = " ✓ "
			}
			b.WriteString(mark + "|")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestTableIsSound(t *testing.T) {
	t.Parallel()
	seen := map[permission.Action]bool{}
	for _, row := range permission.Table() {
		noun, verb, ok := strings.Cut(string(row.Action), ".")
		if seen[row.Action] || !ok || noun == "" || verb == "" {
			t.Errorf("%s stands twice, or is not noun.verb", row.Action)
		}
		seen[row.Action] = true
		if !slices.Contains(row.Roles, permission.Admin) {
			t.Errorf("the administrator may not %s", row.Action)
		}
		for _, r := range row.Roles {
			if !r.Valid() {
				t.Errorf("%s names the role %s", row.Action, r)
			}
		}
		// The auditor reads all and changes nothing but what is their own: tokens, by which they read by program, and their account.
		changes := verb != "read" && verb != "doctor" && verb != "own"
		if slices.Contains(row.Roles, permission.Auditor) == changes {
			t.Errorf("the auditor and %s", row.Action)
		}
		for _, r := range []permission.Role{permission.Approver, permission.Requester, permission.Viewer} {
			// What they may do themselves is to speak: write to the provider, answer what they are asked, attach a file, and hand in what they were asked for.
			if changes && row.Action != permission.ApprovalSign && row.Action != permission.FileWrite && row.Action != permission.NoteWrite && row.Action != permission.AssessmentAnswer && row.Action != permission.DocumentHandIn && slices.Contains(row.Roles, r) {
				t.Errorf("%s of a customer may %s", r, row.Action)
			}
		}
	}
}

func TestActor(t *testing.T) {
	t.Parallel()
	const acme, other = "01890000-0000-7000-8000-000000000001", "01890000-0000-7000-8000-000000000002"
	a := permission.Grant(permission.Actor{ID: "x"}, permission.Viewer, db.Grant(acme))
	for _, test := range []struct {
		action   permission.Action
		customer string
		want     fault.Code
	}{
		{permission.CIRead, acme, ""},
		{permission.CIWrite, acme, fault.Forbidden},
		// What is not seen does not exist, whether it may be done or not.
		{permission.CIRead, other, fault.NotFound},
		{permission.CIWrite, other, fault.NotFound},
		{permission.CIRead, "acme", fault.NotFound},
		{permission.CIRead, "", fault.NotFound},
		{"nothing.such", acme, fault.Forbidden},
	} {
		s, err := a.For(test.action, test.customer)
		if test.want == "" {
			if one, ok := s.One(); err != nil || !ok || one != test.customer {
				t.Errorf("%s of %s: %v", test.action, test.customer, err)
			}
			continue
		}
		if fault.CodeOf(err) != test.want {
			t.Errorf("%s of %s: %v, want %s", test.action, test.customer, err, test.want)
		}
	}
	var nobody permission.Actor
	for _, row := range permission.Table() {
		if nobody.May(row.Action) {
			t.Errorf("nobody may %s", row.Action)
		}
	}
	if err := permission.Need(permission.CIRead)(context.Background()); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a request without an actor: %v", err)
	}
	if err := permission.Need(permission.CIRead)(permission.With(context.Background(), a)); err != nil {
		t.Error(err)
	}
}
