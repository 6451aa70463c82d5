package bulk

import (
	"context"
	"errors"
	"fmt"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// PartRow is a part with its customer's slug.
type PartRow struct {
	part
	Customer string `db:"customer"`
}

func newPart(tx *db.Tx, a permission.Actor, list, kind, decision string) part {
	return part{PartID: id.New(), ID: decision, List: list, Kind: kind, State: Applied, Changes: db.JSON[[]Change]{V: []Change{}}, ActorID: a.ID, ActorName: a.Name,
		CreatedAt: tx.Now(), UndoUntil: db.At(tx.Now().Add(UndoFor)), Version: 1}
}

// store writes a part and what came of its records; those that were as they should be are only counted.
func store(ctx context.Context, tx *db.Tx, p part, rows []Row) error {
	if _, err := tx.Insert(ctx, "bulk_edit", p, ""); err != nil {
		return fmt.Errorf("keep edit: %w", err)
	}
	var items []item
	for _, r := range rows {
		it := item{PartID: p.PartID, Place: int64(len(items)), RecordID: r.ID, Name: r.Name, Outcome: outChanged}
		it.Cells.V, it.Faults.V = r.Diffs, kept(r.Refused)
		switch {
		case len(r.Refused) > 0:
			it.Outcome, it.Cells.V = outRefused, []Diff{}
		case len(r.Diffs) == 0:
			continue
		}
		items = append(items, it)
	}
	if _, err := tx.Insert(ctx, "bulk_edit_item", items, ""); err != nil {
		return fmt.Errorf("keep edit: %w", err)
	}
	return nil
}

// lock keeps others from changing the records until the transaction ends. SQLite has one writer anyhow.
func lock(ctx context.Context, tx *db.Tx, table string, ids []string) error {
	if tx.Engine() != db.Postgres || len(ids) == 0 {
		return nil
	}
	var locked []string
	err := tx.Select(ctx, &locked, `SELECT t.id FROM {`+table+`} t WHERE t.id IN (`+db.Marks(len(ids))+`) ORDER BY t.id FOR UPDATE`, db.Anys(ids)...)
	if err != nil {
		return fmt.Errorf("lock %s: %w", table, err)
	}
	return nil
}

// partsOf reads the parts of an edit that the scope covers.
func partsOf(ctx context.Context, tx *db.Tx, ref string) ([]PartRow, error) {
	var out []PartRow
	if !id.Valid(ref) {
		return nil, nil
	}
	err := tx.Select(ctx, &out, `SELECT `+Spec.Columns+` FROM `+Spec.From+` WHERE b.id = ? ORDER BY k.slug`, ref)
	if err != nil {
		return nil, fmt.Errorf("read edit: %w", err)
	}
	return out, nil
}

func itemsOf(ctx context.Context, tx *db.Tx, parts []PartRow, where, order string, limit int) ([]item, error) {
	ids := make([]string, len(parts))
	for i, p := range parts {
		ids[i] = p.PartID
	}
	var out []item
	err := tx.Select(ctx, &out, `SELECT `+db.Columns[item]("i.")+` FROM {bulk_edit_item} i WHERE i.part_id IN (`+db.Marks(len(ids))+`)`+where+
		` ORDER BY `+order+` LIMIT ?`, append(db.Anys(ids), limit)...)
	if err != nil {
		return nil, fmt.Errorf("read what an edit did: %w", err)
	}
	return out, nil
}

func record(p part) audit.Record { return audit.Record{Type: "bulk_edit", ID: p.ID, Name: p.List} }

func keyOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Key
	}
	return "fault.internal"
}
