package launch

import (
	"context"

	"vigie/catalogue"
	"vigie/internal/onboard/deliverable"
	"vigie/internal/platform/db"
)

// Approved is what deliverables have to say to a launch.
type Approved interface {
	AllApproved(ctx context.Context, tx *db.Tx, customer string) (map[string]deliverable.Agreed, error)
	Title(kind string) catalogue.Text
}

// DeliverablesApproved is met when all six have a version that the customer has signed. Which ones stands in the evidence.
func DeliverablesApproved(d Approved) Check {
	return func(ctx context.Context, tx *db.Tx, customer string) (f Finding, err error) {
		all, err := d.AllApproved(ctx, tx, customer)
		if err != nil {
			return f, err
		}
		f = Finding{Status: Met, Facts: map[string]any{}}
		for _, kind := range deliverable.Names() {
			a, ok := all[kind]
			if !ok {
				f.Status = Unmet
				f.Items = append(f.Items, Item{Key: "launch.item.not_approved", Args: map[string]any{"title": d.Title(kind)}, Href: "/deliverables"})
				continue
			}
			f.Facts[kind] = map[string]any{"number": a.Number, "sha256": a.SHA256}
		}
		return f, nil
	}
}

// Seen is how much of an estate the last readings have seen.
type Seen struct {
	Run      string // id of the last run that ended
	Complete int
	Scopes   int
}

// DiscoveryComplete is met when at least a share of the scopes was read completely. An estate that nobody has read is unknown.
func DiscoveryComplete(share float64, read func(ctx context.Context, tx *db.Tx, customer string) (Seen, error), href string) Check {
	return func(ctx context.Context, tx *db.Tx, customer string) (Finding, error) {
		seen, err := read(ctx, tx, customer)
		if err != nil {
			return Finding{}, err
		}
		if seen.Run == "" || seen.Scopes == 0 {
			return Finding{Status: Unknown, Items: []Item{{Key: "launch.item.not_discovered", Href: "/discovery"}}}, nil
		}
		f := Finding{Status: Met, Facts: map[string]any{"share": share}, Measures: map[string]any{"run": seen.Run, "complete": seen.Complete, "scopes": seen.Scopes},
			Items: []Item{{Key: "launch.item.coverage", Measure: true, Args: map[string]any{"complete": seen.Complete, "scopes": seen.Scopes, "percent": int(share * 100)}, Href: href}}}
		if float64(seen.Complete) < share*float64(seen.Scopes) {
			f.Status = Unmet
		}
		return f, nil
	}
}

// Critical is what the gap analysis says to a launch.
type Critical struct {
	Judged bool // the estate was ever judged
	Open   []CriticalGap
}

// CriticalGap is a critical gap that fails and that nobody has accepted.
type CriticalGap struct {
	Control       catalogue.Text // its title
	Subject, Href string
}

// NoCriticalGap is met when an estate was judged and no critical gap fails without being accepted. An estate that nobody has judged is unknown.
func NoCriticalGap(read func(ctx context.Context, tx *db.Tx, customer string) (Critical, error)) Check {
	return func(ctx context.Context, tx *db.Tx, customer string) (Finding, error) {
		c, err := read(ctx, tx, customer)
		if err != nil {
			return Finding{}, err
		}
		if !c.Judged {
			return Finding{Status: Unknown, Items: []Item{{Key: "launch.item.not_judged", Href: "/gaps"}}}, nil
		}
		f := Finding{Status: Met, Facts: map[string]any{"critical": len(c.Open)}}
		for _, g := range c.Open {
			f.Status = Unmet
			f.Items = append(f.Items, Item{Key: "launch.item.gap", Args: map[string]any{"control": g.Control, "subject": g.Subject}, Href: g.Href})
		}
		return f, nil
	}
}
