package cmdb

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"vigie/internal/platform/db"
)

// recognise finds the CIs that the batch speaks of, by identity, in one statement.
func recognise(ctx context.Context, tx *db.Tx, account string, seen []sighting) error {
	types, externals := make([]string, 0, 4), make([]string, len(seen))
	for i, s := range seen {
		externals[i] = s.item.ID
		if !slices.Contains(types, s.item.Type) {
			types = append(types, s.item.Type)
		}
	}
	ofType, p1 := db.Texts(tx, "c.type", types)
	ofID, p2 := db.Texts(tx, "c.external_id", externals)
	var rows []known
	err := tx.Select(ctx, &rows, `SELECT c.id, c.type, c.external_id, c.region, c.fingerprint, c.status, c.run_id, c.source
		FROM {ci} c WHERE `+ofType+` AND `+ofID+` AND c.account = ?`, p1, p2, account)
	if err != nil {
		return err
	}
	byIdentity := make(map[identity]*known, len(rows))
	for i := range rows {
		k := &rows[i]
		byIdentity[identity{k.Type, k.ExternalID, account, k.Region}] = k
	}
	for i := range seen {
		it := &seen[i].item
		seen[i].old = byIdentity[identity{it.Type, it.ID, account, it.Region}]
	}
	return nil
}

// loadRecords gives whole CIs by id.
func loadRecords(ctx context.Context, tx *db.Tx, list []string) (map[string]record, error) {
	in, p := db.IDs(tx, "c.id", list)
	var rows []record
	if err := tx.Select(ctx, &rows, `SELECT `+db.Columns[record]("c.")+` FROM {ci} c WHERE `+in, p); err != nil {
		return nil, err
	}
	out := make(map[string]record, len(rows))
	for _, r := range rows {
		out[r.ID] = r
	}
	return out, nil
}

// loadOwned gives the discovered relations that the CIs told of. The owner is one of the ends, whose indexes find it.
func loadOwned(ctx context.Context, tx *db.Tx, owners []string) (map[string][]relationRow, error) {
	in1, p1 := db.IDs(tx, "r.from_id", owners)
	in2, p2 := db.IDs(tx, "r.to_id", owners)
	columns := db.Columns[relationRow]("r.")
	var rows []relationRow
	err := tx.Select(ctx, &rows, `SELECT `+columns+` FROM {relation} r WHERE `+in1+` AND NOT r.inbound AND r.source = ?
		UNION ALL SELECT `+columns+` FROM {relation} r WHERE `+in2+` AND r.inbound AND r.source = ?`, p1, Discovered, p2, Discovered)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(rows, func(a, b relationRow) int { return strings.Compare(a.ID, b.ID) })
	out := map[string][]relationRow{}
	for _, r := range rows {
		out[r.OwnerID] = append(out[r.OwnerID], r)
	}
	return out, nil
}

// loadRules gives the rules of all workloads, in the order in which they count.
func loadRules(ctx context.Context, tx *db.Tx) ([]ruled, error) {
	var rows []struct {
		ID   string        `db:"id"`
		Rule db.JSON[Rule] `db:"rule"`
	}
	if err := tx.Select(ctx, &rows, `SELECT w.id, w.rule FROM {workload} w ORDER BY w.name`); err != nil {
		return nil, fmt.Errorf("load rules of workloads: %w", err)
	}
	out := make([]ruled, 0, len(rows))
	for _, r := range rows {
		if len(r.Rule.V.Any) > 0 {
			out = append(out, ruled{r.ID, r.Rule.V})
		}
	}
	return out, nil
}

// overwrite is the ON CONFLICT of rows that are known to exist.
const overwrite = `(customer_id, id) DO UPDATE SET name = excluded.name, arn = excluded.arn, status = excluded.status,
	environment = excluded.environment, criticality = excluded.criticality, owner = excluded.owner, workload_id = excluded.workload_id,
	workload_by = excluded.workload_by, tags = excluded.tags, attributes = excluded.attributes, keys = excluded.keys,
	pinned = excluded.pinned, observed = excluded.observed, source = excluded.source, fingerprint = excluded.fingerprint,
	run_id = excluded.run_id, last_seen = excluded.last_seen, version = excluded.version, updated_at = excluded.updated_at, words = excluded.words`

