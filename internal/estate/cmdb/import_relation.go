package cmdb

import (
	"cmp"
	"context"
	"strconv"

	"vigie/internal/estate/collect"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/record/intake"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// relationIntake takes relations in: from, to and type, with redundancy and needed. The ends are ids of CIs, or external ids or names
// by the key; from_type and to_type tell two of the same name apart. A relation that is there already gets the line's redundancy.
type relationIntake struct{}

// Kind implements intake.Target.
func (relationIntake) Kind() intake.Kind {
	return intake.Kind{List: "relations", Title: "estate.import.relations", Help: "estate.import.columns_relations", Tag: relationsTag, Group: "cis", Need: permission.CIImport,
		Keys: []intake.Key{{Name: "external_id", Label: "estate.ci.external_id"}, {Name: "name", Label: "estate.ci.name"}},
		Aside: []string{"id", "customer", "source", "resolved", "from_name", "to_name", "from_status", "to_status", "other_type", "other",
			"first_seen", "version"}}
}

// Fields implements intake.Target.
func (relationIntake) Fields(context.Context, *db.Tx) ([]intake.Field, error) {
	return []intake.Field{
		{Name: "from", Label: "estate.import.from", Required: true, Example: "vpn-0a1b2c3d"},
		{Name: "to", Label: "estate.import.to", Required: true, Example: "fw-lyon-1"},
		{Name: "type", Label: "estate.import.relation", Required: true, Example: "depends_on"},
		{Name: "redundancy", Label: "estate.import.redundancy"},
		{Name: "needed", Label: "estate.import.needed"},
		{Name: "from_type", Label: "estate.import.from_type"},
		{Name: "to_type", Label: "estate.import.to_type"},
	}, nil
}

// Check implements intake.Target.
func (relationIntake) Check(ctx context.Context, tx *db.Tx, _ permission.Actor, s *intake.Sheet) (intake.Plan, error) {
	plan, err := planRelations(ctx, tx, s, s.Key)
	return intake.Plan{Created: len(plan.insert), Updated: len(plan.update), Unchanged: plan.unchanged, Apply: plan.apply}, err
}

type relationPlan struct {
	insert    []relationRow
	update    [][2]relationRow
	unchanged int
}

func planRelations(ctx context.Context, tx *db.Tx, s *intake.Sheet, key string) (relationPlan, error) {
	var plan relationPlan
	ends, err := loadEnds(ctx, tx, s, key)
	if err != nil {
		return plan, err
	}
	lines := make([]NewRelation, len(s.Rows))
	var from []string
	for i, row := range s.Rows {
		n := NewRelation{Type: row.Get("type"), Redundancy: row.Get("redundancy")}
		n.From = endOf(s, ends, row, "from")
		n.To = endOf(s, ends, row, "to")
		if text := row.Get("needed"); text != "" {
			if n.Needed, err = strconv.ParseInt(text, 10, 64); err != nil {
				s.Bad(row.Line, "needed", "cmdb.fault.range", "min", 0, "max", 1000)
			}
		}
		for _, f := range n.Validate() {
			if (f.Path == "from" && n.From == "") || (f.Path == "to" && n.To == "") {
				continue // said already
			}
			s.Take(row.Line, fault.Fields{f})
		}
		lines[i] = n
		from = append(from, n.From)
	}
	if s.Failed() {
		return plan, nil
	}
	there, err := loadBetween(ctx, tx, from)
	if err != nil {
		return plan, err
	}
	seen := map[between]int{}
	for i, n := range lines {
		k := between{n.From, n.To, collect.Relation(n.Type)}
		if first, twice := seen[k]; twice {
			s.Bad(s.Rows[i].Line, "", "cmdb.fault.line_twice", "line", first)
			continue
		}
		seen[k] = s.Rows[i].Line
		r := n.row(ends.byID[n.To], Imported, tx.Now())
		old, ok := there[k]
		switch {
		case !ok:
			plan.insert = append(plan.insert, r)
		case old.Source == Discovered, old.Redundancy == r.Redundancy && old.Needed == r.Needed:
			plan.unchanged++
		default:
			now := old
			now.Redundancy, now.Needed, now.Version = r.Redundancy, r.Needed, old.Version+1
			plan.update = append(plan.update, [2]relationRow{old, now})
		}
	}
	return plan, nil
}

// ends are the CIs that a file of relations speaks of.
type ends struct {
	byID  map[string]record
	byKey map[string][]record
}

// end finds one end of a line.
func endOf(s *intake.Sheet, all ends, row intake.Row, column string) string {
	text, typ := row.Get(column), row.Get(column+"_type")
	if text == "" {
		s.Bad(row.Line, column, "cmdb.fault.required")
		return ""
	}
	if _, ok := all.byID[text]; ok {
		return text
	}
	var found []record
	for _, r := range all.byKey[text] {
		if r.Status != Gone && (typ == "" || r.Type == typ) {
			found = append(found, r)
		}
	}
	switch len(found) {
	case 0:
		s.Bad(row.Line, column, "cmdb.fault.ci")
	case 1:
		return found[0].ID
	default:
		s.Bad(row.Line, column, "cmdb.fault.ambiguous", "count", len(found))
	}
	return ""
}

func loadEnds(ctx context.Context, tx *db.Tx, s *intake.Sheet, key string) (ends, error) {
	byID, byKey := map[string]bool{}, map[string]bool{}
	for _, row := range s.Rows {
		for _, column := range []string{"from", "to"} {
			if v := row.Get(column); id.Valid(v) {
				byID[v] = true
			} else if v != "" {
				byKey[v] = true
			}
		}
	}
	out := ends{byKey: map[string][]record{}}
	var err error
	if out.byID, err = loadRecords(ctx, tx, keysOf(byID)); err != nil {
		return out, err
	}
	in, p := db.Texts(tx, "c."+key, keysOf(byKey))
	var rows []record
	if err := tx.Select(ctx, &rows, `SELECT c.id, c.type, c.name, c.external_id, c.account, c.region, c.status FROM {ci} c WHERE `+in, p); err != nil {
		return out, err
	}
	for _, r := range rows {
		out.byID[r.ID] = r
		k := r.ExternalID
		if key == "name" {
			k = r.Name
		}
		out.byKey[k] = append(out.byKey[k], r)
	}
	return out, nil
}

type between struct {
	from, to string
	kind     collect.Relation
}

func loadBetween(ctx context.Context, tx *db.Tx, from []string) (map[between]relationRow, error) {
	in, p := db.IDs(tx, "r.from_id", from)
	var rows []relationRow
	if err := tx.Select(ctx, &rows, `SELECT `+db.Columns[relationRow]("r.")+` FROM {relation} r WHERE `+in+` AND r.resolved`, p); err != nil {
		return nil, err
	}
	out := map[between]relationRow{}
	for _, r := range rows {
		k := between{string(r.FromID), string(r.ToID), r.Type}
		if was, ok := out[k]; !ok || cmp.Compare(was.ID, r.ID) > 0 {
			out[k] = r
		}
	}
	return out, nil
}

func (p relationPlan) apply(ctx context.Context, tx *db.Tx, a permission.Actor) error {
	if err := insertRelations(ctx, tx, a, p.insert); err != nil {
		return err
	}
	var rows []relationRow
	var changes []changeRow
	for _, u := range p.update {
		rows = append(rows, u[1])
		changes = append(changes, changeBy(tx, a, u[1].OwnerID, delta{Kind: Changed, Field: "redundancy." + string(u[1].Type), Before: u[0].redundancy(), After: u[1].redundancy()}))
		if err := audit.Write(ctx, tx, a, "relation.import", audit.Record{Type: "relation", ID: u[1].ID}, u[0].summary(), u[1].summary()); err != nil {
			return err
		}
	}
	if _, err := tx.Insert(ctx, "relation", rows, `(customer_id, id) DO UPDATE SET redundancy = excluded.redundancy,
		needed = excluded.needed, version = excluded.version`); err != nil {
		return err
	}
	_, err := tx.Insert(ctx, "ci_change", changes, "")
	return err
}
