package cmdb

import (
	"context"
	"slices"
	"strings"

	"vigie/internal/estate/collect"
	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// NewRelation is a relation as a person enters it: "from TYPE to".
type NewRelation struct {
	From       string `json:"from" doc:"Id of a CI."`
	To         string `json:"to" doc:"Id of a CI of the same customer."`
	Type       string `json:"type" doc:"contains, attached_to, runs_on, depends_on, routes_to, protects, monitors, encrypts or deploys."`
	Redundancy string `json:"redundancy,omitempty" doc:"Relations of one dependent CI with the same group stand for one need."`
	Needed     int64  `json:"needed,omitempty" doc:"How many of the group must be well; 1 if left out."`
}

// Relations gives a page of the relations that the query (of RelationSpec) asks for. Code: forbidden.
func (s *Service) Relations(ctx context.Context, a permission.Actor, q list.Query) (list.Page[Relation], error) {
	return permission.Page[Relation](ctx, s.db, a, permission.CIRead, RelationSpec, q)
}

// EachRelation gives all relations of the query to f, for exports.
func (s *Service) EachRelation(ctx context.Context, a permission.Actor, q list.Query, f func(Relation) error) error {
	return s.view(ctx, a, permission.CIRead, func(tx *db.Tx) error { return list.Each(ctx, tx, RelationSpec, q, f) })
}

// RelationsOf gives the relations of one CI, up to limit, ordered by type and by the name at the other end. Codes: not_found, forbidden.
func (s *Service) RelationsOf(ctx context.Context, a permission.Actor, ciID string, limit int) (out []Relation, err error) {
	err = s.viewRecord(ctx, a, permission.CIRead, "ci", ciID, func(tx *db.Tx) error {
		of := `(SELECT x.id FROM {relation} x WHERE x.from_id = ? UNION ALL SELECT x.id FROM {relation} x WHERE x.to_id = ?) y CROSS JOIN `
		return tx.Select(ctx, &out, `SELECT `+RelationSpec.Columns+` FROM `+of+RelationSpec.From+` WHERE r.id = y.id
			ORDER BY r.type, CASE WHEN r.from_id = ? THEN t.name ELSE f.name END, r.id LIMIT ?`, ciID, ciID, ciID, limit)
	})
	return out, err
}

// Relation gives one relation. Codes: not_found, forbidden.
func (s *Service) Relation(ctx context.Context, a permission.Actor, relationID string) (r Relation, err error) {
	err = s.viewRecord(ctx, a, permission.CIRead, "relation", relationID, func(tx *db.Tx) error {
		r, err = loadRelation(ctx, tx, relationID)
		return err
	})
	return r, err
}

func loadRelation(ctx context.Context, tx *db.Tx, relationID string) (r Relation, err error) {
	return r, tx.Get(ctx, &r, `SELECT `+RelationSpec.Columns+` FROM `+RelationSpec.From+` WHERE r.id = ?`, relationID)
}

// CreateRelation enters a relation by hand. Codes: invalid, forbidden, not_found (the CI that it begins at), conflict.
func (s *Service) CreateRelation(ctx context.Context, a permission.Actor, n NewRelation) (out Relation, err error) {
	f := n.Validate()
	customer := ""
	if len(f) == 0 {
		customer, err = s.owner(ctx, a, permission.CIWrite, "ci", n.From)
		if fault.Is(err, fault.NotFound) {
			f.Add("from", "cmdb.fault.ci")
			err = nil
		}
	}
	if err != nil {
		return out, err
	}
	if err := f.Err(); err != nil {
		return out, firstOf(a.Require(permission.CIWrite), err)
	}
	err = s.write(ctx, a, permission.CIWrite, customer, func(tx *db.Tx) error {
		r, err := createRelation(ctx, tx, a, n, Manual)
		if err != nil {
			return err
		}
		out, err = loadRelation(ctx, tx, r.ID)
		return err
	})
	return out, err
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Validate collects every bad field.
func (n NewRelation) Validate() fault.Fields {
	var f fault.Fields
	if !id.Valid(n.From) {
		f.Add("from", "cmdb.fault.ci")
	}
	if !id.Valid(n.To) {
		f.Add("to", "cmdb.fault.ci")
	}
	if n.From == n.To && id.Valid(n.To) {
		f.Add("to", "cmdb.fault.itself")
	}
	if !slices.Contains(collect.Relations(), collect.Relation(n.Type)) {
		f.Add("type", "cmdb.fault.choice", "choices", relationNames())
	}
	text(&f, "redundancy", n.Redundancy, 128, false)
	if n.Needed < 0 || n.Needed > 1000 {
		f.Add("needed", "cmdb.fault.range", "min", 0, "max", 1000)
	}
	return f
}

func relationNames() string {
	var out []string
	for _, r := range collect.Relations() {
		out = append(out, string(r))
	}
	return strings.Join(out, ", ")
}

func createRelation(ctx context.Context, tx *db.Tx, a permission.Actor, n NewRelation, source Source) (relationRow, error) {
	ends, err := loadRecords(ctx, tx, []string{n.From, n.To})
	if err != nil {
		return relationRow{}, err
	}
	to, ok := ends[n.To]
	if !ok {
		var f fault.Fields
		f.Add("to", "cmdb.fault.ci")
		return relationRow{}, f.Err()
	}
	var twins int
	if err := tx.Get(ctx, &twins, `SELECT COUNT(*) FROM {relation} r WHERE r.from_id = ? AND r.to_id = ? AND r.type = ?`, n.From, n.To, n.Type); err != nil {
		return relationRow{}, err
	}
	if twins > 0 {
		return relationRow{}, fault.New(fault.Conflict, "cmdb.fault.relation_exists")
	}
	r := n.row(to, source, tx.Now())
	return r, insertRelations(ctx, tx, a, []relationRow{r})
}

// row makes the row of a relation that a person or a file describes.
func (n NewRelation) row(to record, source Source, now db.Time) relationRow {
	r := relationRow{ID: id.New(), Type: collect.Relation(n.Type), FromID: db.Null(n.From), ToID: db.Null(n.To), OwnerID: n.From,
		OtherType: to.Type, OtherKey: cut(to.ExternalID, maxKey), OtherAccount: to.Account, OtherRegion: to.Region, Resolved: true,
		Source: source, Redundancy: n.Redundancy, FirstSeen: now, Version: 1}
	if r.Redundancy != "" {
		r.Needed = max(1, n.Needed)
	}
	return r
}

func insertRelations(ctx context.Context, tx *db.Tx, a permission.Actor, rows []relationRow) error {
	if _, err := tx.Insert(ctx, "relation", rows, ""); err != nil {
		return err
	}
	var changes []changeRow
	for _, r := range rows {
		changes = append(changes, changeBy(tx, a, r.OwnerID, delta{Kind: RelationAdded, Field: string(r.Type), After: r.described()}))
		if err := audit.Write(ctx, tx, a, "relation.create", audit.Record{Type: "relation", ID: r.ID}, nil, r.summary()); err != nil {
			return err
		}
	}
	_, err := tx.Insert(ctx, "ci_change", changes, "")
	return err
}

func (r relationRow) summary() map[string]any {
	return map[string]any{"from": string(r.FromID), "to": string(r.ToID), "type": r.Type, "redundancy": r.Redundancy, "needed": r.Needed}
}

// DeleteRelation takes out a relation that a person entered or imported. Codes: not_found, forbidden, stale, conflict for
// discovered ones, which would come back.
func (s *Service) DeleteRelation(ctx context.Context, a permission.Actor, relationID string, expected int64) error {
	return s.change(ctx, a, permission.CIWrite, "relation", relationID, func(tx *db.Tx) error {
		r, err := loadRelation(ctx, tx, relationID)
		if err != nil {
			return err
		}
		if err := stale(expected, r.Version); err != nil {
			return err
		}
		if r.Source == Discovered {
			return fault.New(fault.Conflict, "cmdb.fault.delete_discovered")
		}
		if _, err := tx.Exec(ctx, `DELETE FROM {relation} WHERE id = ?`, relationID); err != nil {
			return err
		}
		c := changeBy(tx, a, r.OwnerID, delta{Kind: RelationRemoved, Field: string(r.Type), Before: r.described()})
		if _, err := tx.Insert(ctx, "ci_change", c, ""); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "relation.delete", audit.Record{Type: "relation", ID: relationID}, r.summary(), nil)
	})
}
