package cmdb

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"vigie/internal/estate/collect"
	"vigie/internal/platform/db"
	"vigie/internal/platform/id"
)

// Intake takes in what discovery finds, within discovery's transaction. It has no state; the zero value is ready.
type Intake struct{}

// Counts is what a batch came to. A CI counts once a run, however often and in however many batches it is described.
type Counts struct{ Seen, Added, Changed int }

// sighting is one item of a batch with what is known of it.
type sighting struct {
	item  collect.Item
	print string
	old   *known
}

// known is as much of a CI as tells whether anything changed.
type known struct {
	ID          string  `db:"id"`
	Type        string  `db:"type"`
	ExternalID  string  `db:"external_id"`
	Region      string  `db:"region"`
	Fingerprint string  `db:"fingerprint"`
	Status      Status  `db:"status"`
	RunID       db.Null `db:"run_id"`
	Source      Source  `db:"source"`
}

// Upsert stores what a run saw in one account: up to some hundred items at once. Rules of workloads are applied to what it writes.
func (Intake) Upsert(ctx context.Context, tx *db.Tx, run, account string, items []collect.Item) (Counts, error) {
	var n Counts
	seen, err := distinct(account, items)
	if err != nil || len(seen) == 0 {
		return n, err
	}
	if err := recognise(ctx, tx, account, seen); err != nil {
		return n, fmt.Errorf("recognise CIs: %w", err)
	}
	b := batch{run: run, account: account, now: tx.Now()}
	for i := range seen {
		s := &seen[i]
		if s.old == nil || string(s.old.RunID) != run {
			n.Seen++
		}
		switch {
		case s.old == nil:
			n.Added++
			b.fresh = append(b.fresh, s)
		case s.old.Fingerprint != s.print || s.old.Source != Discovered:
			b.changed = append(b.changed, s)
		case s.old.Status != Active:
			if s.old.Status == Gone {
				n.Changed++
			}
			b.returned = append(b.returned, s)
		default:
			b.same = append(b.same, s.old.ID)
		}
	}
	if len(b.fresh)+len(b.changed) > 0 {
		if b.rules, err = loadRules(ctx, tx); err != nil {
			return n, err
		}
	}
	b.create()
	if err := b.change(ctx, tx); err != nil {
		return n, err
	}
	n.Changed += b.differ
	return n, b.store(ctx, tx)
}

// Settle resolves the relations that wait, after a run. Workloads need nothing more: Upsert has applied their rules.
func (in Intake) Settle(ctx context.Context, tx *db.Tx) error {
	_, err := in.Resolve(ctx, tx)
	return err
}

// distinct leaves the last description of each CI, in a fixed order.
func distinct(account string, items []collect.Item) ([]sighting, error) {
	place := make(map[identity]int, len(items))
	out := make([]sighting, 0, len(items))
	for _, it := range items {
		it = tidy(it)
		print, err := fingerprint(it)
		if err != nil {
			return nil, err
		}
		key := identity{it.Type, it.ID, account, it.Region}
		if at, ok := place[key]; ok {
			out[at] = sighting{item: it, print: print}
			continue
		}
		place[key] = len(out)
		out = append(out, sighting{item: it, print: print})
	}
	return out, nil
}

// batch collects what a batch of sightings changes, so that each table is written by one statement.
type batch struct {
	run, account string
	now          db.Time
	rules        []ruled

	fresh, changed, returned []*sighting
	same                     []string

	insert, update []record
	changes        []changeRow
	differ         int       // changed CIs with anything to tell, once a run
	oldTerms       []termRow // that some changed CI has no longer
	terms          []termRow
	edges          []relationRow
	altered        []relationRow
	removed        []string // ids of relations
}

type termRow struct {
	CustomerID string `db:"customer_id"`
	Term       string `db:"term"`
	Name       string `db:"name"` // of the CI
	CIID       string `db:"ci_id"`
}

func (b *batch) note(ci string, d delta) {
	b.changes = append(b.changes, changeRow{ID: changeID(b.now), CIID: ci, At: b.now, RunID: db.Null(b.run), Kind: d.Kind,
		Field: d.Field, Before: d.Before, After: d.After})
}

