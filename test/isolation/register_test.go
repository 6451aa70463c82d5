package isolation

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"vigie/internal/customer"
	"vigie/internal/onboard/document"
	"vigie/internal/onboard/remediation"
	"vigie/internal/platform/db"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
	"vigie/test/routes"
)

// registers are all that is declared by a struct: what is asked of one is asked of each.
// registered is a register as the walks know it.
type registered struct {
	kind, path, title string
	read, write       permission.Action
	refs              map[string]string  // field -> kind of record that it names
	more              func(*firm) values // what a new one cannot do without, besides its title; nil for nothing
}

var registers = []registered{
	{"contact", "/contacts", "name", permission.ContactRead, permission.ContactWrite, nil, nil},
	{"stakeholder", "/stakeholders", "name", permission.StakeholderRead, permission.StakeholderWrite, map[string]string{"contact": "contact", "person": "user"}, nil},
	{"supplier", "/suppliers", "name", permission.SupplierRead, permission.SupplierWrite, map[string]string{"contact": "contact"}, nil},
	{"document", "/documents", "title", permission.DocumentRead, permission.DocumentWrite, map[string]string{"workload": "workload", "owner": "user", "owed_by": "contact"}, nil},
	{"measure", "/measures", "title", permission.MeasureRead, permission.MeasureWrite, map[string]string{"workload": "workload", "owner": "user", "contact": "contact", "milestone": "milestone"}, nil},
	{"milestone", "/milestones", "name", permission.MeasureRead, permission.MeasureWrite, map[string]string{"workload": "workload"}, nil},
	requirementRegister,
	accessRegister,
	targetRegister,
	declaredRegister,
}

func registerRules() map[string]rule {
	out := map[string]rule{}
	for _, r := range registers {
		fresh := func(f *firm, title string) values {
			v := values{"customer": f.Slug, r.title: title}
			if r.more != nil {
				maps.Copy(v, r.more(f))
			}
			return v
		}
		name := func(ref string) values { return values{r.title: ref} }
		out["GET "+r.path] = rule{action: r.read, shows: true}
		out["GET "+r.path+"/{id}"] = rule{action: r.read, shows: true}
		out["DELETE "+r.path+"/{id}"] = rule{action: r.write}
		out["POST "+r.path] = rule{action: r.write, ok: r.made(), body: func(f *firm) any { return fresh(f, "new") },
			mixed: func(own, f *firm) []any {
				bodies := []any{values{"customer": f.Refs["customer_id"], r.title: "new"}}
				for _, field := range slices.Sorted(maps.Keys(r.refs)) {
					body := fresh(own, "new")
					body[field] = f.Refs[r.refs[field]]
					bodies = append(bodies, body)
				}
				return bodies
			}}
		out["POST "+r.path+"/import"] = rule{action: r.write, ok: []int{200}, csv: true, query: customerQuery, body: func(f *firm) any { return r.file(f) }}
		out["PATCH "+r.path+"/{id}"] = rule{action: r.write, body: func(*firm) any { return name("taken over") },
			mixed: func(_, f *firm) (bodies []any) {
				for _, field := range slices.Sorted(maps.Keys(r.refs)) {
					bodies = append(bodies, values{field: f.Refs[r.refs[field]]})
				}
				return bodies
			}}
	}
	return out
}

// made are the answers to a new one.
func (r registered) made() []int {
	if r.more == nil {
		return nil
	}
	return []int{201, 409}
}

// file is a file of one line, which may come in again and again.
func (r registered) file(f *firm) string {
	head, line := r.title, "taken in "+f.Word
	if r.more != nil {
		more := r.more(f)
		if _, ok := more["environment"]; ok {
			more["environment"] = "development"
		}
		if title, ok := more[r.title]; ok {
			line = fmt.Sprint(title)
			delete(more, r.title)
		}
		for _, field := range slices.Sorted(maps.Keys(more)) {
			head, line = head+","+field, line+","+fmt.Sprint(more[field])
		}
	}
	return head + "\n" + line + "\n"
}

func registerPages() map[string]pageRule {
	out := map[string]pageRule{}
	for _, r := range registers {
		out["GET "+r.path] = pageRule{action: r.read, shows: true}
		out["GET "+r.path+"/new"] = pageRule{action: r.write}
		out["POST "+r.path+"/new"] = pageRule{action: r.write, form: made(r.title, "by form", "status", "active")}
		out["GET "+r.path+"/{id}"] = pageRule{action: r.read, shows: true}
		out["GET "+r.path+"/{id}/edit"] = pageRule{action: r.write, shows: true}
		out["POST "+r.path+"/{id}/edit"] = pageRule{action: r.write, form: taken(r.title)}
		out["POST "+r.path+"/{id}/remove"] = pageRule{action: r.write, form: taken(r.title)}
	}
	return out
}

// picks tries the search for what a record may name, which must stay within one customer.
func (h *house) picks(t *testing.T) {
	for _, r := range registers {
		for field := range r.refs {
			for _, c := range h.callers {
				to := func(f *firm) request {
					return request{method: "GET", path: r.path + "/pick?" + url.Values{"field": {field}, "for": {f.Slug}, field: {f.Refs[r.refs[field]]}}.Encode(), as: c, page: true}
				}
				ask := func(f *firm) answer { return h.do(t, to(f)) }
				own, theirs, none := ask(h.acme), ask(h.bolt), ask(h.nobody)
				switch {
				case !c.may(r.write):
					if own.status != 403 || theirs.status != 403 {
						t.Errorf("%s %s as %s: %d %d, want 403", r.path, field, c.name, own.status, theirs.status)
					}
				case own.status != 200 || leakIn(own.text, h.acme, "") == "":
					t.Errorf("%s %s as %s: %d, or nothing of acme's", r.path, field, c.name, own.status)
				case c.limited && (theirs.status != none.status || theirs.status != 404):
					t.Errorf("%s %s as %s: %d for bolt, %d for nobody, want 404", r.path, field, c.name, theirs.status, none.status)
				}
				if c.limited && theirs.leak(h.bolt, to(h.bolt)) != "" || own.leak(h.bolt, to(h.acme)) != "" && c.limited {
					t.Errorf("%s %s as %s: shows bolt's", r.path, field, c.name)
				}
			}
		}
	}
}

