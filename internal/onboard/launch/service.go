package launch

import (
	"context"
	"fmt"
	"time"

	"vigie/internal/customer"
	"vigie/internal/kit/i18n"
	"vigie/internal/kit/list"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/approval"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// The purposes of this room's approvals.
const (
	CustomerPurpose = "launch.customer"
	ProviderPurpose = "launch.provider"
	WaiverPurpose   = "launch.waiver"
)

// Parts are what the service stands on.
type Parts struct {
	DB        *db.DB
	Bundle    *i18n.Bundle
	Clock     clock.Clock
	Customers *customer.Service
	Approvals *approval.Service
	Rules     Rules
}

// Service holds the rules of launches.
type Service struct {
	Parts
	checks map[string]Check
}

// New makes the service.
func New(p Parts) *Service { return &Service{p, map[string]Check{}} }

// Hang gives a condition its check. Only while wiring; a key that no machine checks, or that has one, is a fault of the program.
func (s *Service) Hang(key string, c Check) {
	if known, ok := s.Rules.condition(key); !ok || !known.Machine || s.checks[key] != nil {
		panic("launch: no check can be hung on " + key)
	}
	s.checks[key] = c
}

// Parameter is a number that the data give to the check of a condition.
func (s *Service) Parameter(key, name string) float64 {
	c, _ := s.Rules.condition(key)
	return c.Parameters[name]
}

func (s *Service) printer(language, zone string) *i18n.Printer {
	at, err := time.LoadLocation(zone)
	if err != nil {
		at = s.Clock.Now().UTC().Location()
	}
	return s.Bundle.Printer(language, at, s.Clock.Now())
}

// Tick is what somebody has found of a condition that no machine checks.
type Tick struct {
	CustomerID string  `db:"customer_id"`
	ID         string  `db:"id"`
	Key        string  `db:"condition_key"`
	Note       string  `db:"note"`
	By         string  `db:"by_name"`
	At         db.Time `db:"at"`
}

// judged looks at every condition of one customer, in a transaction of its scope.
func (s *Service) judged(ctx context.Context, tx *db.Tx, customer string) (out []Judged, err error) {
	var ticks []Tick
	if err := tx.Select(ctx, &ticks, `SELECT `+db.Columns[Tick]("")+` FROM {launch_tick} WHERE customer_id = ?`, customer); err != nil {
		return nil, fmt.Errorf("conditions: %w", err)
	}
	var waivers []Waiver
	if err := tx.Select(ctx, &waivers, `SELECT `+WaiverSpec.Columns+` FROM `+WaiverSpec.From+` WHERE w.customer_id = ? AND w.revoked_at IS NULL AND w.expires_at > ? ORDER BY w.id`, customer, tx.Now()); err != nil {
		return nil, fmt.Errorf("conditions: %w", err)
	}
	for _, c := range s.Rules.Conditions {
		var found *Finding
		if check := s.checks[c.Key]; check != nil {
			f, err := check(ctx, tx, customer)
			if err != nil {
				return nil, fmt.Errorf("condition %s: %w", c.Key, err)
			}
			found = &f
		}
		out = append(out, judge(c, found, ticks, waivers, tx.Now()))
	}
	return out, nil
}

// Conditions tells how every condition of a customer stands. Faults: not_found, forbidden.
func (s *Service) Conditions(ctx context.Context, a permission.Actor, customerID string) (out []Judged, err error) {
	scope, err := a.For(permission.LaunchRead, customerID)
	if err != nil {
		return nil, err
	}
	err = s.DB.View(ctx, scope, func(tx *db.Tx) error {
		if _, err := customer.One(ctx, tx, customerID); err != nil {
			return err
		}
		out, err = s.judged(ctx, tx, customerID)
		return err
	})
	return out, err
}

func get(ctx context.Context, tx *db.Tx, ref string) (l Launch, err error) {
	if !id.Valid(ref) {
		return l, fault.New(fault.NotFound, "fault.not_found")
	}
	err = tx.Get(ctx, &l, `SELECT `+Spec.Columns+` FROM `+Spec.From+` WHERE l.id = ?`, ref)
	return l, err
}

// Launches gives a page of the list. Faults: forbidden.
func (s *Service) Launches(ctx context.Context, a permission.Actor, q list.Query) (list.Page[Launch], error) {
	return permission.Page[Launch](ctx, s.DB, a, permission.LaunchRead, Spec, q)
}

// Whole is a launch with all that decides about it now.
type Whole struct {
	Launch
	Conditions             []Judged
	Now                    string // the evidence as it would be signed now
	Sum                    string // its hash
	ByCustomer, ByProvider bool   // signed exactly this
}

// Missing are the conditions that do not pass.
func (w Whole) Missing() []Judged { return missing(w.Conditions) }

// Changed tells that something else is being signed, or was, than what holds now.
func (w Whole) Changed() bool { return w.State == Signing && w.SHA256 != w.Sum }

// Get reads a launch as it stands. Faults: not_found, forbidden.
func (s *Service) Get(ctx context.Context, a permission.Actor, ref string) (w Whole, err error) {
	var l Launch
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		l, err = get(ctx, tx, ref)
		return err
	})
	if err != nil {
		return w, err
	}
	scope, err := a.For(permission.LaunchRead, l.CustomerID)
	if err != nil {
		return w, err
	}
	err = s.DB.View(ctx, scope, func(tx *db.Tx) error {
		w, err = s.whole(ctx, tx, ref)
		return err
	})
	return w, err
}

