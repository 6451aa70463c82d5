package inventory

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
)

// Baseline is the estate of a customer as it was at one instant.
type Baseline struct {
	CustomerID string  `db:"customer_id" json:"-"`
	ID         string  `db:"id" json:"id"`
	Name       string  `db:"name" json:"name"`
	Note       string  `db:"note" json:"note"`
	TakenAt    db.Time `db:"taken_at" json:"taken_at"`
	TakenBy    string  `db:"taken_by" json:"taken_by"`
	CIs        int64   `db:"cis" json:"cis"`
	Hash       string  `db:"hash" json:"hash" doc:"SHA-256 over identity and fingerprint of every CI."`
}

// Shown is a baseline as it is answered.
type Shown struct {
	Baseline
	Customer string `db:"customer" json:"customer" doc:"Slug."`
}

// Self is its address below /api/v1.
func (b Shown) Self() string { return "/baselines/" + b.ID }

// unchanged is the version of every baseline: it is made, and goes, and is never another in between.
const unchanged = 1

// Revision makes the ETag.
func (Shown) Revision() int64 { return unchanged }

// Spec is how baselines are listed.
var Spec = list.Spec{From: "{baseline} b JOIN {customer} k ON k.id = b.customer_id", Columns: db.Columns[Baseline]("b.") + ", k.slug AS customer", Key: "b.id", Sort: "-taken_at",
	Fields: []list.Field{
		{Name: "id", Column: "b.id", Kind: list.ID, Filter: true},
		{Name: "name", Column: "b.name", Kind: list.Text, Filter: true},
		{Name: "taken_at", Column: "b.taken_at", Kind: list.Time, Sort: true, Filter: true},
		{Name: "cis", Column: "b.cis", Kind: list.Number, Filter: true},
	}, Search: list.Words("b.name", "b.note")}

// Item is one CI of a state of the estate: who it is, and what it was like.
type Item struct {
	CustomerID  string `db:"customer_id" json:"-"`
	BaselineID  string `db:"baseline_id" json:"-"`
	CI          string `db:"ci_id" json:"ci" doc:"Id of the CI."`
	Type        string `db:"type" json:"type"`
	ExternalID  string `db:"external_id" json:"external_id"`
	Account     string `db:"account" json:"account"`
	Region      string `db:"region" json:"region"`
	Environment string `db:"environment" json:"environment"`
	Name        string `db:"name" json:"name"`
	Print       string `db:"print" json:"-"` // over all that discovery says of it; of CIs that people keep, over their row
}

type identity struct{ typ, id, account, region string }

func (i Item) identity() identity { return identity{i.Type, i.ExternalID, i.Account, i.Region} }

func (i Item) compare(j Item) int {
	return cmp.Or(cmp.Compare(i.Type, j.Type), cmp.Compare(i.ExternalID, j.ExternalID), cmp.Compare(i.Account, j.Account), cmp.Compare(i.Region, j.Region))
}

// hashOf is over identity and fingerprint of every item, whatever their order. Each text has its length before it, so that no two estates
// look alike.
func hashOf(items []Item) string {
	items = slices.Clone(items)
	slices.SortFunc(items, Item.compare)
	h := sha256.New()
	var n [20]byte
	for _, i := range items {
		for _, text := range []string{i.Type, i.ExternalID, i.Account, i.Region, i.Environment, i.Print} {
			h.Write(append(strconv.AppendInt(n[:0], int64(len(text)), 10), ':'))
			h.Write([]byte(text))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Difference is what changed between two states of an estate, each part in the order of types and names.
type Difference struct {
	Added   []Item `json:"added"`
	Gone    []Item `json:"gone"`
	Changed []Item `json:"changed"`
	Same    int    `json:"same" doc:"How many CIs are as they were."`
}

// Compare tells what came, went and changed from one state to another, CI by CI. A CI is the same by type, external id, account and region.
func Compare(from, to []Item) Difference {
	d := Difference{Added: []Item{}, Gone: []Item{}, Changed: []Item{}}
	before := make(map[identity]Item, len(from))
	for _, i := range from {
		before[i.identity()] = i
	}
	for _, i := range to {
		was, ok := before[i.identity()]
		switch {
		case !ok:
			d.Added = append(d.Added, i)
		case was.Print != i.Print || was.Environment != i.Environment:
			d.Changed = append(d.Changed, i)
		default:
			d.Same++
		}
		delete(before, i.identity())
	}
	for _, i := range from {
		if _, left := before[i.identity()]; left {
			d.Gone = append(d.Gone, i)
			delete(before, i.identity())
		}
	}
	for _, part := range [][]Item{d.Added, d.Gone, d.Changed} {
		slices.SortFunc(part, Item.compare)
	}
	return d
}

// Tally counts the CIs of a state by one of their properties, the most first.
type Tally struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

// Tallies are the counts of a state.
type Tallies struct {
	Types        []Tally `json:"types"`
	Accounts     []Tally `json:"accounts"`
	Regions      []Tally `json:"regions"`
	Environments []Tally `json:"environments"`
}

func tally(items []Item) Tallies {
	by := func(of func(Item) string) []Tally {
		n := map[string]int{}
		for _, i := range items {
			n[of(i)]++
		}
		out := make([]Tally, 0, len(n))
		for v, c := range n {
			out = append(out, Tally{v, c})
		}
		slices.SortFunc(out, func(a, b Tally) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value)) })
		return out
	}
	return Tallies{by(func(i Item) string { return i.Type }), by(func(i Item) string { return i.Account }), by(func(i Item) string { return i.Region }), by(func(i Item) string { return i.Environment })}
}
