package finding

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"

	"vigie/internal/estate/collect"
)

// Bounds of what is kept of a finding as it came.
const (
	maxDepth   = 10
	maxMembers = 60
	maxString  = 1000
)

// quoted are members that quote code or values of the customer, secrets among them: they are left out.
var quoted = []string{"snippet", "contextRegion", "codeFlows", "raw_data", "data", "Match", "matches"}

// shorten keeps the evidence within its bounds: long texts cut, deep and long lists ended, secrets out. What is still too long is
// reduced to its plain members.
func shorten(v json.RawMessage) json.RawMessage {
	d := json.NewDecoder(bytes.NewReader(v))
	d.UseNumber()
	var whole any
	if err := d.Decode(&whole); err != nil {
		return json.RawMessage(`{}`)
	}
	whole = pruned(whole, 0)
	if out, ok := encoded(whole); ok {
		return out
	}
	flat := map[string]any{"truncated": true}
	if m, ok := whole.(map[string]any); ok {
		for k, e := range m {
			switch e.(type) {
			case map[string]any, []any:
			default:
				flat[k] = e
			}
		}
	}
	if out, ok := encoded(flat); ok {
		return out
	}
	return json.RawMessage(`{"truncated":true}`)
}

func encoded(v any) (json.RawMessage, bool) {
	out, err := json.Marshal(v)
	return out, err == nil && len(out) <= maxEvidence
}

func pruned(v any, depth int) any {
	switch x := v.(type) {
	case string:
		return prose(clip(x, maxString))
	case json.Number: // the database takes no exponent of a million
		if f, err := strconv.ParseFloat(x.String(), 64); err != nil || len(x) > 30 || f > 1e15 || f < -1e15 {
			return clip(x.String(), 40)
		}
		return x
	case map[string]any:
		if depth >= maxDepth {
			return nil
		}
		keys := make([]string, 0, len(x))
		for k := range x {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		out := map[string]any{}
		for _, k := range keys {
			if len(out) < maxMembers && !slices.Contains(quoted, k) && x[k] != nil {
				out[clip(k, 120)] = pruned(x[k], depth+1)
			}
		}
		return out
	case []any:
		if depth >= maxDepth {
			return nil
		}
		out := make([]any, 0, min(len(x), maxMembers))
		for _, e := range x[:min(len(x), maxMembers)] {
			out = append(out, pruned(e, depth+1))
		}
		return out
	}
	return v
}

// prose is a text for people, cut and without what looks like a secret.
func prose(s string) string { return collect.Text(clip(s, maxText)) }
