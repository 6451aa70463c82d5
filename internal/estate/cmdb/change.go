package cmdb

import (
	"bytes"
	"encoding/json"

	"vigie/internal/platform/db"
)

// ChangeKind says what happened to a CI.
type ChangeKind string

// The kinds of changes.
const (
	Created         ChangeKind = "created"
	Changed         ChangeKind = "changed"
	Returned        ChangeKind = "returned"     // gone or stale before, seen again
	BecameStale     ChangeKind = "became_stale" // its scope could not be read
	BecameGone      ChangeKind = "gone"
	RelationAdded   ChangeKind = "relation_added"
	RelationRemoved ChangeKind = "relation_removed"
)

// ChangeKinds lists all kinds in a fixed order.
func ChangeKinds() []ChangeKind {
	return []ChangeKind{Created, Changed, Returned, BecameStale, BecameGone, RelationAdded, RelationRemoved}
}

// changeRow is a row of ci_change.
type changeRow struct {
	CustomerID string     `db:"customer_id"`
	ID         string     `db:"id"`
	CIID       string     `db:"ci_id"`
	At         db.Time    `db:"at"`
	RunID      db.Null    `db:"run_id"`
	ActorID    string     `db:"actor_id"`
	ActorName  string     `db:"actor_name"`
	Kind       ChangeKind `db:"kind"`
	// Field is "name", "tags.Owner", "attributes.InstanceType", for relations their type, "" where the whole CI is meant.
	Field  string `db:"field"`
	Before string `db:"before"` // compact JSON, "" for nothing
	After  string `db:"after"`
}

// Change is one difference in the life of a CI, as it is read.
type Change struct {
	changeRow
	Customer string `db:"customer"`
	CIName   string `db:"ci_name"`
	CIType   string `db:"ci_type"`
}

// delta is a difference before it has an id and a time.
type delta struct {
	Kind          ChangeKind
	Field         string
	Before, After string
}

// maxValue is how much of a value a change keeps.
const maxValue = 4096

// compact writes a value as JSON for a change: "" for nothing, long values cut.
func compact(v any) string { return shorten(canonical(v)) }

func shorten(s string) string {
	if len(s) <= maxValue {
		return s
	}
	return cut(s, maxValue-len("…")) + "…"
}

// diffText gives the difference of one text field; the empty text is nothing.
func diffText(field, before, after string) []delta {
	if before == after {
		return nil
	}
	d := delta{Kind: Changed, Field: field}
	if before != "" {
		d.Before = compact(before)
	}
	if after != "" {
		d.After = compact(after)
	}
	return []delta{d}
}

// diffTags gives one difference for each tag that came, went or changed.
func diffTags(before, after map[string]string) []delta {
	var out []delta
	for _, k := range union(before, after) {
		b, had := before[k]
		a, has := after[k]
		if had == has && a == b {
			continue
		}
		d := delta{Kind: Changed, Field: "tags." + k}
		if had {
			d.Before = compact(b)
		}
		if has {
			d.After = compact(a)
		}
		out = append(out, d)
	}
	return out
}

// diffAttributes compares values as JSON, since what was read from the database has lost its Go types.
func diffAttributes(before, after map[string]any) []delta {
	var out []delta
	for _, k := range union(before, after) {
		b, a := canonical(before[k]), canonical(after[k])
		if b != a {
			out = append(out, delta{Kind: Changed, Field: "attributes." + k, Before: shorten(b), After: shorten(a)})
		}
	}
	return out
}

// canonical is a value as JSON with sorted keys, "" for nothing. Signs of HTML stay as they are: people read this.
func canonical(v any) string {
	if v == nil {
		return ""
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return ""
	}
	return string(bytes.TrimRight(b.Bytes(), "\n"))
}

func union[V any](a, b map[string]V) []string {
	all := make(map[string]struct{}, len(a)+len(b))
	for k := range a {
		all[k] = struct{}{}
	}
	for k := range b {
		all[k] = struct{}{}
	}
	return keysOf(all)
}
