package estimate

import (
	"context"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
)

// Compare explains what lies between two versions. with names another estimate of the same customer for the first of the two; it may be
// empty. 0 is the version before for the first, and the latest for the second. Faults: not_found, forbidden, invalid.
func (s *Service) Compare(ctx context.Context, a permission.Actor, ref, with string, from, to int64) (e Estimate, out Comparison, err error) {
	var before, after versionRow
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		l, err := find(ctx, tx, ref)
		if err != nil {
			return err
		}
		e = l.shown()
		first := l
		if with != "" && with != ref {
			if first, err = find(ctx, tx, with); err != nil {
				return err
			}
			if first.CustomerID != l.CustomerID {
				return fault.New(fault.NotFound, "fault.not_found")
			}
		}
		if to == 0 {
			to = l.Latest
		}
		if from == 0 {
			if from = first.Latest; first.ID == l.ID {
				from = max(1, to-1)
			}
		}
		if after, err = versionOf(ctx, tx, l.ID, to); err != nil {
			return err
		}
		before, err = versionOf(ctx, tx, first.ID, from)
		return err
	})
	if err == nil {
		err = a.Require(permission.EstimateRead)
	}
	if err != nil {
		return Estimate{}, out, err
	}
	b, c := before.shown(), after.shown()
	if b.Result.Currency != c.Result.Currency {
		return Estimate{}, out, fault.New(fault.Conflict, "estimates.currencies", "before", b.Result.Currency, "after", c.Result.Currency)
	}
	return e, Comparison{Before: b.compared(), After: c.compared(), Lines: Compare(b, c)}, nil
}

func (v Version) compared() Compared {
	return Compared{Estimate: v.Estimate, Number: v.Number, Setup: v.Result.Setup, Month: v.Result.Month}
}
