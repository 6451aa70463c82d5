package cmdb

import (
	"context"
	"strings"

	"vigie/internal/estate/collect"
	"vigie/internal/platform/db"
)

// stored is the graph in the database, read level by level.
type stored struct{ tx *db.Tx }

// forward and backward are the relation types by the way impact goes, as SQL lists.
var forward, backward = travelling(collect.Forward), travelling(collect.Backward)

func travelling(way collect.Travel) string {
	var out []string
	for _, r := range collect.Relations() {
		if r.Travel() == way {
			out = append(out, "'"+string(r)+"'")
		}
	}
	return strings.Join(out, ", ")
}

func (g stored) dependents(ctx context.Context, of []string) (out []need, err error) {
	in1, p1 := db.IDs(g.tx, "r.from_id", of)
	in2, p2 := db.IDs(g.tx, "r.to_id", of)
	err = g.tx.Select(ctx, &out, `SELECT r.id, r.type, r.to_id AS dependent, r.from_id AS supporter, r.redundancy, r.needed, FALSE AS lost
			FROM {relation} r JOIN {ci} d ON d.id = r.to_id WHERE `+in1+` AND r.type IN (`+forward+`) AND d.status <> 'gone'
		UNION ALL SELECT r.id, r.type, r.from_id AS dependent, r.to_id AS supporter, r.redundancy, r.needed, FALSE AS lost
			FROM {relation} r JOIN {ci} d ON d.id = r.from_id WHERE `+in2+` AND r.type IN (`+backward+`) AND d.status <> 'gone'`, p1, p2)
	return out, err
}

func (g stored) groups(ctx context.Context, of []string) (out []need, err error) {
	in1, p1 := db.IDs(g.tx, "r.from_id", of)
	in2, p2 := db.IDs(g.tx, "r.to_id", of)
	// A member that is not resolved is known to AWS but not to us: it is taken to be well, under the name of its relation.
	err = g.tx.Select(ctx, &out, `SELECT r.id, r.type, r.from_id AS dependent, COALESCE(r.to_id, r.id) AS supporter, r.redundancy, r.needed,
			COALESCE(s.status = 'gone', FALSE) AS lost
			FROM {relation} r LEFT JOIN {ci} s ON s.id = r.to_id WHERE `+in1+` AND r.type IN (`+backward+`) AND r.redundancy <> ''
		UNION ALL SELECT r.id, r.type, r.to_id AS dependent, COALESCE(r.from_id, r.id) AS supporter, r.redundancy, r.needed,
			COALESCE(s.status = 'gone', FALSE) AS lost
			FROM {relation} r LEFT JOIN {ci} s ON s.id = r.from_id WHERE `+in2+` AND r.type IN (`+forward+`) AND r.redundancy <> ''`, p1, p2)
	return out, err
}

func (g stored) supporters(ctx context.Context, of []string) (out []need, err error) {
	in1, p1 := db.IDs(g.tx, "r.from_id", of)
	in2, p2 := db.IDs(g.tx, "r.to_id", of)
	err = g.tx.Select(ctx, &out, `SELECT r.id, r.type, r.from_id AS dependent, r.to_id AS supporter, r.redundancy, r.needed, s.status = 'gone' AS lost
			FROM {relation} r JOIN {ci} s ON s.id = r.to_id WHERE `+in1+` AND r.type IN (`+backward+`)
		UNION ALL SELECT r.id, r.type, r.to_id AS dependent, r.from_id AS supporter, r.redundancy, r.needed, s.status = 'gone' AS lost
			FROM {relation} r JOIN {ci} s ON s.id = r.from_id WHERE `+in2+` AND r.type IN (`+forward+`)`, p1, p2)
	return out, err
}

// node is what an answer says of a CI.
type node struct {
	ID          string  `db:"id"`
	Name        string  `db:"name"`
	Type        string  `db:"type"`
	Account     string  `db:"account"`
	Region      string  `db:"region"`
	Status      Status  `db:"status"`
	Environment string  `db:"environment"`
	Criticality string  `db:"criticality"`
	WorkloadID  db.Null `db:"workload_id"`
}

func loadNodes(ctx context.Context, tx *db.Tx, list []string) (map[string]node, error) {
	in, p := db.IDs(tx, "c.id", list)
	var rows []node
	if err := tx.Select(ctx, &rows, `SELECT `+db.Columns[node]("c.")+` FROM {ci} c WHERE `+in, p); err != nil {
		return nil, err
	}
	out := make(map[string]node, len(rows))
	for _, n := range rows {
		out[n.ID] = n
	}
	return out, nil
}