func (s *Service) whole(ctx context.Context, tx *db.Tx, ref string) (w Whole, err error) {
	if w.Launch, err = get(ctx, tx, ref); err != nil {
		return w, err
	}
	if w.State == Launched {
		w.Now, w.Sum = w.Evidence, w.SHA256
		w.ByCustomer, w.ByProvider = w.signed(w.Sum)
		return w, nil
	}
	if w.Conditions, err = s.judged(ctx, tx, w.CustomerID); err != nil {
		return w, err
	}
	of, err := customer.One(ctx, tx, w.CustomerID)
	if err != nil {
		return w, err
	}
	if w.Now, err = evidenceOf(s.printer(of.Language, "UTC"), of, w.Launch, w.Conditions); err != nil {
		return w, err
	}
	if w.State == Signing && sameDecision(w.Now, w.Evidence) { // what was put before both sides still says what holds
		w.Now = w.Evidence
	}
	w.Sum = approval.Sum([]byte(w.Now))
	w.ByCustomer, w.ByProvider = w.signed(w.Sum)
	return w, nil
}

// Plan sets a day for the launch of a customer. Faults: forbidden, invalid, conflict (one is planned, or the customer is live).
func (s *Service) Plan(ctx context.Context, a permission.Actor, in NewLaunch) (l Launch, err error) {
	if err := a.Require(permission.LaunchWrite); err != nil {
		return l, err
	}
	of, err := s.Customers.Named(ctx, a, in.Customer)
	if err != nil {
		return l, err
	}
	var bad fault.Fields
	in.Note = trimmed(in.Note)
	checkDay(&bad, "target_on", in.TargetOn)
	checkText(&bad, "note", in.Note, 0, maxLong)
	if err := bad.Err(); err != nil {
		return l, err
	}
	scope, err := a.For(permission.LaunchWrite, of.ID)
	if err != nil {
		return l, err
	}
	err = s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		now, err := customer.One(ctx, tx, of.ID)
		if err != nil {
			return err
		}
		if now.Phase == customer.Live {
			return fault.New(fault.Conflict, "customer.is_live", "name", now.Name)
		}
		row := launchRow{ID: id.New(), Title: now.Name, TargetOn: in.TargetOn, Note: in.Note, State: Planned, CreatedBy: a.Name, Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
		if _, err := tx.Insert(ctx, "launch", row, ""); err != nil {
			if fault.Is(err, fault.Conflict) {
				return fault.New(fault.Conflict, "launch.is_planned", "name", now.Name).Because(err)
			}
			return fmt.Errorf("plan launch: %w", err)
		}
		if l, err = get(ctx, tx, row.ID); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "create", l.record(), nil, l.summary())
	})
	return l, err
}