// store writes the batch: one statement for each table and kind of change.
func (b *batch) store(ctx context.Context, tx *db.Tx) error {
	if len(b.same) > 0 {
		in, p := db.IDs(tx, "id", b.same)
		if _, err := tx.Exec(ctx, `UPDATE {ci} SET last_seen = ?, run_id = ? WHERE `+in, b.now, b.run, p); err != nil {
			return fmt.Errorf("mark CIs seen: %w", err)
		}
	}
	if err := b.welcome(ctx, tx); err != nil {
		return err
	}
	if _, err := tx.Insert(ctx, "ci", b.insert, ""); err != nil {
		return fmt.Errorf("insert CIs: %w", err)
	}
	if _, err := tx.Insert(ctx, "ci", b.update, overwrite); err != nil {
		return fmt.Errorf("update CIs: %w", err)
	}
	if err := b.storeTerms(ctx, tx); err != nil {
		return err
	}
	if len(b.removed) > 0 {
		in, p := db.IDs(tx, "id", b.removed)
		if _, err := tx.Exec(ctx, `DELETE FROM {relation} WHERE `+in, p); err != nil {
			return fmt.Errorf("delete relations: %w", err)
		}
	}
	if _, err := tx.Insert(ctx, "relation", b.edges, ""); err != nil {
		return fmt.Errorf("insert relations: %w", err)
	}
	if _, err := tx.Insert(ctx, "relation", b.altered, `(customer_id, id) DO UPDATE SET redundancy = excluded.redundancy,
		needed = excluded.needed, version = excluded.version`); err != nil {
		return fmt.Errorf("update relations: %w", err)
	}
	if _, err := tx.Insert(ctx, "ci_change", b.changes, ""); err != nil {
		return fmt.Errorf("insert changes: %w", err)
	}
	return nil
}

// welcome brings back CIs that were stale or gone and are as they were.
func (b *batch) welcome(ctx context.Context, tx *db.Tx) error {
	if len(b.returned) == 0 {
		return nil
	}
	list := make([]string, len(b.returned))
	for i, s := range b.returned {
		list[i] = s.old.ID
		b.note(s.old.ID, delta{Kind: Returned, Field: "status", Before: compact(s.old.Status), After: compact(Active)})
	}
	in, p := db.IDs(tx, "id", list)
	_, err := tx.Exec(ctx, `UPDATE {ci} SET status = ?, last_seen = ?, run_id = ?, version = version + 1, updated_at = ? WHERE `+in,
		Active, b.now, b.run, b.now, p)
	if err != nil {
		return fmt.Errorf("return CIs: %w", err)
	}
	return nil
}

// storeTerms takes away what the CIs are no longer found under, and puts in all of what they are.
func (b *batch) storeTerms(ctx context.Context, tx *db.Tx) error {
	if err := deleteTerms(ctx, tx, b.oldTerms); err != nil {
		return err
	}
	slices.SortFunc(b.terms, termRow.compare) // in the order of the index
	if _, err := tx.Insert(ctx, "ci_term", b.terms, "DO NOTHING"); err != nil {
		return fmt.Errorf("insert terms: %w", err)
	}
	return nil
}

// deleteTerms takes rows of ci_term away, by their whole key.
func deleteTerms(ctx context.Context, tx *db.Tx, rows []termRow) error {
	if len(rows) == 0 {
		return nil
	}
	terms, names, of := make([]string, len(rows)), make([]string, len(rows)), make([]string, len(rows))
	for i, r := range rows {
		terms[i], names[i], of[i] = r.Term, r.Name, r.CIID
	}
	in, params := db.Unnest(tx, db.Set{Name: "term", Kind: "text", Values: terms}, db.Set{Name: "name", Kind: "text", Values: names}, db.Set{Name: "ci_id", Kind: "uuid", Values: of})
	if _, err := tx.Exec(ctx, `DELETE FROM {ci_term} WHERE (term, name, ci_id) IN (`+in+`)`, params...); err != nil {
		return fmt.Errorf("delete terms: %w", err)
	}
	return nil
}
