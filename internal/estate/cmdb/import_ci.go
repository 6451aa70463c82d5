package cmdb

import (
	"cmp"
	"context"
	"slices"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
)

// ImportCIs takes in a CSV file of CIs: the whole file is checked first, and applied whole or not at all. A line whose key is
// there already changes that CI (an empty cell leaves a field as it is; on a discovered CI the fields are pinned); others
// are new. A dry run reports bad cells in the report, else they are an invalid fault. Codes: invalid, forbidden, too_large.
func (s *Service) ImportCIs(ctx context.Context, a permission.Actor, file []byte, o ImportOptions) (out ImportReport, err error) {
	scope, err := s.importScope(ctx, a, file, &o)
	if err != nil {
		return out, err
	}
	sheet := readSheet(file, ciColumn, "type", "name")
	out = ImportReport{DryRun: o.DryRun, Lines: len(sheet.rows), Errors: []ImportError{}}
	run := s.db.InScope
	if o.DryRun {
		run = s.db.View
	}
	err = run(ctx, scope, func(tx *db.Tx) error {
		var plan ciPlan
		if !sheet.broken {
			if plan, err = planCIs(ctx, tx, &sheet, o.Key); err != nil {
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

func (s *Service) importScope(ctx context.Context, a permission.Actor, file []byte, o *ImportOptions) (db.Scope, error) {
	var f fault.Fields
	o.Key = cmp.Or(o.Key, "external_id")
	choice(&f, "key", o.Key, []string{"external_id", "name"})
	scope, err := s.scopeOf(ctx, a, permission.CIImport, o.Customer)
	if fault.Is(err, fault.NotFound) {
		f.Add("customer", "cmdb.fault.customer")
		err = nil
	}
	switch {
	case err != nil:
		return scope, err
	case len(file) > MaxImportBytes:
		return scope, fault.New(fault.TooLarge, "cmdb.fault.file_size", "max", MaxImportBytes>>20)
	}
	return scope, f.Err()
}

func sorted(errors []ImportError) []ImportError {
	slices.SortStableFunc(errors, func(a, b ImportError) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return errors
}

// ciPlan is what a file of CIs comes to.
type ciPlan struct {
	insert    []record
	update    []ciUpdate
	unchanged int
}

type ciUpdate struct {
	old, now record
	deltas   []delta
}

// planCIs checks every line against what is there. What is there is read in one statement for the whole file.
func planCIs(ctx context.Context, tx *db.Tx, s *sheet, key string) (ciPlan, error) {
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
	taken := map[identity]int{}
	touched := map[string]int{}
	for _, row := range s.rows {
		n := s.ciOf(row)
		s.take(row.line, n.Validate())
		workload, ok := workloads[n.Workload]
		if n.Workload != "" && !ok {
			s.bad(row.line, "workload", "cmdb.fault.workload")
		}
		n.ExternalID = cmp.Or(n.ExternalID, externalID(n.Name))
		found := matching(there[keyOf(key, n.Type, n.ExternalID, n.Name)], n, key)
		switch {
		case len(found) > 1:
			s.bad(row.line, key, "cmdb.fault.ambiguous", "count", len(found))
		case len(found) == 1:
			old := found[0]
			if first, twice := touched[old.ID]; twice {
				s.bad(row.line, key, "cmdb.fault.line_twice", "line", first)
				continue
			}
			touched[old.ID] = row.line
			u := plan.change(s, row.line, old, n, workload)
			if len(u.deltas) == 0 {
				plan.unchanged++
			} else {
				plan.update = append(plan.update, u)
			}
		default:
			r := n.row(tx.Now(), Imported)
			if first, twice := taken[r.identity()]; twice {
				s.bad(row.line, key, "cmdb.fault.line_twice", "line", first)
				continue
			}
			taken[r.identity()] = row.line
			if workload != "" {
				r.WorkloadID, r.WorkloadBy = db.Null(workload), byHand
			} else {
				b := batch{rules: rules}
				b.assign(&r)
			}
			plan.insert = append(plan.insert, r)
		}
	}
	return plan, nil
}

// change gives what a line does to a CI that is there.
func (ciPlan) change(s *sheet, line int, old record, n NewCI, workload string) ciUpdate {
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
		s.take(line, e.Fields)
	}
	if workload != "" && (string(old.WorkloadID) != workload) {
		deltas = append(deltas, diffText("workload", string(old.WorkloadID), workload)...)
		now.WorkloadID, now.WorkloadBy = db.Null(workload), byHand
	}
	return ciUpdate{old, now, deltas}
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

func loadKeyed(ctx context.Context, tx *db.Tx, s *sheet, key string) (map[string][]record, error) {
	wanted := map[string]bool{}
	for _, row := range s.rows {
		v := row.cells[key]
		if key == "external_id" && v == "" {
			v = externalID(row.cells["name"])
		}
		wanted[v] = true
	}
	types := map[string]bool{}
	for _, row := range s.rows {
		types[row.cells["type"]] = true
	}
	in, p := texts(tx, "c."+key, keysOf(wanted))
	ofType, p2 := texts(tx, "c.type", keysOf(types))
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
	if err := insertCIs(ctx, tx, a, p.insert, "ci.import"); err != nil {
		return err
	}
	for _, u := range p.update {
		if err := updateCI(ctx, tx, a, u.old, u.now, u.deltas, "ci.import"); err != nil {
			return err
		}
	}
	return nil
}
