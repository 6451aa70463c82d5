package discovery

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"vigie/internal/estate/collect"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// ReplayRun reads a recording into the customer's CMDB by the same collectors, adding the accounts that it holds. It returns
// when the run has ended. Codes: invalid when the file is not a recording, not_found, forbidden, conflict.
func (s *Service) ReplayRun(ctx context.Context, a permission.Actor, customer string, file io.Reader, account string, watch Progress) (Run, error) {
	if _, err := a.For(permission.DiscoveryRun, customer); err != nil {
		return Run{}, err
	}
	rec, err := collect.OpenReplay(file)
	if err != nil {
		var f fault.Fields
		f.Add("replay", "discovery.recording_unreadable", "reason", err.Error())
		return Run{}, f.Err()
	}
	defer rec.Close()
	if err := s.addRecorded(ctx, a, customer, rec.Accounts()); err != nil {
		return Run{}, err
	}
	r, err := s.newRun(ctx, a, customer, account, Replayed, rec.MadeAt(), false)
	if err != nil {
		return r, err
	}
	return s.execute(ctx, customer, r.ID, recordedCloud{rec}, rec, watch)
}

func (s *Service) addRecorded(ctx context.Context, a permission.Actor, customer string, recorded []collect.RecordedAccount) error {
	scope, err := a.For(permission.DiscoveryRun, customer)
	if err != nil {
		return err
	}
	return s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		known, err := listAccounts(ctx, tx)
		if err != nil {
			return err
		}
		for _, rec := range recorded {
			if slices.ContainsFunc(known, func(k Account) bool { return k.AccountID == rec.ID }) {
				continue
			}
			acc := newMember(tx, Account{CustomerID: customer, ExternalID: newExternalID()}, Member{rec.ID, rec.Name}, rec.Partition)
			acc.RoleARN, acc.Status, acc.Regions.V = "", Recorded, []string{}
			if _, err := tx.Insert(ctx, "account", acc, "(customer_id, account_id) DO NOTHING"); err != nil {
				return err
			}
			if err := audit.Write(ctx, tx, a, "account.create", record(acc), nil, facts(acc)); err != nil {
				return err
			}
		}
		return nil
	})
}

// recordedCloud enters the accounts of a recording.
type recordedCloud struct{ rec *collect.Replay }

// Open implements Cloud; an account that was not recorded is skipped.
func (c recordedCloud) Open(_ context.Context, l Login) (collect.Account, error) {
	for _, a := range c.rec.Accounts() {
		if a.ID == l.AccountID {
			return collect.Account{ID: a.ID, Partition: a.Partition, Manages: a.Manages, Regions: a.Regions, Off: a.Off}, nil
		}
	}
	return collect.Account{}, fmt.Errorf("%w: account %s is not in the recording", collect.ErrSkip, l.AccountID)
}

// Members implements Cloud; all accounts of a recording are added before the run.
func (c recordedCloud) Members(context.Context, collect.Account) ([]Member, error) { return nil, nil }

// RecordPlan says what Record reads.
type RecordPlan struct {
	Cloud      Cloud
	Collectors []collect.Collector
	Login      Login
	Version    string
	Now        time.Time
	Log        *slog.Logger
	// Watch is told of each scope that ended.
	Watch func(collect.Place, collect.Result)
}

// Record reads an account, and the members of its organisation if the login says so, and writes a recording. It needs no
// database: a customer may run it alone.
func Record(ctx context.Context, w io.Writer, p RecordPlan, organization bool) error {
	rec, err := collect.NewRecorder(w, collect.Live{}, p.Now.UTC().Format(time.RFC3339), "vigie "+p.Version)
	if err != nil {
		return err
	}
	runner := &collect.Runner{Collectors: p.Collectors, Source: rec, Limits: collect.NewLimits(), Sink: watched{p.Watch}, Log: p.Log}
	todo := []Login{p.Login}
	seen, names := map[string]bool{}, map[string]string{}
	for i := 0; i < len(todo); i++ {
		acc, err := p.Cloud.Open(ctx, todo[i])
		if err != nil {
			if i == 0 {
				return fmt.Errorf("record: %w", err)
			}
			p.Log.WarnContext(ctx, "account left out", "account", todo[i].AccountID, "error", err)
			continue
		}
		if seen[acc.ID] {
			continue
		}
		seen[acc.ID] = true
		if i == 0 && organization && acc.Manages {
			members, err := p.Cloud.Members(ctx, acc)
			if err != nil {
				return fmt.Errorf("record: members of the organisation: %w", err)
			}
			for _, m := range members {
				names[m.AccountID] = m.Name
				l := p.Login
				l.AccountID, l.RoleARN = m.AccountID, memberRole(p.Login.RoleARN, acc.Partition, m.AccountID)
				todo = append(todo, l)
			}
		}
		if err := rec.Begin(collect.RecordedAccount{ID: acc.ID, Name: names[acc.ID], Partition: acc.Partition, Manages: acc.Manages, Regions: acc.Regions, Off: acc.Off}); err != nil {
			return err
		}
		if err := runner.Account(ctx, acc); err != nil {
			return err
		}
	}
	return rec.Close()
}

// watched is a sink that keeps nothing.
type watched struct {
	watch func(collect.Place, collect.Result)
}

func (watched) Items(context.Context, collect.Place, []collect.Item) error { return nil }

func (w watched) Done(_ context.Context, p collect.Place, r collect.Result) error {
	w.watch(p, r)
	return nil
}
