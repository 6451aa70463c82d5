package cmdb

import (
	"strings"
	"testing"

	"vigie/internal/platform/db"
	"vigie/internal/record/bulk"
	"vigie/internal/trust/permission"
)

// The undo of a workload's edit gives back name, rule and contacts, and gathers the CIs again; those put in by hand stay.
func TestWorkloadEditIsUndone(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		s, ctx := New(o.d), t.Context()
		a := permission.Grant(permission.Actor{ID: "ada", Name: "Ada", Kind: permission.System, Language: "en"}, permission.Engineer, db.GrantAll())
		o.begin()
		o.saw(instance("a"), instance("b"))
		o.resolve()
		rule := Rule{Any: []Group{{All: []Condition{{Field: "name", Values: []string{"a"}}}}}}
		w, _, err := s.CreateWorkload(ctx, a, NewWorkload{Customer: "acme", Name: "Shop", Rule: rule, Contacts: []string{o.contact("jo")}})
		if err != nil {
			t.Fatal(err)
		}
		name, other, nobody := "Store", Rule{Any: []Group{{All: []Condition{{Field: "name", Values: []string{"b"}}}}}}, []string{}
		_, _, edit, err := s.editWorkload(ctx, a, w.ID, 0, ChangeWorkload{Name: &name, Rule: &other, Contacts: &nobody}, true)
		if err != nil || edit == "" {
			t.Fatalf("%q %v", edit, err)
		}
		if got := strings.Join(o.names("?workload=Store"), " "); got != "b" {
			t.Errorf("after the edit: %q", got)
		}
		all := bulk.New(o.d, messages(t), s.Editables()...)
		done, err := all.Undo(ctx, a, edit)
		if err != nil || done.State() != bulk.Undone || done.Total().Restored != 1 {
			t.Fatalf("%+v %v", done.Parts, err)
		}
		back, people, err := s.Workload(ctx, a, w.ID)
		if err != nil || back.Name != "Shop" || canonical(back.Rule.V) != canonical(rule) || len(people) != 1 || people[0].Name != "jo" {
			t.Errorf("after the undo: %+v %v %v", back, people, err)
		}
		if got := strings.Join(o.names("?workload=Shop"), " "); got != "a" {
			t.Errorf("its CIs after the undo: %q", got)
		}
	})
}
