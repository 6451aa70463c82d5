package cmdb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/bulk"
	"vigie/internal/record/field"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Editables are the lists of this room whose records can be changed many at once.
func (s *Service) Editables() []bulk.Editable { return []bulk.Editable{ciEditable{}, workloadBulk()} }

// ciEditable changes CIs. The state of a field knows who set it: "set:" a person on a discovered CI (a pin), "seen" discovery, "own:"
// whoever entered the CI; the workload is by "hand:" or by "rule"; a tag is "=VALUE" or not there.
type ciEditable struct{}

// Kind implements bulk.Editable.
func (ciEditable) Kind() bulk.Kind {
	return bulk.Kind{List: "cis", Title: "estate.ci.list", Type: "ci", Table: "ci", Active: "inventory", Need: permission.CIRead, Write: permission.CIWrite,
		Spec: inventorySpec(), Custom: true, Owner: "c.customer_id", Slug: "k.slug", Assignee: FieldOwner, Page: func(id string) string { return "/cis/" + id }}
}

func options(prefix string, values []string) (out []bulk.Option) {
	for _, v := range values {
		out = append(out, bulk.Option{Value: v, Label: prefix + v})
	}
	return out
}

// proposed is how many workloads a form proposes.
const proposed = 100

// Fields implements bulk.Editable.
func (ciEditable) Fields(ctx context.Context, tx *db.Tx) ([]bulk.Field, error) {
	var names []string
	if err := tx.Select(ctx, &names, `SELECT DISTINCT w.name FROM {workload} w ORDER BY w.name LIMIT ?`, proposed); err != nil {
		return nil, fmt.Errorf("names of workloads: %w", err)
	}
	workload := bulk.Field{Name: "workload", Label: "estate.ci.workload", Form: bulk.Pick, Help: "bulk.help.workload"}
	for _, n := range names {
		workload.Options = append(workload.Options, bulk.Option{Value: n, Title: n})
	}
	return []bulk.Field{
		{Name: FieldEnvironment, Label: "estate.ci.environment", Form: bulk.Choice, Options: options("estate.environment.", Environments), Help: "bulk.help.pin"},
		{Name: FieldCriticality, Label: "estate.ci.criticality", Form: bulk.Choice, Options: options("estate.criticality.", Criticalities), Help: "bulk.help.pin"},
		{Name: FieldOwner, Label: "estate.ci.owner", Form: bulk.Text, Help: "bulk.help.pin"},
		workload,
		{Name: "tags", Label: "estate.ci.tags", Form: bulk.Some, Partial: true, Help: "bulk.help.tags"},
	}, nil
}

// Word implements bulk.Editable.
func (ciEditable) Word(field string) string {
	if slices.Contains([]string{FieldName, FieldEnvironment, FieldCriticality, FieldOwner, "workload", "tags"}, field) {
		return "estate.ci." + field
	}
	return ""
}

// cell gives what a CI holds; workloads are named by id.
func (r *record) cell(workloads map[string]string) func(string) bulk.Cell {
	return func(field string) bulk.Cell {
		if key, ok := strings.CutPrefix(field, "tags."); ok {
			if v, there := r.Tags.V[key]; there {
				return bulk.Cell{State: "=" + v, Text: v}
			}
			return bulk.Cell{}
		}
		if field == "workload" {
			c := bulk.Cell{State: "rule", Text: workloads[string(r.WorkloadID)]}
			if r.WorkloadBy == byHand {
				c.State = "hand:" + string(r.WorkloadID)
			}
			return c
		}
		v := r.get(field)
		_, pinned := r.Pinned.V[field]
		switch {
		case r.Source != Discovered:
			return bulk.Cell{State: "own:" + v, Text: v}
		case pinned:
			return bulk.Cell{State: "set:" + v, Text: v}
		}
		return bulk.Cell{State: "seen", Text: v}
	}
}

