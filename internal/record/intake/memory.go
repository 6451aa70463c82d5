package intake

import (
	"context"
	"fmt"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/permission"
)

// memory is how a person laid the columns of their files on the fields of a list. Headings that guess themselves are not in it.
type memory struct {
	UserID    string                     `db:"user_id"`
	List      string                     `db:"list"`
	Columns   db.JSON[map[string]string] `db:"columns"`
	UpdatedAt db.Time                    `db:"updated_at"`
}

// most bounds what is remembered for one list.
const most = 200

func (s *Service) remembered(ctx context.Context, a permission.Actor, list string) (map[string]string, error) {
	if !id.Valid(a.ID) { // the operator's commands
		return nil, nil
	}
	var m memory
	err := s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		return tx.Get(ctx, &m, `SELECT `+db.Columns[memory]("m.")+` FROM {intake_memory} m WHERE m.user_id = ? AND m.list = ?`, a.ID, list)
	})
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	return m.Columns.V, err
}

func (s *Service) remember(ctx context.Context, a permission.Actor, list string, columns []Column) error {
	if !id.Valid(a.ID) {
		return nil
	}
	known, err := s.remembered(ctx, a, list)
	if err != nil {
		return err
	}
	m := memory{UserID: a.ID, List: list}
	m.Columns.V = map[string]string{}
	for _, c := range columns {
		if c.Heading != c.Field && len(m.Columns.V) < most {
			m.Columns.V[c.Heading] = c.Field
		}
	}
	for heading, field := range known {
		if _, now := m.Columns.V[heading]; !now && len(m.Columns.V) < most {
			m.Columns.V[heading] = field
		}
	}
	if len(m.Columns.V) == 0 {
		return nil
	}
	err = s.db.InScope(ctx, a.Scope(), func(tx *db.Tx) error {
		m.UpdatedAt = tx.Now()
		_, err := tx.Insert(ctx, "intake_memory", m, "(user_id, list) DO UPDATE SET columns = excluded.columns, updated_at = excluded.updated_at")
		return err
	})
	if err != nil {
		return fmt.Errorf("remember columns: %w", err)
	}
	return nil
}
