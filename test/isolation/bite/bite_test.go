package bite

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// edit replaces a text that must stand exactly once in a file.
type edit struct{ file, old, new string }

// bite is a fault that somebody could make. All faults are in one build, as building takes longer than running; each is made only
// in a process that was started with its key, once the two customers have been made.
type bite struct {
	name  string
	key   string // what the edits ask for: db.Bitten("key")
	edits []edit
	run   string   // which part of the test must see it
	says  []string // what it must say
	holds string   // which part must pass all the same
}

// switches is added to internal/platform/db, which all rooms know.
const switches = `package db

import "os"

func Bitten(key string) bool { return os.Getenv("VIGIE_BITE") == key && os.Getenv("VIGIE_WALK") != "" }
`

var bites = []bite{
	{
		name:  "the predicate of reading is lost",
		key:   "reading",
		edits: []edit{{"internal/platform/db/rewrite.go", "if x.scope.All() {\n\t\tx.out.WriteString(t.Name)", "if x.scope.All() || Bitten(\"reading\") {\n\t\tx.out.WriteString(t.Name)"}},
		run:   "^TestTwoCustomers$/^sqlite$/^(tables|operations)$/^([a-z_]+|GET_)$/^(cis|contacts)$",
		says:  []string{"rows, want", "shows bolt's", "want [404]", "/tables/ci ", "/tables/customer ", "/operations/GET_/cis ", "/operations/GET_/contacts/{id} "},
		// There the second wall stands alone, and it must hold.
		holds: "^TestTwoCustomers$/^postgres$/^tables$/^(contact|ci|relation|audit_entry)$",
	},
	{
		name: "the predicate of changing is lost",
		key:  "changing",
		edits: []edit{
			{"internal/platform/db/rewrite.go", "if up == \"WHERE\" && depth == 0 && guard != \"\" {", "if up == \"WHERE\" && depth == 0 && guard != \"\" && Bitten(\"changing\") {\n\t\t\t\tguard = \"\"\n\t\t\t}\n\t\t\tif up == \"WHERE\" && depth == 0 && guard != \"\" {"},
		},
		run:   "^TestTwoCustomers$/^sqlite$/^tables$",
		says:  []string{"rows changed, want", "deleted, want", "/tables/ci ", "/tables/customer "},
		holds: "^TestTwoCustomers$/^postgres$/^tables$/^(contact|ci|relation|audit_entry)$",
	},
	{
		name: "rooms forget whom they speak to",
		key:  "rooms",
		edits: []edit{
			{"internal/trust/identity/user_service.go", "if !a.Scope().All() && ref != a.ID {", "if !db.Bitten(\"rooms\") && !a.Scope().All() && ref != a.ID {"},
			{"internal/record/register/service.go", "err = r.parts.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {\n\t\tout, err = r.get(ctx, tx, ref)", "scope := a.Scope()\n\tif db.Bitten(\"rooms\") {\n\t\tscope = db.GrantAll()\n\t}\n\terr = r.parts.DB.View(ctx, scope, func(tx *db.Tx) error {\n\t\tout, err = r.get(ctx, tx, ref)"},
			// What is new and not registered cannot be switched; only the catalogue of the test looks for it.
			{"internal/customer/service.go", "// Customers lists a page", "// Forgotten is new.\nfunc (s *Service) Forgotten(context.Context, permission.Actor) error { return nil }\n\n// Customers lists a page"},
			{"internal/customer/api.go", "\tfor _, r := range s.Registers.All() {", "\tapi.Get(a, api.Op{Path: \"/forgotten\", Tag: tag, Summary: \"New\"}, func(context.Context, *struct{}) (bool, error) { return true, nil })\n\tfor _, r := range s.Registers.All() {"},
			{"internal/platform/db/migration/0002_estate.sql", "-- +goose Down", "CREATE TABLE forgotten (customer_id UUID NOT NULL, id UUID NOT NULL PRIMARY KEY, ci_id UUID NOT NULL);\n\n-- +goose Down"},
		},
		run: "^TestTwoCustomers$/^sqlite$/^(catalog|operations|services)$/^(GET_|[A-Z][a-z].*|identity.User|contact.Get|[a-z_ ]+)$/^(users|contacts)$",
		says: []string{"table forgotten is not registered", "customer.Forgotten takes an actor and is not registered", "GET /forgotten is not registered",
			"/operations/GET_/users/{id} ", "/operations/GET_/contacts/{id} ", "/services/identity.User ", "/services/contact.Get "},
	},
}

func TestItBites(t *testing.T) {
	var edits []edit
	for _, b := range bites {
		edits = append(edits, b.edits...)
	}
	walk := compiled(t, write(t, edits))
	for _, b := range bites {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			out, failed := isolation(t, walk, b.key, b.run)
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
			if out, failed := isolation(t, walk, b.key, b.holds); failed {
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
	added, err := filepath.Abs(filepath.Join(root, "internal/platform/db/bitten.go"))
	if err != nil {
		t.Fatal(err)
	}
	texts[added], replace[added] = switches, filepath.Join(dir, "bitten.go")
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

// compiled builds the two-customer test over the overlay.
func compiled(t *testing.T, overlay string) string {
	t.Helper()
	began := time.Now()
	defer func() { t.Logf("built in %v", time.Since(began).Round(time.Second)) }()
	walk := filepath.Join(t.TempDir(), "isolation.test")
	cmd := exec.CommandContext(t.Context(), "go", "test", "-c", "-o", walk, "-overlay", overlay, "-vet=off", "-ldflags=-s -w", "vigie/test/isolation")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // one build cache with scripts/test; the clients of AWS take minutes
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%.3000s", err, out)
	}
	return walk
}

// isolation runs a part of the two-customer test, with the fault of the key; failed is whether tests failed.
func isolation(t *testing.T, walk, key, run string) (out string, failed bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), walk, "-test.run", run)
	cmd.Dir = filepath.Join(root, "test", "isolation")
	cmd.Env = append(os.Environ(), "VIGIE_BITE="+key)
	b, err := cmd.CombinedOutput()
	out = string(b)
	if err != nil && !strings.Contains(out, "--- FAIL: TestTwoCustomers") || strings.Contains(out, "no tests to run") {
		t.Fatalf("the test could not run: %v\n%.3000s", err, out)
	}
	return out, err != nil
}
