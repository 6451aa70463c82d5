package finding

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"vigie/internal/estate/collect"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/platform/jobs"
	"vigie/internal/platform/live"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// PullTopic is the task that asks Security Hub; its key is the import's id.
const PullTopic = "finding.pull"

// tasks is the outbox, as far as pulls need it.
type tasks interface {
	Put(ctx context.Context, tx *db.Tx, unique string, t jobs.Task) error
}

// Door is an account with the way into it, and where its hubs are.
type Door struct {
	Number, Role, ExternalID string
	AcceptOpenRole           bool
	Regions                  []string
}

// Hub asks Security Hub in the accounts of customers.
type Hub interface {
	// Ask enters the account once, and hands over what each region has, a page at a time as ASFF. ended is told of each region how it went; an
	// account that cannot be entered is the error.
	Ask(ctx context.Context, d Door, each func(region string, page []json.RawMessage) error, ended func(region string, err error) error) error
}

// Pull asks for the findings that Security Hub has of the customer's accounts: a queued import, or the one that is open already. Faults: forbidden, invalid
// (no such customer in sight).
func (s *Service) Pull(ctx context.Context, a permission.Actor, customer string) (imp Import, err error) {
	ref, err := s.named(ctx, a, customer)
	if err != nil {
		return imp, err
	}
	scope, err := a.For(permission.FindingImport, ref)
	if err != nil {
		return imp, err
	}
	err = s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		var fresh bool
		if imp, fresh, err = s.ask(ctx, tx, a.Name); err != nil || !fresh {
			return err
		}
		return audit.Write(ctx, tx, a, "start", audit.Record{Type: importKind, ID: imp.ID, Name: "Security Hub"}, nil, map[string]any{"source": SecurityHub})
	})
	return imp, err
}

// PullAfter asks, in the transaction that ends a discovery, if that has seen a hub in an account that can be entered.
func (s *Service) PullAfter(ctx context.Context, tx *db.Tx) error {
	doors, err := doorsOf(ctx, tx)
	if err != nil || len(doors) == 0 {
		return err
	}
	_, _, err = s.ask(ctx, tx, "Vigie")
	return err
}

func (s *Service) ask(ctx context.Context, tx *db.Tx, by string) (imp Import, fresh bool, err error) {
	customer, err := tx.Customer()
	if err != nil {
		return imp, false, fmt.Errorf("ask Security Hub: %w", err)
	}
	var open []Import
	if err := tx.Select(ctx, &open, `SELECT `+db.Columns[Import]("")+` FROM {finding_import} WHERE finished_at IS NULL ORDER BY id LIMIT 1`); err != nil || len(open) > 0 {
		if len(open) > 0 { // it may have lost its task: once more does no harm
			imp = open[0]
			err = s.Outbox.Put(ctx, tx, imp.ID, jobs.Task{Topic: PullTopic, Customer: customer, Key: imp.ID})
		}
		return imp, false, err
	}
	imp = Import{CustomerID: customer, ID: id.New(), Source: SecurityHub, Product: "Security Hub", Complete: true, State: Queued, RequestedBy: by, CreatedAt: tx.Now(), Version: 1}
	imp.Outcomes.V = []Outcome{}
	if _, err := tx.Insert(ctx, "finding_import", imp, ""); err != nil {
		return imp, false, err
	}
	live.Changed(tx, importKind, imp.ID)
	return imp, true, s.Outbox.Put(ctx, tx, imp.ID, jobs.Task{Topic: PullTopic, Customer: customer, Key: imp.ID})
}

// doorsOf gives the accounts in which discovery has seen a hub, with its regions. Accounts that are only known from a recording are not entered.
func doorsOf(ctx context.Context, tx *db.Tx) (out []Door, err error) {
	var rows []struct {
		Number   string `db:"account_id"`
		Role     string `db:"role_arn"`
		External string `db:"external_id"`
		Accept   bool   `db:"accept_open_role"`
		Region   string `db:"region"`
	}
	if err := tx.Select(ctx, &rows, `SELECT DISTINCT a.account_id, a.role_arn, a.external_id, a.accept_open_role, c.region FROM {ci} c JOIN {account} a ON a.customer_id = c.customer_id AND a.account_id = c.account
		WHERE c.type = 'AWS::SecurityHub::Hub' AND c.status <> 'gone' AND a.status <> 'recorded' ORDER BY a.account_id, c.region`); err != nil {
		return nil, err
	}
	for _, r := range rows {
		if n := len(out); n == 0 || out[n-1].Number != r.Number {
			out = append(out, Door{Number: r.Number, Role: r.Role, ExternalID: r.External, AcceptOpenRole: r.Accept})
		}
		last := &out[len(out)-1]
		last.Regions = append(last.Regions, r.Region)
	}
	return out, nil
}

// errEnough ends a region that has more than is kept.
var errEnough = errors.New("more findings than are kept")

// puller carries one import out.
type puller struct {
	s     *Service
	actor permission.Actor
	imp   Import
	door  Door
	items []item // of the region that is being read
	lost  error  // what could not be stored
}

