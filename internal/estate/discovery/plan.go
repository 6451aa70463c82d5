package discovery

import (
	"context"
	"time"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// The bounds of a schedule: more often than a quarter of an hour would only load the customer's API quotas.
const (
	everyLeast = 15
	everyMost  = 7 * 24 * 60
)

// SetPlan changes the customer's schedule; the next run comes one period from now. Codes: invalid, not_found, forbidden.
func (s *Service) SetPlan(ctx context.Context, a permission.Actor, customer string, enabled bool, everyMinutes int64) (Schedule, error) {
	scope, err := a.For(permission.AccountWrite, customer)
	if err != nil {
		return Schedule{}, err
	}
	if everyMinutes < everyLeast || everyMinutes > everyMost {
		var f fault.Fields
		f.Add("every_minutes", "fault.out_of_range", "min", everyLeast, "max", everyMost)
		return Schedule{}, f.Err()
	}
	before, err := s.Plan(ctx, a, customer)
	if err != nil {
		return Schedule{}, err
	}
	var plan Schedule
	err = s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		plan = Schedule{CustomerID: customer, Enabled: enabled, EveryMinutes: everyMinutes, NextAt: db.At(tx.Now().Add(time.Duration(everyMinutes) * time.Minute))}
		if _, err := tx.Insert(ctx, "discovery_schedule", plan, `(customer_id) DO UPDATE SET enabled = excluded.enabled, every_minutes = excluded.every_minutes, next_at = excluded.next_at`); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "discovery_schedule.update", audit.Record{Type: "discovery_schedule", ID: customer},
			map[string]any{"enabled": before.Enabled, "every_minutes": before.EveryMinutes}, map[string]any{"enabled": enabled, "every_minutes": everyMinutes})
	})
	return plan, err
}
