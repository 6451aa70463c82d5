package isolation

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
)

// services walks every exported method of the rooms' services that takes an actor.
func (h *house) services(t *testing.T) {
	known := map[string]bool{}
	for room, service := range map[string]any{
		"customer":           h.app.Customers,
		"requirement":        h.app.Requirements.Requirements,
		"requirements":       h.app.Requirements,
		"audit":              h.app.Audit,
		"approval":           h.app.Approvals,
		"cmdb":               h.app.CMDB,
		"discovery":          h.app.Discovery,
		"identity":           h.app.Identity,
		"sso":                h.app.SignOn,
		"scim":               h.app.SCIM,
		"file":               h.app.Files,
		"field":              h.app.Fields,
		"deliverable":        h.app.Deliverables,
		"launch":             h.app.Launches,
		"workshop":           h.app.Workshop,
		"note":               h.app.Notes,
		"mail":               h.app.Mail,
		"intake":             h.app.Intake,
		"view":               h.app.Views,
		"bulk":               h.app.Bulk,
		"transfer":           h.app.Transfer,
		"webhook":            h.app.Webhooks,
		"estimate":           h.app.Estimates,
		"plan":               h.app.Plans,
		"gap":                h.app.Gaps,
		"finding":            h.app.Findings,
		"question":           h.app.Asked,
		"contact":            h.app.Customers.Registers.Contacts,
		"stakeholder":        h.app.Customers.Registers.Stakeholders,
		"supplier":           h.app.Customers.Registers.Suppliers,
		"remediation":        h.app.Remediation,
		"measure":            h.app.Remediation.Measures,
		"milestone":          h.app.Remediation.Milestones,
		"document":           h.app.Documents.List,
		"documents":          h.app.Documents,
		"access_check":       h.app.Access.Checks,
		"access":             h.app.Access,
		"declared_inventory": h.app.Inventory.Declared,
		"target_item":        h.app.Inventory.Targets,
		"inventory":          h.app.Inventory,
	} {
		v := reflect.TypeOf(service)
		if v.NumMethod() < 3 {
			t.Errorf("%s has only %d methods", room, v.NumMethod())
		}
		for i := range v.NumMethod() {
			m := v.Method(i)
			name := room + "." + m.Name
			known[name] = true
			c, ok := calls[name]
			switch {
			case takesActor(m.Type) && !ok:
				t.Errorf("%s takes an actor and is not registered in calls", name)
			case takesActor(m.Type):
				t.Run(name, func(t *testing.T) { h.method(t, name, c) })
			case actorless[name] == "":
				t.Errorf("%s takes no actor; if that is right, say why in actorless", name)
			}
		}
	}
	for name := range calls {
		if !known[name] {
			t.Errorf("calls has %s, which does not exist", name)
		}
	}
	for name := range actorless {
		if !known[name] {
			t.Errorf("actorless has %s, which does not exist", name)
		}
	}
}

func takesActor(f reflect.Type) bool {
	for i := range f.NumIn() {
		if f.In(i) == reflect.TypeFor[permission.Actor]() {
			return true
		}
	}
	return false
}

// method calls one method as everybody who covers acme only, with the records of acme, of bolt, and of nobody.
func (h *house) method(t *testing.T, name string, c call) {
	before := h.footprint(t, h.bolt)
	for _, who := range h.callers {
		if !who.limited {
			continue
		}
		theirs, err := h.invoke(t, c, who, h.bolt)
		_, none := h.invoke(t, c, who, h.nobody)
		if l := leakIn(theirs, h.bolt, c.sent(h.bolt)); l != "" {
			t.Errorf("%s as %s: shows bolt's %q", name, who.name, l)
		}
		if fault.CodeOf(err) != fault.CodeOf(none) {
			t.Errorf("%s as %s: %v for bolt's, but %v for what does not exist", name, who.name, err, none)
		}
		switch code := fault.CodeOf(err); {
		case c.list:
			// Names nobody: it gives what the actor covers.
		case code == fault.NotFound, code == fault.Invalid, code == fault.Forbidden && (!who.may(c.action) || c.closed):
		default:
			t.Errorf("%s as %s: %v for bolt's, want not found", name, who.name, err)
		}
		before = h.untouched(t, h.bolt, before, name+" as "+who.name)
	}
	// The call is a good one: who may gets through with records of their own.
	mine, err := h.invoke(t, c, h.as(permission.Admin, true), h.acme.own())
	if code := fault.CodeOf(err); code == fault.NotFound || code == fault.Forbidden && !c.closed || code == fault.Invalid && !c.refuses {
		t.Errorf("%s with acme's own: %v", name, err)
	}
	if c.list && !c.quiet && leakIn(mine, h.acme, "") == "" {
		t.Errorf("%s gives nothing of acme's own: %.200s", name, mine)
	}
}

// invoke makes the call and writes down all that it gives, the fault included.
func (h *house) invoke(t *testing.T, c call, who *caller, f *firm) (string, error) {
	t.Helper()
	var out []any
	var err error
	func() {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		out, err = c.do(ctx, h, who.actor, f)
	}()
	var b strings.Builder
	for _, v := range out {
		j, _ := json.Marshal(v)
		fmt.Fprintf(&b, "%s %+v\n", j, v)
	}
	fmt.Fprintf(&b, "%+v", err)
	return b.String(), err
}
