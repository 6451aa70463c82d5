package cmdb

import (
	"context"
	"fmt"
	"slices"

	"vigie/internal/platform/db"
)

// reindexed is how many CIs one transaction of Reindex takes.
const reindexed = 2_000

// Reindex makes the terms of the CIs that have none yet, those of before a migration or a restored backup. It runs before the server
// serves, by as many servers at once as want to, and costs nothing where there is nothing to do.
func (s *Service) Reindex(ctx context.Context) error {
	for {
		n := 0
		err := s.db.Across(ctx, "terms of CIs from before they were kept so", func(tx *db.Tx) error {
			var rows []record
			err := tx.Select(ctx, &rows, `SELECT `+db.Columns[record]("c.")+` FROM {ci} c WHERE c.words = '' ORDER BY c.customer_id, c.id LIMIT ?`, reindexed)
			if err != nil {
				return err
			}
			if n = len(rows); n == 0 {
				return nil
			}
			var terms []termRow
			for i := range rows {
				list := rows[i].index()
				for k := range list {
					list[k].CustomerID = rows[i].CustomerID
				}
				terms = append(terms, list...)
			}
			slices.SortFunc(terms, termRow.compare)
			if _, err := tx.Insert(ctx, "ci_term", terms, "DO NOTHING"); err != nil {
				return err
			}
			_, err = tx.Insert(ctx, "ci", rows, `(customer_id, id) DO UPDATE SET words = excluded.words`)
			return err
		})
		if err != nil {
			return fmt.Errorf("reindex CIs: %w", err)
		}
		if n < reindexed {
			return nil
		}
	}
}
