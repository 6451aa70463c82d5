package cmdb

import (
	"maps"
	"strings"

	"vigie/internal/estate/collect"
)

// observe gives the CI as it is after it was seen, and what differs. It is a function of its arguments alone.
func observe(old record, it collect.Item, print string) (record, []delta) {
	now := old
	var deltas []delta
	if old.Status != Active {
		now.Status = Active
		deltas = append(deltas, delta{Kind: Returned, Field: "status", Before: compact(old.Status), After: compact(Active)})
	}
	now.Pinned.V, now.Observed.V = maps.Clone(old.Pinned.V), maps.Clone(old.Observed.V)
	now.fill()
	if old.Source != Discovered {
		// A person entered it before discovery could see it: what they wrote is kept as theirs.
		now.Source = Discovered
		deltas = append(deltas, delta{Kind: Changed, Field: "source", Before: compact(old.Source), After: compact(Discovered)})
		for _, f := range pinnable {
			if v := old.get(f); v != "" && (f != FieldName || v != old.ExternalID) {
				now.Pinned.V[f] = v
			}
		}
	}
	f := derive(it.Tags)
	said := map[string]string{FieldName: it.Name, FieldEnvironment: f.Environment, FieldCriticality: f.Criticality, FieldOwner: f.Owner}
	for _, field := range pinnable {
		if _, pinned := now.Pinned.V[field]; !pinned {
			now.set(field, said[field])
			continue
		}
		if field == FieldName {
			deltas = append(deltas, diffText("observed.name", now.Observed.V[field], said[field])...)
		}
		now.Observed.V[field] = said[field]
	}
	now.ARN, now.Fingerprint = it.ARN, print
	now.Tags.V, now.Attributes.V, now.Keys.V = it.Tags, it.Attributes, it.Keys
	now.fill()

	// Environment, criticality and owner follow from tags: the tag is the change, not what is read from it.
	deltas = append(deltas, diffText(FieldName, old.Name, now.Name)...)
	deltas = append(deltas, diffText("arn", old.ARN, now.ARN)...)
	deltas = append(deltas, diffTags(old.Tags.V, now.Tags.V)...)
	deltas = append(deltas, diffAttributes(old.Attributes.V, now.Attributes.V)...)
	return now, deltas
}

// fill makes empty maps of missing ones: the columns hold {} rather than null.
func (r *record) fill() {
	if r.Tags.V == nil {
		r.Tags.V = map[string]string{}
	}
	if r.Attributes.V == nil {
		r.Attributes.V = map[string]any{}
	}
	if r.Pinned.V == nil {
		r.Pinned.V = map[string]string{}
	}
	if r.Observed.V == nil {
		r.Observed.V = map[string]string{}
	}
	if r.Keys.V == nil {
		r.Keys.V = []string{}
	}
}

// index gives the rows of ci_term of the CI, and the words of its own row with them; to be called before either is stored.
func (r *record) index() []termRow {
	r.Words = wordsText(r.Name, r.ExternalID)
	list := r.terms()
	out := make([]termRow, len(list))
	for i, t := range list {
		out[i] = termRow{Term: t, Name: r.Name, CIID: r.ID}
	}
	return out
}

// terms gives the words under which the CI is found. They depend on its row alone, so that those of the row before can be taken away.
func (r *record) terms() []string {
	return terms(r.Name, r.ExternalID, r.ARN, r.Tags.V, r.Keys.V)
}

// tidy takes out what a text column of PostgreSQL refuses: NUL and broken UTF-8.
func tidy(it collect.Item) collect.Item {
	it.ID, it.Name, it.ARN = tidyText(it.ID), tidyText(it.Name), tidyText(it.ARN)
	for k, v := range it.Tags {
		if tk, tv := tidyText(k), tidyText(v); tk != k || tv != v {
			it.Tags = maps.Clone(it.Tags)
			delete(it.Tags, k)
			it.Tags[tk] = tv
		}
	}
	for k, v := range it.Attributes {
		if t, changed := tidyValue(v); changed {
			it.Attributes = maps.Clone(it.Attributes)
			it.Attributes[k] = t
		}
	}
	return it
}

func tidyText(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

func tidyValue(v any) (any, bool) {
	switch v := v.(type) {
	case string:
		t := tidyText(v)
		return t, t != v
	case []string:
		for i, s := range v {
			if t := tidyText(s); t != s {
				v = append([]string(nil), v...)
				v[i] = t
				return v, true
			}
		}
	}
	return v, false
}
