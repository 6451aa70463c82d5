package cmdb

import (
	"cmp"
	"context"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/field"
	"vigie/internal/record/intake"
	"vigie/internal/trust/permission"
)

// ciIntake takes CIs in. A line whose key is there already changes that CI (an empty cell leaves a field as it is; on a discovered CI
// the fields are pinned); others are new.
type ciIntake struct{}

// Kind implements intake.Target.
func (ciIntake) Kind() intake.Kind {
	return intake.Kind{List: "cis", Title: "estate.import.cis", Help: "estate.import.columns_cis", Tag: cisTag, Group: "cis", Need: permission.CIImport,
		Keys:     []intake.Key{{Name: "external_id", Label: "estate.ci.external_id"}, {Name: "name", Label: "estate.ci.name"}},
		Prefixes: []string{"tag."},
		Aside: []string{"id", "customer", "status", "source", "first_seen", "last_seen", "workload_by", "differing", "pinned", "version",
			"created_at", "updated_at"}}
}

// Fields implements intake.Target.
func (ciIntake) Fields(ctx context.Context, tx *db.Tx) ([]intake.Field, error) {
	set, err := field.Of(ctx, tx, ciKind, "")
	return append([]intake.Field{
		{Name: "type", Label: "estate.ci.type", Required: true, Example: "Office firewall"},
		{Name: "name", Label: "estate.ci.name", Required: true, Example: "fw-lyon-1"},
		{Name: "external_id", Label: "estate.ci.external_id"},
		{Name: "arn", Title: "ARN"},
		{Name: "account", Label: "estate.ci.account"},
		{Name: "region", Label: "estate.ci.region"},
		{Name: "environment", Label: "estate.ci.environment", Example: "production"},
		{Name: "criticality", Label: "estate.ci.criticality", Example: "high"},
		{Name: "owner", Label: "estate.ci.owner", Example: "network team"},
		{Name: "workload", Label: "estate.ci.workload"},
		{Name: "workload_name", Title: "workload_name"},
		{Name: "tags", Label: "estate.ci.tags", Example: `{"site":"Lyon"}`},
		{Name: "attributes", Label: "estate.ci.attributes"},
	}, set.Columns()...), err
}

// Check implements intake.Target.
func (ciIntake) Check(ctx context.Context, tx *db.Tx, _ permission.Actor, s *intake.Sheet) (intake.Plan, error) {
	plan, err := planCIs(ctx, tx, s, s.Key)
	return intake.Plan{Created: len(plan.insert), Updated: len(plan.update), Unchanged: plan.unchanged, Apply: plan.apply}, err
}

// ciPlan is what a file of CIs comes to.
type ciPlan struct {
	set       field.Set
	insert    []record
	custom    []field.Values // of insert
	update    []ciUpdate
	unchanged int
}

type ciUpdate struct {
	old, now record
	deltas   []delta
	custom   field.Stored
}

// planCIs checks every line against what is there. What is there is read in one statement for the whole file.
func planCIs(ctx context.Context, tx *db.Tx, s *intake.Sheet, key string) (ciPlan, error) {
	var plan ciPlan
	there, err := loadKeyed(ctx, tx, s, key)
	if err != nil {
		return plan, err
	}
	workloads, err := workloadRefs(ctx, tx)
	if err != nil {
		return plan, err
	}
	rules, err := loadRules(ctx, tx)
	if err != nil {
		return plan, err
	}
	if plan.set, err = field.Of(ctx, tx, ciKind, ""); err != nil {
		return plan, err
	}
	custom, err := plan.set.Take(ctx, tx, s)
	if err != nil {
		return plan, err
	}
	had, err := customOfAll(ctx, tx, plan.set, there)
	if err != nil {
		return plan, err
	}
	values := func(line int, before field.Values, when field.Moment) field.Values {
		var bad fault.Fields
		after := plan.set.Check(before, custom.Rows[line], custom.Refs, &bad, when)
		s.Take(line, field.InFile(bad))
		return after
	}
	taken := map[identity]int{}
	touched := map[string]int{}
	for _, row := range s.Rows {
		n := ciOf(s, row)
		s.Take(row.Line, n.Validate())
		workload, ok := workloads[n.Workload]
		if n.Workload != "" && !ok {
			s.Bad(row.Line, "workload", "cmdb.fault.workload")
		}
		n.ExternalID = cmp.Or(n.ExternalID, externalID(n.Name))
		found := matching(there[keyOf(key, n.Type, n.ExternalID, n.Name)], n, key)
		switch {
		case len(found) > 1:
			s.Bad(row.Line, key, "cmdb.fault.ambiguous", "count", len(found))
		case len(found) == 1:
			old := found[0]
			if first, twice := touched[old.ID]; twice {
				s.Bad(row.Line, key, "cmdb.fault.line_twice", "line", first)
				continue
			}
			touched[old.ID] = row.Line
			u := plan.change(s, row.Line, old, n, workload)
			u.custom = field.Stored{ID: old.ID, Before: had[old.ID], After: values(row.Line, had[old.ID], field.Changed)}
			u.deltas = append(u.deltas, diffCustom(u.custom.Before, u.custom.After)...)
			if len(u.deltas) == 0 {
				plan.unchanged++
			} else {
				plan.update = append(plan.update, u)
			}
		default:
			r := n.row(tx.Now(), Imported)
			if first, twice := taken[r.identity()]; twice {
				s.Bad(row.Line, key, "cmdb.fault.line_twice", "line", first)
				continue
			}
			taken[r.identity()] = row.Line
			if workload != "" {
				r.WorkloadID, r.WorkloadBy = db.Null(workload), byHand
			} else {
				b := batch{rules: rules}
				b.assign(&r)
			}
			plan.insert, plan.custom = append(plan.insert, r), append(plan.custom, values(row.Line, nil, field.Created))
		}
	}
	return plan, nil
}

