package app

import (
	"context"

	"vigie/internal/estate/discovery"
	"vigie/internal/onboard/launch"
	"vigie/internal/platform/db"
	"vigie/internal/platform/jobs"
)

// wireLaunches makes the room of launches and hangs a check on each condition whose room is there. The others are unknown, until theirs is.
func (a *App) wireLaunches() error {
	rules, err := launch.LoadRules(a.data)
	if err != nil {
		return err
	}
	a.Launches = launch.New(launch.Parts{DB: a.db, Bundle: a.bundle, Clock: a.opts.Clock, Customers: a.Customers, Approvals: a.Approvals, Rules: rules})
	a.Launches.Hang("deliverables_approved", launch.DeliverablesApproved(a.Deliverables))
	a.Launches.Hang("access_proved", a.accessProved)
	a.Launches.Hang("discovery_complete", launch.DiscoveryComplete(a.Launches.Parameter("discovery_complete", "share"),
		func(ctx context.Context, tx *db.Tx, customer string) (launch.Seen, error) {
			s, err := discovery.SightOf(ctx, tx, customer)
			return launch.Seen(s), err
		}, "/coverage"))
	a.Launches.Hang("no_critical_gap", launch.NoCriticalGap(a.criticalGaps))
	a.queue.Handle(jobs.TickTopic, func(ctx context.Context, _ jobs.Task) error { return a.Launches.Sweep(ctx, system) })
	return nil
}

// criticalGaps is what the gap analysis has found of the customer of the transaction.
func (a *App) criticalGaps(ctx context.Context, tx *db.Tx, _ string) (out launch.Critical, err error) {
	at, err := a.Gaps.Judged(ctx, tx)
	if err != nil || at.IsZero() {
		return out, err
	}
	out.Judged = true
	all, err := a.Gaps.Critical(ctx, tx)
	for _, g := range all {
		out.Open = append(out.Open, launch.CriticalGap{Control: a.Gaps.Title(g.Control), Subject: g.SubjectName, Href: "/gaps/" + g.ID})
	}
	return out, err
}