// Execute asks Security Hub for an import. What another process has ended is left alone. It may be called more than once: findings are known by their ids.
func (s *Service) Execute(ctx context.Context, customer, importID string) error {
	p := &puller{s: s, actor: s.System(customer)}
	var doors []Door
	err := s.DB.InScope(ctx, p.actor.Scope(), func(tx *db.Tx) (err error) {
		if err := tx.Get(ctx, &p.imp, `SELECT `+db.Columns[Import]("")+` FROM {finding_import} WHERE id = ?`, importID); err != nil || !p.imp.FinishedAt.IsZero() {
			return err
		}
		p.imp.State, p.imp.StartedAt = Running, tx.Now()
		p.imp.Counts.V, p.imp.Outcomes.V = Counts{}, []Outcome{}
		if doors, err = doorsOf(ctx, tx); err != nil {
			return err
		}
		return p.note(ctx, tx)
	})
	if fault.Is(err, fault.NotFound) || err == nil && !p.imp.FinishedAt.IsZero() {
		return nil
	}
	if err != nil {
		return fmt.Errorf("begin to ask Security Hub: %w", err)
	}
	for _, p.door = range doors {
		p.items = nil
		err := s.Hub.Ask(ctx, p.door, p.page, func(region string, err error) error { return p.ended(ctx, region, err) })
		if p.lost != nil || err != nil && ctx.Err() != nil {
			return cmp.Or(p.lost, err) // the task comes back
		}
		if err != nil {
			for _, region := range p.door.Regions {
				p.outcome(ctx, region, 0, err)
			}
		}
	}
	return s.DB.InScope(ctx, p.actor.Scope(), func(tx *db.Tx) error {
		p.imp.State, p.imp.FinishedAt = Done, tx.Now()
		good := 0
		for _, o := range p.imp.Outcomes.V {
			if o.Outcome == string(collect.Complete) {
				good++
			}
		}
		if len(doors) == 0 {
			p.imp.Message = "no_hub"
		} else if good == 0 {
			p.imp.State, p.imp.Message = Failed, "nothing"
		}
		return p.note(ctx, tx)
	})
}

func (p *puller) note(ctx context.Context, tx *db.Tx) error {
	p.imp.Version++
	live.Changed(tx, importKind, p.imp.ID)
	_, err := tx.Exec(ctx, `UPDATE {finding_import} SET state = ?, counts = ?, outcomes = ?, message = ?, started_at = ?, finished_at = ?, version = ? WHERE id = ?`,
		string(p.imp.State), p.imp.Counts, p.imp.Outcomes, p.imp.Message, p.imp.StartedAt, p.imp.FinishedAt, p.imp.Version, p.imp.ID)
	return err
}

// page keeps a page of a region until the region has ended.
func (p *puller) page(_ string, page []json.RawMessage) error {
	for _, one := range page {
		if len(p.items) >= maxFindings {
			return errEnough
		}
		p.items = append(p.items, item{one, "[" + strconv.Itoa(len(p.items)) + "]", 0})
	}
	return nil
}

// ended stores what a region had. Only a region that was read to its end says what is no longer there.
func (p *puller) ended(ctx context.Context, region string, cause error) error {
	f := &faults{}
	var found []Read
	for _, it := range p.items {
		found = append(found, f.asff(it)...)
	}
	p.items = nil
	in := batch{found: distinct(found)}
	if cause == nil && len(f.fields) == 0 {
		in.whole = []place{{Source: SecurityHub, Account: p.door.Number, Region: region}}
	}
	if cause == nil && len(f.fields) > 0 {
		cause = fmt.Errorf("%d findings could not be read, the first: %s", len(f.fields)+f.more, f.fields[0].Path)
	}
	if err := p.s.DB.InScope(ctx, p.actor.Scope(), func(tx *db.Tx) error {
		n, err := p.s.store(ctx, tx, p.actor, p.imp.ID, in)
		if err != nil {
			return err
		}
		c := &p.imp.Counts.V
		c.Read, c.Added, c.Changed, c.Unchanged = c.Read+n.Read, c.Added+n.Added, c.Changed+n.Changed, c.Unchanged+n.Unchanged
		c.Resolved, c.Passing, c.Silent, c.Unmatched = c.Resolved+n.Resolved, c.Passing+n.Passing, c.Silent+n.Silent, n.Unmatched
		p.outcome(ctx, region, n.Read, cause)
		return p.note(ctx, tx)
	}); err != nil {
		p.lost = fmt.Errorf("store findings of %s: %w", region, err)
		return p.lost
	}
	return nil
}

// outcome keeps how a region ended, in the words of discovery.
func (p *puller) outcome(ctx context.Context, region string, n int, cause error) {
	o := Outcome{Account: p.door.Number, Region: region, Outcome: string(collect.Complete), Read: n}
	if cause != nil {
		r := collect.Classify(cause)
		o.Outcome, o.Message = string(r.Outcome), clip(strings.TrimSpace(r.Action+" "+r.Message), maxShort)
		p.s.Log.WarnContext(ctx, "Security Hub did not answer whole", "account", o.Account, "region", region, "outcome", o.Outcome, "error", cause)
	}
	p.imp.Outcomes.V = append(p.imp.Outcomes.V, o)
}
