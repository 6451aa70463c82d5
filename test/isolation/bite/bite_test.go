package bite

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// edit replaces a text that must stand exactly once in a file.
type edit struct{ file, old, new string }

// bites are faults that somebody could make. Each is a build of its own; they run one after the other, as each takes all cores.
var bites = []struct {
	name  string
	edits []edit
	run   string   // which part of the test must see it
	says  []string // what it must say
	holds string   // which part must pass all the same
}{
	{
		name:  "the predicate of reading is lost",
		edits: []edit{{"internal/platform/db/rewrite.go", "if x.scope.All() {\n\t\tx.out.WriteString(t.Name)", "if true {\n\t\tx.out.WriteString(t.Name)"}},
		run:   "^TestTwoCustomers$/^sqlite$/^(tables|operations)$",
		says:  []string{"rows, want", "shows bolt's", "want [404]", "/tables/ci ", "/tables/customer ", "/operations/GET_/cis ", "/operations/GET_/contacts/{id} "},
		// There the second wall stands alone, and it must hold.
		holds: "^TestTwoCustomers$/^postgres$/^tables$/^(contact|ci|relation|audit_entry)$",
	},
	{
		name: "the predicate of changing is lost",
		edits: []edit{{"internal/platform/db/rewrite.go", `" " + guard + " IN ("`, `" (1 = 1 OR " + guard + " IN ("`},
			{"internal/platform/db/rewrite.go", `") AND ("`, `")) AND ("`}},
		run:   "^TestTwoCustomers$/^sqlite$/^tables$",
		says:  []string{"rows changed, want", "deleted, want", "/tables/ci ", "/tables/customer "},
		holds: "^TestTwoCustomers$/^postgres$/^tables$/^(contact|ci|relation|audit_entry)$",
	},
	{
		name: "rooms forget whom they speak to",
		edits: []edit{
			{"internal/trust/identity/user_service.go", "if !a.Scope().All() && ref != a.ID {", "if false {"},
			{"internal/record/register/service.go", "err = r.parts.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {\n\t\tout, err = r.get(ctx, tx, ref)", "err = r.parts.DB.View(ctx, db.GrantAll(), func(tx *db.Tx) error {\n\t\tout, err = r.get(ctx, tx, ref)"},
			{"internal/customer/service.go", "// Customers lists a page", "// Forgotten is new.\nfunc (s *Service) Forgotten(context.Context, permission.Actor) error { return nil }\n\n// Customers lists a page"},
			{"internal/customer/api.go", "\tfor _, r := range s.Registers.All() {", "\tapi.Get(a, api.Op{Path: \"/forgotten\", Tag: tag, Summary: \"New\"}, func(context.Context, *struct{}) (bool, error) { return true, nil })\n\tfor _, r := range s.Registers.All() {"},
			{"internal/platform/db/migration/0002_estate.sql", "-- +goose Down", "CREATE TABLE forgotten (customer_id UUID NOT NULL, id UUID NOT NULL PRIMARY KEY, ci_id UUID NOT NULL);\n\n-- +goose Down"},
		},
		run: "^TestTwoCustomers$/^sqlite$/^(catalog|operations|pages|services)$",
		says: []string{"table forgotten is not registered", "customer.Forgotten takes an actor and is not registered", "GET /forgotten is not registered",
			"/operations/GET_/users/{id} ", "/operations/GET_/contacts/{id} ", "/services/identity.User ", "/services/contact.Get "},
	},
}

func TestItBites(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the house three times")
	}
	for _, b := range bites {
		t.Run(b.name, func(t *testing.T) {
			walk := compiled(t, write(t, b.edits))
			out, failed := isolation(t, walk, b.run)
			if !failed {
				t.Fatalf("the test passed:\n%s", out)
			}
			for _, s := range b.says {
				if !strings.Contains(out, s) {
					t.Errorf("the test failed without %q:\n%.3000s", s, out)
				}
			}
			if b.holds == "" {
				return
			}
			if out, failed := isolation(t, walk, b.holds); failed {
				t.Errorf("the second wall did not hold:\n%.3000s", out)
			}
		})
	}
}

const root = "../../.."

// write makes the overlay: the edited files, and which ones they stand for.
func write(t *testing.T, edits []edit) string {
	t.Helper()
	dir := t.TempDir()
	replace, texts := map[string]string{}, map[string]string{}
	for _, e := range edits {
		path, err := filepath.Abs(filepath.Join(root, e.file))
		if err != nil {
			t.Fatal(err)
		}
		text, ok := texts[path]
		if !ok {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			text = string(b)
		}
		if n := strings.Count(text, e.old); n != 1 {
			t.Fatalf("%s: the place of the fault stands there %d times: %s", e.file, n, e.old)
		}
		texts[path] = strings.Replace(text, e.old, e.new, 1)
		replace[path] = filepath.Join(dir, strings.ReplaceAll(e.file, "/", "_"))
	}
	for path, text := range texts {
		if err := os.WriteFile(replace[path], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// compiled builds the two-customer test over the overlay, once for all its runs: linking takes longer than running.
func compiled(t *testing.T, overlay string) string {
	t.Helper()
	walk := filepath.Join(t.TempDir(), "isolation.test")
	cmd := exec.CommandContext(t.Context(), "go", "test", "-c", "-o", walk, "-overlay", overlay, "-vet=off", "-ldflags=-s -w", "vigie/test/isolation")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // one build cache with scripts/test; the clients of AWS take minutes
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%.3000s", err, out)
	}
	return walk
}

// isolation runs a part of the two-customer test; failed is whether tests failed.
func isolation(t *testing.T, walk, run string) (out string, failed bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), walk, "-test.run", run)
	cmd.Dir = filepath.Join(root, "test", "isolation")
	b, err := cmd.CombinedOutput()
	out = string(b)
	if err != nil && !strings.Contains(out, "--- FAIL: TestTwoCustomers") || strings.Contains(out, "no tests to run") {
		t.Fatalf("the test could not run: %v\n%.3000s", err, out)
	}
	return out, err != nil
}