// open begins a write of a launch that is open, holding its row.
func (s *Service) open(ctx context.Context, a permission.Actor, ref string, expected int64, act func(tx *db.Tx, l Launch) error) error {
	before, err := s.Get(ctx, a, ref)
	if err != nil {
		return err
	}
	scope, err := a.For(permission.LaunchWrite, before.CustomerID)
	if err != nil {
		return err
	}
	return s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE {launch} SET version = version WHERE id = ?`, before.ID); err != nil {
			return err
		}
		l, err := get(ctx, tx, before.ID)
		if err != nil {
			return err
		}
		if expected != 0 && expected != l.Version {
			return fault.New(fault.Stale, "fault.stale")
		}
		if !l.State.Open() {
			closed := "launch.closed_" + string(l.State) // i18n: launch.closed_*
			return fault.New(fault.Conflict, closed)
		}
		return act(tx, l)
	})
}

// write stores what has changed of a launch, with the trail of it.
func (s *Service) write(ctx context.Context, tx *db.Tx, a permission.Actor, action string, before, after Launch, more map[string]any) (Launch, error) {
	_, err := tx.Exec(ctx, `UPDATE {launch} SET target_on = ?, note = ?, state = ?, evidence = ?, sha256 = ?, customer_approval = ?, provider_approval = ?, launched_at = ?, reason = ?,
		version = version + 1, updated_at = ? WHERE id = ?`, after.TargetOn, after.Note, string(after.State), after.Evidence, after.SHA256, after.CustomerApproval, after.ProviderApproval,
		after.LaunchedAt, after.Reason, tx.Now(), after.ID)
	if err != nil {
		return after, fmt.Errorf("%s launch: %w", action, err)
	}
	if after, err = get(ctx, tx, after.ID); err != nil {
		return after, err
	}
	now := after.summary()
	for k, v := range more {
		now[k] = v
	}
	return after, audit.Write(ctx, tx, a, action, after.record(), before.summary(), now)
}

// Change sets another day or note. Faults: not_found, forbidden, invalid, conflict, stale.
func (s *Service) Change(ctx context.Context, a permission.Actor, ref string, expected int64, in ChangeLaunch) (out Launch, err error) {
	err = s.open(ctx, a, ref, expected, func(tx *db.Tx, l Launch) error {
		after := l
		if in.TargetOn != nil {
			after.TargetOn = *in.TargetOn
		}
		if in.Note != nil {
			after.Note = trimmed(*in.Note)
		}
		var bad fault.Fields
		checkDay(&bad, "target_on", after.TargetOn)
		checkText(&bad, "note", after.Note, 0, maxLong)
		if err := bad.Err(); err != nil {
			return err
		}
		if after == l {
			out = l
			return nil
		}
		out, err = s.write(ctx, tx, a, "update", l, after, nil)
		return err
	})
	return out, err
}

// Cancel ends a launch that does not come about. Requests that are open are withdrawn. Faults: not_found, forbidden, invalid, conflict, stale.
func (s *Service) Cancel(ctx context.Context, a permission.Actor, ref string, expected int64, reason string) (out Launch, err error) {
	reason = trimmed(reason)
	err = s.open(ctx, a, ref, expected, func(tx *db.Tx, l Launch) error {
		var bad fault.Fields
		if checkText(&bad, "reason", reason, 1, maxLong); bad != nil {
			return bad.Err()
		}
		after := l
		after.State, after.Reason = Cancelled, reason
		out, err = s.write(ctx, tx, a, "cancel", l, after, map[string]any{"reason": reason})
		return err
	})
	if err != nil {
		return out, err
	}
	return out, s.withdrawBoth(ctx, a, out, reason)
}

// withdrawBoth takes back the requests of a launch that are still open.
func (s *Service) withdrawBoth(ctx context.Context, a permission.Actor, l Launch, reason string) error {
	if l.CustomerState == approval.Requested {
		if err := s.withdraw(ctx, a, l.CustomerApproval, reason); err != nil {
			return err
		}
	}
	if l.ProviderState == approval.Requested {
		return s.withdraw(ctx, a, l.ProviderApproval, reason)
	}
	return nil
}

func (s *Service) withdraw(ctx context.Context, a permission.Actor, ref db.Null, reason string) error {
	_, err := s.Approvals.Withdraw(ctx, a, string(ref), reason)
	if fault.Is(err, fault.Conflict) { // answered meanwhile
		return nil
	}
	return err
}

// SetTick notes that a condition that no machine checks holds, or that it does not any more. Faults: not_found, forbidden, invalid, conflict, stale.
func (s *Service) SetTick(ctx context.Context, a permission.Actor, ref, key string, done bool, note string) (out Launch, err error) {
	err = s.open(ctx, a, ref, 0, func(tx *db.Tx, l Launch) error {
		note = trimmed(note)
		var bad fault.Fields
		c, known := s.Rules.condition(key)
		switch {
		case !known:
			bad.Add("condition", "launch.bad.condition")
		case c.Machine:
			bad.Add("condition", "launch.bad.machine", "condition", c.Text.In(a.Language))
		}
		if checkText(&bad, "note", note, 0, maxText); bad != nil {
			return bad.Err()
		}
		if _, err := tx.Exec(ctx, `DELETE FROM {launch_tick} WHERE condition_key = ?`, key); err != nil {
			return fmt.Errorf("tick: %w", err)
		}
		action := "untick"
		if done {
			action = "tick"
			if _, err := tx.Insert(ctx, "launch_tick", Tick{ID: id.New(), Key: key, Note: note, By: a.Name, At: tx.Now()}, ""); err != nil {
				return fmt.Errorf("tick: %w", err)
			}
		}
		out, err = s.write(ctx, tx, a, action, l, l, map[string]any{"condition": key, "remark": note})
		return err
	})
	return out, err
}