// change gives what a line does to a CI that is there.
func (ciPlan) change(s *intake.Sheet, line int, old record, n NewCI, workload string) ciUpdate {
	var c ChangeCI
	for field, value := range map[*Edit]string{&c.Name: n.Name, &c.Environment: n.Environment, &c.Criticality: n.Criticality, &c.Owner: n.Owner} {
		*field = Edit{Given: value != "", Value: value}
	}
	// What a file says as it is already is no wish to pin it.
	for field, e := range map[string]*Edit{FieldName: &c.Name, FieldEnvironment: &c.Environment, FieldCriticality: &c.Criticality, FieldOwner: &c.Owner} {
		if e.Value == old.get(field) {
			e.Given = false
		}
	}
	if n.Tags != nil && len(diffTags(old.Tags.V, n.Tags)) > 0 {
		c.Tags = &n.Tags
	}
	if n.Attributes != nil && len(diffAttributes(old.Attributes.V, n.Attributes)) > 0 {
		c.Attributes = &n.Attributes
	}
	now, deltas, err := c.apply(old)
	if e, ok := err.(*fault.Error); ok {
		s.Take(line, e.Fields)
	}
	if workload != "" && (string(old.WorkloadID) != workload) {
		deltas = append(deltas, diffText("workload", string(old.WorkloadID), workload)...)
		now.WorkloadID, now.WorkloadBy = db.Null(workload), byHand
	}
	return ciUpdate{old: old, now: now, deltas: deltas}
}

// keyOf is by what a line and a CI are compared.
func keyOf(key, typ, external, name string) string {
	if key == "name" {
		return typ + "\x00" + name
	}
	return typ + "\x00" + external
}

// matching leaves what a line means: the CI of exactly this identity, else those of the account and region that it names, without
// those that are gone.
func matching(all []record, n NewCI, key string) []record {
	var out []record
	for _, r := range all {
		if key == "external_id" && r.Account == n.Account && r.Region == n.Region {
			return []record{r}
		}
		if r.Status != Gone && (n.Account == "" || r.Account == n.Account) && (n.Region == "" || r.Region == n.Region) {
			out = append(out, r)
		}
	}
	return out
}

func loadKeyed(ctx context.Context, tx *db.Tx, s *intake.Sheet, key string) (map[string][]record, error) {
	wanted := map[string]bool{}
	for _, row := range s.Rows {
		v := row.Get(key)
		if key == "external_id" && v == "" {
			v = externalID(row.Get("name"))
		}
		wanted[v] = true
	}
	types := map[string]bool{}
	for _, row := range s.Rows {
		types[row.Get("type")] = true
	}
	in, p := db.Texts(tx, "c."+key, keysOf(wanted))
	ofType, p2 := db.Texts(tx, "c.type", keysOf(types))
	var rows []record
	if err := tx.Select(ctx, &rows, `SELECT `+db.Columns[record]("c.")+` FROM {ci} c WHERE `+in+` AND `+ofType, p, p2); err != nil {
		return nil, err
	}
	out := map[string][]record{}
	for _, r := range rows {
		k := keyOf(key, r.Type, r.ExternalID, r.Name)
		out[k] = append(out[k], r)
	}
	return out, nil
}

// workloadRefs gives the ids of workloads by id and by name.
func workloadRefs(ctx context.Context, tx *db.Tx) (map[string]string, error) {
	var rows []struct {
		ID   string `db:"id"`
		Name string `db:"name"`
	}
	if err := tx.Select(ctx, &rows, `SELECT w.id, w.name FROM {workload} w`); err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, r := range rows {
		out[r.Name] = r.ID
	}
	for _, r := range rows {
		out[r.ID] = r.ID
	}
	return out, nil
}

func (p ciPlan) apply(ctx context.Context, tx *db.Tx, a permission.Actor) error {
	if err := insertCIs(ctx, tx, a, p.set, p.insert, p.custom, "ci.import"); err != nil {
		return err
	}
	stored := make([]field.Stored, len(p.update))
	for i, u := range p.update {
		stored[i] = u.custom
	}
	if err := updateCIs(ctx, tx, a, p.update, "ci.import"); err != nil {
		return err
	}
	return field.StoreAll(ctx, tx, p.set, stored)
}

// customOfAll reads what the CIs that lines may mean have in custom fields.
func customOfAll(ctx context.Context, tx *db.Tx, set field.Set, there map[string][]record) (map[string]field.Values, error) {
	if len(set.Fields) == 0 {
		return nil, nil
	}
	var ids []string
	for _, all := range there {
		for _, r := range all {
			ids = append(ids, r.ID)
		}
	}
	return field.Read(ctx, tx, ciKind, ids)
}
