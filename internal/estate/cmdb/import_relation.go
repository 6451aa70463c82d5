package cmdb

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"vigie/internal/estate/collect"
	"vigie/internal/platform/db"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// ImportRelations takes in a CSV file of relations: from, to and type, with redundancy and needed. The ends are ids of CIs, or
// external ids or names by the key of the options; from_type and to_type tell two of the same name apart. A relation that is
// there already gets the line's redundancy. Codes as ImportCIs.
func (s *Service) ImportRelations(ctx context.Context, a permission.Actor, file []byte, o ImportOptions) (out ImportReport, err error) {
	scope, err := s.importScope(ctx, a, file, &o)
	if err != nil {
		return out, err
	}
	sheet := readSheet(file, relationColumn, "from", "to", "type")
	out = ImportReport{DryRun: o.DryRun, Lines: len(sheet.rows), Errors: []ImportError{}}
	run := s.db.InScope
	if o.DryRun {
		run = s.db.View
	}
	err = run(ctx, scope, func(tx *db.Tx) error {
		var plan relationPlan
		if !sheet.broken {
			if plan, err = planRelations(ctx, tx, &sheet, o.Key); err != nil {
				return err
			}
		}
		if len(sheet.errors) > 0 {
			out.Errors = sorted(sheet.errors)
			return nil
		}
		out.Created, out.Updated, out.Unchanged = len(plan.insert), len(plan.update), plan.unchanged
		if o.DryRun {
			return nil
		}
		return plan.apply(ctx, tx, a)
	})
	if err == nil && !o.DryRun {
		err = out.Fault()
	}
	return out, err
}

func relationColumn(c string) bool {
	return slices.Contains([]string{"from", "to", "type", "redundancy", "needed", "from_type", "to_type",
		"id", "customer", "source", "resolved", "from_name", "to_name", "from_status", "to_status", "other_type", "other", "first_seen", "version"}, c)
}

type relationPlan struct {
	insert    []relationRow
	update    [][2]relationRow
	unchanged int
}

func planRelations(ctx context.Context, tx *db.Tx, s *sheet, key string) (relationPlan, error) {
	var plan relationPlan
	ends, err := loadEnds(ctx, tx, s, key)
	if err != nil {
		return plan, err
	}
	lines := make([]NewRelation, len(s.rows))
	var from []string
	for i, row := range s.rows {
		n := NewRelation{Type: row.cells["type"], Redundancy: row.cells["redundancy"]}
		n.From = s.end(ends, row, "from")
		n.To = s.end(ends, row, "to")
		if text := row.cells["needed"]; text != "" {
			if n.Needed, err = strconv.ParseInt(text, 10, 64); err != nil {
				s.bad(row.line, "needed", "cmdb.fault.range", "min", 0, "max", 1000)
			}
		}
		for _, f := range n.Validate() {
			if (f.Path == "from" && n.From == "") || (f.Path == "to" && n.To == "") {
				continue // said already
			}
			s.bad(row.line, f.Path, f.Key)
			s.errors[len(s.errors)-1].Args = f.Args
		}
		lines[i] = n
		from = append(from, n.From)
	}
	if len(s.errors) > 0 {
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
			s.bad(s.rows[i].line, "", "cmdb.fault.line_twice", "line", first)
			continue
		}
		seen[k] = s.rows[i].line
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
func (s *sheet) end(all ends, row sheetRow, column string) string {
	text, typ := row.cells[column], row.cells[column+"_type"]
	if text == "" {
		s.bad(row.line, column, "cmdb.fault.required")
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
		s.bad(row.line, column, "cmdb.fault.ci")
	case 1:
		return found[0].ID
	default:
		s.bad(row.line, column, "cmdb.fault.ambiguous", "count", len(found))
	}
	return ""
}

func loadEnds(ctx context.Context, tx *db.Tx, s *sheet, key string) (ends, error) {
	byID, byKey := map[string]bool{}, map[string]bool{}
	for _, row := range s.rows {
		for _, column := range []string{"from", "to"} {
			if v := row.cells[column]; id.Valid(v) {
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
	in, p := texts(tx, "c."+key, keysOf(byKey))
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
	in, p := ids(tx, "r.from_id", from)
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