// Read implements bulk.Editable.
func (ciEditable) Read(ctx context.Context, tx *db.Tx, ids []string) ([]bulk.Record, error) {
	rows, err := loadRecords(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	had, err := field.Read(ctx, tx, ciKind, ids)
	if err != nil {
		return nil, err
	}
	custom, err := bulk.Customs(ctx, tx, ciKind, nil)
	var out []bulk.Record
	for _, r := range rows {
		out = append(out, bulk.Record{ID: r.ID, Name: r.Name, Version: r.Version, Cell: custom.Cells(had[r.ID], r.cell(nil))})
	}
	return out, err
}

// ciAsks is what a batch of asks needs besides the CIs.
type ciAsks struct {
	workloads map[string]string // id and name -> id
	named     map[string]string // id -> name
	rules     []ruled
	had       map[string]field.Values // custom fields, by CI
	custom    bulk.Custom
}

func loadAsks(ctx context.Context, tx *db.Tx, ids []string, asks []bulk.Ask) (out ciAsks, err error) {
	if out.had, err = field.Read(ctx, tx, ciKind, ids); err != nil {
		return out, err
	}
	if out.custom, err = bulk.Customs(ctx, tx, ciKind, asks, slices.Collect(maps.Values(out.had))...); err != nil {
		return out, err
	}
	if out.workloads, err = workloadRefs(ctx, tx); err != nil {
		return out, err
	}
	out.named = map[string]string{}
	for name, id := range out.workloads {
		if name != id {
			out.named[id] = name
		}
	}
	out.rules, err = loadRules(ctx, tx)
	return out, err
}

// Plan implements bulk.Editable.
func (ciEditable) Plan(ctx context.Context, tx *db.Tx, _ permission.Actor, asks []bulk.Ask) (plan bulk.Plan, err error) {
	ids := make([]string, len(asks))
	for i, a := range asks {
		ids[i] = a.ID
	}
	rows, err := loadRecords(ctx, tx, ids)
	if err != nil {
		return plan, err
	}
	more, err := loadAsks(ctx, tx, ids, asks)
	if err != nil {
		return plan, err
	}
	var updates []ciUpdate
	var stored []field.Stored
	for _, ask := range asks {
		old, ok := rows[ask.ID]
		if !ok {
			continue
		}
		row, u, custom := more.decide(old, ask)
		if row.Writes() {
			updates, stored = append(updates, u), append(stored, field.Stored{ID: old.ID, Before: more.had[old.ID], After: custom})
		}
		plan.Rows = append(plan.Rows, row)
	}
	plan.Apply = func(ctx context.Context, tx *db.Tx, a permission.Actor) error {
		if err := more.custom.Store(ctx, tx, stored); err != nil {
			return err
		}
		return updateCIs(ctx, tx, a, updates, "ci.change")
	}
	return plan, nil
}

// decide works out what is asked for one CI, by the rules of a single edit. It is pure.
func (m ciAsks) decide(old record, ask bulk.Ask) (bulk.Row, ciUpdate, field.Values) {
	row := bulk.Row{ID: old.ID, Name: old.Name, Version: old.Version}
	var c ChangeCI
	tags, fields := maps.Clone(old.Tags.V), []string{FieldName, FieldEnvironment, FieldCriticality, FieldOwner, "workload"}
	edits := map[string]*Edit{FieldName: &c.Name, FieldEnvironment: &c.Environment, FieldCriticality: &c.Criticality, FieldOwner: &c.Owner, "workload": &c.Workload}
	if tags == nil {
		tags = map[string]string{}
	}
	tag := func(key, value string, there bool) {
		fields = append(fields, "tags."+key)
		if there {
			tags[key] = value
		} else {
			delete(tags, key)
		}
		c.Tags = &tags
	}
	for _, x := range ask.Changes {
		if x.Field == "tags" {
			for _, pair := range x.Values() {
				key, value, _ := strings.Cut(pair, "=")
				tag(strings.TrimSpace(key), strings.TrimSpace(value), x.Op == bulk.Add)
			}
			continue
		}
		e := edits[x.Field]
		switch {
		case e == nil:
		case x.Op == bulk.Clear:
			*e = Unset()
		case x.Field == "workload" && m.workloads[x.Value] == "":
			row.Refuse("workload", "bulk.refused.workload")
		case x.Field == "workload":
			*e = Edit{Given: string(old.WorkloadID) != m.workloads[x.Value], Value: m.workloads[x.Value]}
		default:
			*e = Edit{Given: x.Value != old.get(x.Field), Value: x.Value} // what is so already is no wish to pin it
		}
	}
	for field, state := range ask.States {
		if key, ok := strings.CutPrefix(field, "tags."); ok {
			value, there := strings.CutPrefix(state, "=")
			tag(key, value, there)
			continue
		}
		_, value, set := strings.Cut(state, ":")
		if e := edits[field]; e != nil {
			*e = Edit{Given: true, Value: value, Null: !set}
		}
	}
	if c.Tags != nil && len(diffTags(old.Tags.V, tags)) == 0 {
		c.Tags = nil
	}
	u, faults := m.change(old, c)
	was := m.had[old.ID]
	is := m.custom.After(ask, was, &faults)
	u.deltas = append(u.deltas, diffCustom(was, is)...)
	row.Refused = append(row.Refused, faults...)
	row.Diffs = bulk.Differ(append(fields, m.custom.Names()...), m.custom.Cells(was, old.cell(m.named)), m.custom.Cells(is, u.now.cell(m.named)))
	return row, u, is
}

// change is what an EditCI does to a CI, with its faults.
func (m ciAsks) change(old record, c ChangeCI) (ciUpdate, fault.Fields) {
	faults := c.Validate()
	now, deltas, err := c.apply(old)
	var bad *fault.Error
	if errors.As(err, &bad) {
		faults = append(faults, bad.Fields...)
	}
	if c.Workload.Given {
		before := m.named[string(old.WorkloadID)]
		switch {
		case c.Workload.Null || c.Workload.Value == "":
			now.WorkloadBy = ""
			b := batch{rules: m.rules}
			b.assign(&now)
		case m.workloads[c.Workload.Value] == "":
			faults.Add("workload", "bulk.refused.workload")
		default:
			now.WorkloadID, now.WorkloadBy = db.Null(m.workloads[c.Workload.Value]), byHand
		}
		deltas = append(deltas, diffText("workload", before, m.named[string(now.WorkloadID)])...)
	}
	return ciUpdate{old: old, now: now, deltas: deltas}, faults
}

// ciRow is a CI before and after its page has changed it.
func ciRow(custom bulk.Custom, old, now CI) bulk.Row {
	named := map[string]string{string(old.WorkloadID): string(old.Workload), string(now.WorkloadID): string(now.Workload)}
	fields := []string{FieldName, FieldEnvironment, FieldCriticality, FieldOwner, "workload"}
	for _, key := range union(old.Tags.V, now.Tags.V) {
		fields = append(fields, "tags."+key)
	}
	return bulk.Row{ID: now.ID, Name: now.Name, Version: now.Version,
		Diffs: bulk.Differ(append(fields, custom.Names()...), custom.Cells(old.Custom, old.cell(named)), custom.Cells(now.Custom, now.cell(named)))}
}

// workloadEdit is a workload as edits know it.
type workloadEdit struct {
	workloadRow
	people []Contact
}

// contacts gives the ids of the people to tell, in one order.
func (w *workloadEdit) contacts() []string { return slices.Sorted(slices.Values(idsOf(w.people))) }

func (w *workloadEdit) tell(ids []string) {
	w.people = make([]Contact, len(ids))
	for i, ref := range ids {
		w.people[i] = Contact{ID: ref}
	}
}

// workloadBulk changes workloads. Their names, rules and contacts are each one's own.
func workloadBulk() bulk.Rows[workloadEdit] {
	return bulk.Rows[workloadEdit]{
		Of: bulk.Kind{List: "workloads", Title: "estate.workload.list", Type: "workload", Table: "workload", Active: "workloads", Need: permission.WorkloadRead,
			Write: permission.WorkloadWrite, Spec: WorkloadSpec, Custom: true, Owner: "w.customer_id", Slug: "k.slug", Assignee: "owner", Page: func(id string) string { return "/workloads/" + id }},
		Columns: []bulk.Column[workloadEdit]{
			{Field: bulk.Field{Name: "environment", Label: "estate.ci.environment", Form: bulk.Choice, Options: options("estate.environment.", Environments)},
				Get: func(w *workloadEdit) string { return w.Environment }, Set: func(w *workloadEdit, v string) { w.Environment = v }},
			{Field: bulk.Field{Name: "criticality", Label: "estate.ci.criticality", Form: bulk.Choice, Options: options("estate.criticality.", Criticalities)},
				Get: func(w *workloadEdit) string { return w.Criticality }, Set: func(w *workloadEdit, v string) { w.Criticality = v }},
			{Field: bulk.Field{Name: "owner", Label: "estate.ci.owner", Form: bulk.Text},
				Get: func(w *workloadEdit) string { return w.Owner }, Set: func(w *workloadEdit, v string) { w.Owner = v }},
			{Field: bulk.Field{Name: "description", Label: "estate.workload.description", Form: bulk.Long},
				Get: func(w *workloadEdit) string { return w.Description }, Set: func(w *workloadEdit, v string) { w.Description = v }},
			{Field: bulk.Field{Name: "name", Label: "estate.workload.name", Form: bulk.Text, Keep: true}, Own: true,
				Get: func(w *workloadEdit) string { return w.Name }, Set: func(w *workloadEdit, v string) { w.Name = v }},
			{Field: bulk.Field{Name: "rule", Label: "estate.workload.rule", Form: bulk.Long}, Own: true,
				Get: func(w *workloadEdit) string { return canonical(w.Rule.V) }, Tell: func(w *workloadEdit) string { return writeRule(w.Rule.V) },
				Set: func(w *workloadEdit, v string) {
					var was Rule
					if json.Unmarshal([]byte(v), &was) == nil {
						w.Rule.V = was
					}
				}},
			{Field: bulk.Field{Name: "contacts", Label: "estate.workload.contacts", Form: bulk.Text}, Own: true,
				Get: func(w *workloadEdit) string { return bulk.Join(w.contacts()) }, Set: func(w *workloadEdit, v string) { w.tell(bulk.Split(v)) },
				Tell: func(w *workloadEdit) string {
					names := make([]string, len(w.people))
					for i, x := range w.people {
						names[i] = x.Name
					}
					return strings.Join(names, ", ")
				}},
		},
		Load: loadWorkloads,
		Head: func(w *workloadEdit) (string, string, int64) { return w.ID, w.Name, w.Version },
		Check: func(_, w *workloadEdit) fault.Fields {
			return NewWorkload{Name: w.Name, Description: w.Description, Environment: w.Environment, Criticality: w.Criticality, Owner: w.Owner, Rule: w.Rule.V, Contacts: w.contacts()}.Validate()
		},
		Store: storeWorkloads,
	}
}

func loadWorkloads(ctx context.Context, tx *db.Tx, list []string) ([]workloadEdit, error) {
	in, p := db.IDs(tx, "w.id", list)
	var rows []workloadRow
	if err := tx.Select(ctx, &rows, `SELECT `+db.Columns[workloadRow]("w.")+` FROM {workload} w WHERE `+in, p); err != nil {
		return nil, err
	}
	people, err := contactsOf(ctx, tx, list)
	out := make([]workloadEdit, len(rows))
	for i, w := range rows {
		out[i] = workloadEdit{w, people[w.ID]}
	}
	return out, err
}

// storeWorkloads writes workloads that differ, and the trail of each. Only the undo of a single edit changes names, rules and contacts.
func storeWorkloads(ctx context.Context, tx *db.Tx, a permission.Actor, pairs []bulk.Pair[workloadEdit]) error {
	rows, acts, gather := make([]workloadRow, len(pairs)), make([]audit.Act, len(pairs)), false
	for i, p := range pairs {
		rows[i] = p.After.workloadRow
		rows[i].Version, rows[i].UpdatedAt = p.Before.Version+1, tx.Now()
		gather = gather || p.Before.Name != p.After.Name || canonical(p.Before.Rule.V) != canonical(p.After.Rule.V)
		acts[i] = audit.Act{Action: "workload.change", Record: audit.Record{Type: "workload", ID: p.After.ID, Name: p.After.Name},
			Before: p.Before.summary(p.Before.contacts(), p.Was), After: rows[i].summary(p.After.contacts(), p.Is)}
	}
	n, err := tx.Insert(ctx, "workload", rows, `(customer_id, id) DO UPDATE SET name = excluded.name, rule = excluded.rule, environment = excluded.environment,
		criticality = excluded.criticality, owner = excluded.owner, description = excluded.description, version = excluded.version, updated_at = excluded.updated_at
		WHERE workload.version = excluded.version - 1`)
	if err != nil {
		return nameTaken(err)
	}
	if n != int64(len(rows)) {
		return fault.New(fault.Stale, "fault.stale")
	}
	for _, p := range pairs {
		if !slices.Equal(p.Before.contacts(), p.After.contacts()) { // of one
			if err := setContacts(ctx, tx, p.After.ID, p.After.contacts()); err != nil {
				return err
			}
		}
	}
	if gather {
		if _, err := (Intake{}).Assign(ctx, tx); err != nil {
			return err
		}
	}
	return audit.WriteAll(ctx, tx, a, acts)
}
