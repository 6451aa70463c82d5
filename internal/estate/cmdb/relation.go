package cmdb

import (
	"vigie/internal/estate/collect"
	"vigie/internal/platform/db"
)

// relationRow is a row of relation.
type relationRow struct {
	CustomerID   string           `db:"customer_id"`
	ID           string           `db:"id"`
	Type         collect.Relation `db:"type"`
	FromID       db.Null          `db:"from_id"`
	ToID         db.Null          `db:"to_id"`
	OwnerID      string           `db:"owner_id"`
	Inbound      bool             `db:"inbound"`
	OtherType    string           `db:"other_type"`
	OtherKey     string           `db:"other_key"`
	OtherAccount string           `db:"other_account"`
	OtherRegion  string           `db:"other_region"`
	Resolved     bool             `db:"resolved"`
	Source       Source           `db:"source"`
	Redundancy   string           `db:"redundancy"`
	Needed       int64            `db:"needed"`
	RunID        db.Null          `db:"run_id"`
	FirstSeen    db.Time          `db:"first_seen"`
	Version      int64            `db:"version"`
}

// Relation is a relation as it is read: "from TYPE to". While it is not resolved one end is empty, and OtherType and OtherKey say
// what is waited for.
type Relation struct {
	relationRow
	Customer   string  `db:"customer"`
	FromName   db.Null `db:"from_name"`
	FromType   db.Null `db:"from_type"`
	FromStatus db.Null `db:"from_status"`
	ToName     db.Null `db:"to_name"`
	ToType     db.Null `db:"to_type"`
	ToStatus   db.Null `db:"to_status"`
}

// relationKey is what makes two edges of one owner the same.
type relationKey struct {
	Type                   collect.Relation
	Inbound                bool
	OtherType, OtherKey    string
	OtherAccount, OtherReg string
}

func (r relationRow) key() relationKey {
	return relationKey{r.Type, r.Inbound, r.OtherType, r.OtherKey, r.OtherAccount, r.OtherRegion}
}

// described is how the history names a relation: the other end, and from which side the CI sees it.
type described struct {
	Type    collect.Relation `json:"type"`
	Inbound bool             `json:"inbound,omitempty"`
	Other   string           `json:"other_type,omitempty"`
	Key     string           `json:"other"`
}

func (r relationRow) described() string {
	return compact(described{r.Type, r.Inbound, r.OtherType, r.OtherKey})
}

// edgesOf turns the edges of an item into rows without ids; two edges that are the same stay one.
func edgesOf(owner string, edges []collect.Edge) []relationRow {
	out := make([]relationRow, 0, len(edges))
	seen := make(map[relationKey]bool, len(edges))
	for _, e := range edges {
		r := relationRow{OwnerID: owner, Type: e.Type, Inbound: e.Inbound, OtherType: e.To.Type, OtherKey: cut(e.To.Key, maxKey),
			OtherAccount: e.To.Account, OtherRegion: e.To.Region, Redundancy: e.Redundancy, Source: Discovered}
		if r.Redundancy != "" {
			r.Needed = int64(max(1, e.Needed))
		}
		if e.Inbound {
			r.ToID = db.Null(owner)
		} else {
			r.FromID = db.Null(owner)
		}
		if seen[r.key()] {
			continue
		}
		seen[r.key()] = true
		out = append(out, r)
	}
	return out
}

// maxKey keeps other_key within its index on PostgreSQL; the k: term of the CI it points at is cut at the same place.
const maxKey = maxTerm - len(termKey)

// edgeDiff is what an owner tells now against what it told before. altered are pairs of the row before and after of which
// only the redundancy differs: they stay resolved.
type edgeDiff struct {
	added, removed []relationRow
	altered        [][2]relationRow
}

func diffEdges(before, after []relationRow) edgeDiff {
	var d edgeDiff
	old := make(map[relationKey]relationRow, len(before))
	for _, r := range before {
		old[r.key()] = r
	}
	now := make(map[relationKey]bool, len(after))
	for _, r := range after {
		now[r.key()] = true
		was, ok := old[r.key()]
		switch {
		case !ok:
			d.added = append(d.added, r)
		case was.Redundancy != r.Redundancy || was.Needed != r.Needed:
			is := was
			is.Redundancy, is.Needed, is.Version = r.Redundancy, r.Needed, was.Version+1
			d.altered = append(d.altered, [2]relationRow{was, is})
		}
	}
	for _, r := range before {
		if !now[r.key()] {
			d.removed = append(d.removed, r)
		}
	}
	return d
}

// redundancy is how the history shows the need that a relation is part of.
func (r relationRow) redundancy() string {
	if r.Redundancy == "" {
		return ""
	}
	return compact(map[string]any{"group": r.Redundancy, "needed": r.Needed})
}