// ofRegisters are the addresses of the registers' pages, which are made of their declarations.
func (h *house) ofRegisters() (out []routes.Handled) {
	for _, r := range append(h.app.Customers.Registers.All(), h.app.Documents.List, h.app.Requirements.Requirements, h.app.Access.Checks, h.app.Inventory.Declared, h.app.Inventory.Targets, h.app.Remediation.Measures, h.app.Remediation.Milestones) {
		for _, p := range r.Patterns() {
			if !strings.HasSuffix(p, "/pick") { // walked by picks
				out = append(out, routes.Handled{Value: p, At: "register " + r.Kind().Type})
			}
		}
	}
	return out
}

func (h *house) seedRegisters(t *testing.T, f *firm) {
	t.Helper()
	ctx, op, all := t.Context(), h.operator(), h.app.Customers.Registers
	s, err := all.Stakeholders.Create(ctx, op, f.Slug, register.As(customer.Stakeholder{Name: f.Word + " Stakeholder", Interest: f.Word}))
	check(t, err)
	x, err := all.Suppliers.Create(ctx, op, f.Slug, register.As(customer.Supplier{Name: f.Word + " Supplier", Status: "active", SLA: f.Word}))
	check(t, err)
	d, err := h.app.Documents.List.Create(ctx, op, f.Slug, register.As(document.Document{Title: f.Word + " Document", State: "listed", Status: "draft", Summary: f.Word, OwedBy: db.Null(f.Refs["contact"])}))
	check(t, err)
	f.Refs["stakeholder"], f.Refs["supplier"], f.Refs["document"] = s.ID, x.ID, d.ID
	h.seedDocuments(t, f)
	h.seedMeasures(t, f)
}

var registerCalls = join(
	callsOf("contact", permission.ContactRead, permission.ContactWrite, func(h *house) *register.Register[customer.Contact] { return h.app.Customers.Registers.Contacts }, func(c *customer.Contact) { c.Name = "by method" }),
	callsOf("stakeholder", permission.StakeholderRead, permission.StakeholderWrite, func(h *house) *register.Register[customer.Stakeholder] { return h.app.Customers.Registers.Stakeholders }, func(c *customer.Stakeholder) { c.Name = "by method" }),
	callsOf("supplier", permission.SupplierRead, permission.SupplierWrite, func(h *house) *register.Register[customer.Supplier] { return h.app.Customers.Registers.Suppliers }, func(c *customer.Supplier) { c.Name = "by method" }),
	callsOf("measure", permission.MeasureRead, permission.MeasureWrite, func(h *house) *register.Register[remediation.Measure] { return h.app.Remediation.Measures }, func(m *remediation.Measure) { m.Title = "by method" }),
	callsOf("milestone", permission.MeasureRead, permission.MeasureWrite, func(h *house) *register.Register[remediation.Milestone] { return h.app.Remediation.Milestones }, func(m *remediation.Milestone) { m.Name = "by method" }),
	callsOf("document", permission.DocumentRead, permission.DocumentWrite, func(h *house) *register.Register[document.Document] { return h.app.Documents.List }, func(c *document.Document) { c.Title = "by method" }),
)

func callsOf[T any](kind string, read, write permission.Action, of func(*house) *register.Register[T], change func(*T)) map[string]call {
	return callsWith(kind, read, write, of, func(rec *T, _ *firm) { change(rec) })
}

// callsWith is callsOf for records that need something of the firm's.
func callsWith[T any](kind string, read, write permission.Action, of func(*house) *register.Register[T], change func(*T, *firm)) map[string]call {
	with := func(f *firm) register.Change[T] { return register.Set(func(rec *T) { change(rec, f) }) }
	return map[string]call{
		kind + ".Create": {action: write, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
			return one(of(h).Create(ctx, a, f.Refs["customer_id"], with(f)))
		}},
		kind + ".Get": {action: read, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
			return one(of(h).Get(ctx, a, f.Refs[kind]))
		}},
		kind + ".List": {action: read, list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
			return one(of(h).List(ctx, a, of(h).Spec().All()))
		}},
		kind + ".Update": {action: write, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
			return one(of(h).Update(ctx, a, f.Refs[kind], f.Version, with(f)))
		}},
		kind + ".Delete": {action: write, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
			return none(of(h).Delete(ctx, a, f.Refs[kind], f.Version))
		}},
	}
}

// registerActorless are the methods of a register without an actor.
func registerActorless() map[string]string {
	out := map[string]string{"customer.Join": "wiring; gives nothing", "customer.Intakes": "which lists take files in, the same for everybody"}
	for _, r := range registers {
		for method, why := range map[string]string{"Register": "hangs operations on the API: walked there", "Pages": "hangs pages on the mux: walked there",
			"Patterns": "the addresses of its pages", "Fields": "what its struct declares", "Keys": "the keys of its words", "Kind": "what its records are", "Spec": "how it is listed", "Intake": "walked by the imports", "Editable": "walked by the bulk edits"} {
			out[r.kind+"."+method] = why
		}
	}
	return out
}
