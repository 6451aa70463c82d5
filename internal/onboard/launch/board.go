package launch

import (
	"context"
	"time"

	"vigie/internal/customer"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

// mostOnBoard is how many customers the board has at most, those who have been longest in their phase first.
const mostOnBoard = 200

// Place is a customer on its way into service.
type Place struct {
	ID       string         `db:"id"`
	Slug     string         `db:"slug"`
	Name     string         `db:"name"`
	Phase    customer.Phase `db:"phase"`
	Since    db.Time        `db:"since"`
	LaunchID db.Null        `db:"launch_id"`
	State    db.Null        `db:"state"`
	TargetOn db.Null        `db:"target_on"`
	Missing  []Judged       `db:"-"`
	Passed   int            `db:"-"`
}

// Days is for how many days the customer has been in its phase.
func (p Place) Days(now time.Time) int { return int(now.Sub(p.Since.Time) / (24 * time.Hour)) }

// Board is every customer on its way, and how many have arrived or left.
type Board struct {
	Places      []Place
	Live, Ended int
	More        int // on their way and not shown
}

// Board looks at all customers of the actor's scope. Faults: forbidden.
func (s *Service) Board(ctx context.Context, a permission.Actor, slug string) (b Board, err error) {
	if err := a.Require(permission.LaunchRead); err != nil {
		return b, err
	}
	var counts []struct {
		Phase customer.Phase `db:"phase"`
		N     int            `db:"n"`
	}
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		if err := tx.Select(ctx, &counts, `SELECT phase, COUNT(*) AS n FROM {customer} WHERE slug = ? OR ? = '' GROUP BY phase`, slug, slug); err != nil {
			return err
		}
		return tx.Select(ctx, &b.Places, `SELECT k.id, k.slug, k.name, k.phase, COALESCE((SELECT MAX(h.since) FROM {customer_phase} h WHERE h.customer_id = k.id), k.created_at) AS since,
				l.id AS launch_id, l.state, l.target_on
			FROM {customer} k LEFT JOIN {launch} l ON l.customer_id = k.id AND l.state IN ('planned', 'ready', 'signing')
			WHERE k.phase NOT IN ('live', 'ended') AND (k.slug = ? OR ? = '') ORDER BY since, k.id LIMIT ?`, slug, slug, mostOnBoard)
	})
	if err != nil {
		return b, err
	}
	for _, c := range counts {
		switch c.Phase {
		case customer.Live:
			b.Live = c.N
		case customer.Ended:
			b.Ended = c.N
		default:
			b.More += c.N
		}
	}
	b.More -= len(b.Places)
	for i := range b.Places {
		if err := s.place(ctx, a, &b.Places[i]); err != nil {
			return b, err
		}
	}
	return b, nil
}

// place looks at the conditions of one customer, in its own scope.
func (s *Service) place(ctx context.Context, a permission.Actor, p *Place) error {
	scope, err := a.Scope().Narrow(p.ID)
	if err != nil {
		return err
	}
	return s.DB.View(ctx, scope, func(tx *db.Tx) error {
		all, err := s.judged(ctx, tx, p.ID)
		p.Missing = missing(all)
		p.Passed = len(all) - len(p.Missing)
		return err
	})
}