// create makes the rows of CIs that are new. Their history begins with one line; what they looked like then is told by what
// follows, backwards from what they are now.
func (b *batch) create() {
	for _, s := range b.fresh {
		it := s.item
		f := derive(it.Tags)
		r := record{ID: id.New(), Type: it.Type, Name: it.Name, ExternalID: it.ID, ARN: it.ARN, Account: b.account, Region: it.Region,
			Status: Active, Environment: f.Environment, Criticality: f.Criticality, Owner: f.Owner, Source: Discovered,
			Fingerprint: s.print, RunID: db.Null(b.run), FirstSeen: b.now, LastSeen: b.now, Version: 1, CreatedAt: b.now, UpdatedAt: b.now}
		r.Tags.V, r.Attributes.V, r.Keys.V = it.Tags, it.Attributes, it.Keys
		r.fill()
		b.assign(&r)
		b.terms = append(b.terms, r.index()...)
		b.insert = append(b.insert, r)
		b.note(r.ID, delta{Kind: Created, After: compact(r.Name)})
		for _, e := range edgesOf(r.ID, it.Edges) {
			b.edges = append(b.edges, b.newEdge(e))
		}
	}
}

func (b *batch) newEdge(e relationRow) relationRow {
	e.ID, e.RunID, e.FirstSeen, e.Version = id.New(), db.Null(b.run), b.now, 1
	return e
}

// assign puts a CI into the workload whose rule it meets, unless a person has said where it belongs.
func (b *batch) assign(r *record) {
	if r.WorkloadBy == byHand {
		return
	}
	r.WorkloadID, r.WorkloadBy = db.Null(belongs(b.rules, r.candidate())), ""
	if r.WorkloadID != "" {
		r.WorkloadBy = byRule
	}
}

// change compares what is known of each changed CI with what was seen now.
func (b *batch) change(ctx context.Context, tx *db.Tx) error {
	if len(b.changed) == 0 {
		return nil
	}
	list := make([]string, len(b.changed))
	for i, s := range b.changed {
		list[i] = s.old.ID
	}
	before, err := loadRecords(ctx, tx, list)
	if err != nil {
		return fmt.Errorf("load changed CIs: %w", err)
	}
	told, err := loadOwned(ctx, tx, list)
	if err != nil {
		return fmt.Errorf("load relations of changed CIs: %w", err)
	}
	for _, s := range b.changed {
		old := before[s.old.ID]
		if s.item.Partial && old.Source == Discovered {
			s.item = complement(old, told[s.old.ID], s.item)
			if s.print, err = fingerprint(s.item); err != nil {
				return err
			}
			if s.print == old.Fingerprint && old.Status == Active { // what was hidden was all that differed
				b.same = append(b.same, old.ID)
				continue
			}
		}
		now, deltas := observe(old, s.item, s.print)
		now.RunID, now.LastSeen = db.Null(b.run), b.now
		b.assign(&now)
		now.Version, now.UpdatedAt = old.Version+1, b.now
		b.retell(&old, &now)
		b.update = append(b.update, now)
		for _, d := range deltas {
			b.note(now.ID, d)
		}
		noted := len(b.changes)
		b.relate(now.ID, told[now.ID], edgesOf(now.ID, s.item.Edges))
		if string(s.old.RunID) != b.run && len(deltas)+len(b.changes)-noted > 0 {
			b.differ++
		}
	}
	return nil
}

// relate compares the edges of a CI.
func (b *batch) relate(ci string, before, after []relationRow) {
	d := diffEdges(before, after)
	for _, r := range d.added {
		b.edges = append(b.edges, b.newEdge(r))
		b.note(ci, delta{Kind: RelationAdded, Field: string(r.Type), After: r.described()})
	}
	for _, r := range d.removed {
		b.removed = append(b.removed, r.ID)
		b.note(ci, delta{Kind: RelationRemoved, Field: string(r.Type), Before: r.described()})
	}
	for _, p := range d.altered {
		b.altered = append(b.altered, p[1])
		b.note(ci, delta{Kind: Changed, Field: "redundancy." + string(p[1].Type), Before: p[0].redundancy(), After: p[1].redundancy()})
	}
}

// retell brings the terms of a CI from what they were to what they are; both come from the rows alone.
func (b *batch) retell(old, now *record) {
	list := now.index()
	b.terms = append(b.terms, list...)
	for _, t := range old.index() {
		if _, found := slices.BinarySearchFunc(list, t, termRow.compare); !found {
			b.oldTerms = append(b.oldTerms, t)
		}
	}
}

func (t termRow) compare(u termRow) int {
	return cmp.Or(strings.Compare(t.Term, u.Term), strings.Compare(t.Name, u.Name), strings.Compare(t.CIID, u.CIID))
}
