package deliverable

// What became of a row, or of some of its fields.
const (
	Added   = "added"
	Gone    = "gone"
	Changed = "changed"
	// Kept is a row that was edited by hand and differs from the live data now, or is not in them any more.
	Kept = "kept"
)

// Change is one difference: between two versions, or what filling again does.
type Change struct {
	Part   string       `json:"part"`
	Key    string       `json:"key"`
	Title  string       `json:"title" doc:"What people call the row."`
	What   string       `json:"what" enum:"added,gone,changed,kept"`
	Fields []FieldDelta `json:"fields,omitempty"`
}

// FieldDelta is a field before and after.
type FieldDelta struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// named gives rows by key, the first of each.
func (p part) named(rows []row) map[string]row {
	out, key := make(map[string]row, len(rows)), p.key()
	for _, r := range rows {
		if _, twice := out[r[key]]; !twice {
			out[r[key]] = r
		}
	}
	return out
}

// merge brings fresh live data into what stands: base is what the live data said last time. What people have changed by hand since stays,
// and is told where the live data have changed as well.
func merge(shape []part, base, mine, fresh sheet) (sheet, []Change) {
	out, changes := sheet{}, []Change(nil)
	for _, p := range shape {
		was, now := p.named(base[p.name]), p.named(fresh[p.name])
		key, title := p.key(), p.title()
		have := map[string]bool{}
		rows := make([]row, 0, len(mine[p.name]))
		for _, r := range mine[p.name] {
			k := r[key]
			if !p.rows {
				k = ""
			}
			next, inLive := now[k]
			before, wasLive := was[k]
			again := have[k] // a key that stands twice is the author's to mend
			have[k] = true
			switch {
			case again || !inLive && !wasLive:
				rows = append(rows, r)
			case inLive:
				merged, taken, kept := p.fold(before, r, next)
				rows = append(rows, merged)
				if len(taken) > 0 {
					changes = append(changes, Change{p.name, k, merged[title], Changed, taken})
				}
				if len(kept) > 0 {
					changes = append(changes, Change{p.name, k, merged[title], Kept, kept})
				}
			case r.equal(before):
				changes = append(changes, Change{p.name, k, r[title], Gone, nil})
			default:
				rows = append(rows, r)
				changes = append(changes, Change{p.name, k, r[title], Kept, nil})
			}
		}
		for _, r := range fresh[p.name] {
			k := r[key]
			if !p.rows {
				k = ""
			}
			_, wasLive := was[k]
			if have[k] || wasLive { // taken out by hand
				continue
			}
			have[k] = true
			rows = append(rows, r.clone())
			changes = append(changes, Change{p.name, k, r[title], Added, nil})
		}
		out[p.name] = rows
	}
	return out, changes
}

// fold decides each field: what was changed by hand stays, all else follows the live data. taken are the fields that follow, kept those where
// both have moved.
func (p part) fold(before, mine, next row) (out row, taken, kept []FieldDelta) {
	out = mine.clone()
	for _, f := range p.fields {
		old, had := before[f.name]
		if !had { // added by hand under a key that the live data have now: only gaps are filled
			old = ""
		}
		switch {
		case next[f.name] == old && had, next[f.name] == mine[f.name]:
		case mine[f.name] == old:
			out[f.name] = next[f.name]
			taken = append(taken, FieldDelta{f.name, mine[f.name], next[f.name]})
		default:
			kept = append(kept, FieldDelta{f.name, mine[f.name], next[f.name]})
		}
	}
	return out, taken, kept
}

// differ compares two contents: what the second has otherwise.
func differ(shape []part, from, to sheet) (out []Change) {
	for _, p := range shape {
		was, now, key, title := p.named(from[p.name]), p.named(to[p.name]), p.key(), p.title()
		for _, r := range to[p.name] {
			before, had := was[r[key]]
			if !had {
				out = append(out, Change{p.name, r[key], r[title], Added, nil})
				continue
			}
			var fields []FieldDelta
			for _, f := range p.fields {
				if before[f.name] != r[f.name] {
					fields = append(fields, FieldDelta{f.name, before[f.name], r[f.name]})
				}
			}
			if len(fields) > 0 {
				out = append(out, Change{p.name, r[key], r[title], Changed, fields})
			}
		}
		for _, r := range from[p.name] {
			if _, stays := now[r[key]]; !stays {
				out = append(out, Change{p.name, r[key], r[title], Gone, nil})
			}
		}
	}
	return out
}
