package cmdb

import (
	"context"
	"fmt"

	"vigie/internal/platform/db"
)

// Resolve gives the relations that wait their other end, where a CI now answers to it, and tells how many it resolved. In this
// order: an ARN or DNS name by the CI's keys (of several, one of the type asked for, then of the owner's account and region);
// type, id, account and region; type and id in the account; type and id anywhere. The last two only if there is exactly one, since
// names such as those of roles are not unique beyond an account. CIs that are gone do not answer.
func (Intake) Resolve(ctx context.Context, tx *db.Tx) (int, error) {
	total := 0
	for _, match := range matches {
		n, err := tx.Exec(ctx, `UPDATE {relation} AS r SET
				from_id = CASE WHEN r.inbound THEN m.ci_id ELSE r.from_id END,
				to_id = CASE WHEN r.inbound THEN r.to_id ELSE m.ci_id END,
				resolved = TRUE, version = r.version + 1
			FROM (`+match+`) m WHERE r.id = m.relation_id AND NOT r.resolved`)
		if err != nil {
			return total, fmt.Errorf("resolve relations: %w", err)
		}
		total += int(n)
	}
	return total, nil
}

// matches finds (relation_id, ci_id) for relations that wait, surest first.
var matches = []string{
	// The term is made first: behind row-level security PostgreSQL takes a bare equality into the index, but no expression, and
	// before it has statistics it would compare each relation that waits with each term.
	`SELECT relation_id, ci_id FROM (
		WITH waiting AS MATERIALIZED (SELECT r.id, r.owner_id, r.other_type, 'k:' || r.other_key AS term FROM {relation} r
			WHERE NOT r.resolved AND (r.other_key LIKE 'arn:%' OR r.other_key LIKE 'dns:%'))
		SELECT w.id AS relation_id, c.id AS ci_id, ROW_NUMBER() OVER (PARTITION BY w.id ORDER BY
			CASE WHEN c.type = w.other_type THEN 0 ELSE 1 END, CASE WHEN c.account = o.account THEN 0 ELSE 1 END,
			CASE WHEN c.region = o.region THEN 0 ELSE 1 END, c.first_seen, c.id) AS place
		FROM waiting w JOIN {ci} o ON o.id = w.owner_id JOIN {ci_term} t ON t.term = w.term JOIN {ci} c ON c.id = t.ci_id
		WHERE c.status <> 'gone') x
	WHERE x.place = 1`,

	`SELECT w.id AS relation_id, c.id AS ci_id FROM {relation} w
		JOIN {ci} c ON c.type = w.other_type AND c.external_id = w.other_key AND c.account = w.other_account AND c.region = w.other_region
	WHERE NOT w.resolved AND c.status <> 'gone'`,

	`SELECT relation_id, ci_id FROM (
		SELECT w.id AS relation_id, c.id AS ci_id, COUNT(*) OVER (PARTITION BY w.id) AS candidates FROM {relation} w
			JOIN {ci} c ON c.type = w.other_type AND c.external_id = w.other_key AND c.account = w.other_account
		WHERE NOT w.resolved AND c.status <> 'gone') x
	WHERE x.candidates = 1`,

	`SELECT relation_id, ci_id FROM (
		SELECT w.id AS relation_id, c.id AS ci_id, COUNT(*) OVER (PARTITION BY w.id) AS candidates FROM {relation} w
			JOIN {ci} c ON c.type = w.other_type AND c.external_id = w.other_key
		WHERE NOT w.resolved AND c.status <> 'gone') x
	WHERE x.candidates = 1`,
}
