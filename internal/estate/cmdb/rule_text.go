package cmdb

import (
	"slices"
	"strings"

	"vigie/internal/kit/list"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/fault"
)

// A rule as people type it, one condition a line:
//
//	tag:app = shop, checkout
//	environment = production
//	or
//	name = shop-*
//
// Lines hold together; a line "or" begins another group. A comma within a value is written \, as in the address of a list.

// readRule reads the text; its fault names the line that cannot be read.
func readRule(text string) (Rule, error) {
	var r Rule
	var group Group
	var bad fault.Fields
	end := func() {
		if len(group.All) > 0 {
			r.Any = append(r.Any, group)
		}
		group = Group{}
	}
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if word := strings.ToLower(line); word == "or" || word == "ou" {
			end()
			continue
		}
		left, right, ok := strings.Cut(line, "=")
		field, key, _ := strings.Cut(strings.TrimSpace(left), ":")
		c := Condition{Field: strings.ToLower(strings.TrimSpace(field)), Key: strings.TrimSpace(key), Values: splitValues(right)}
		if !ok || len(c.Values) == 0 || !slices.Contains(ruleFields, c.Field) || (c.Field == "tag") != (c.Key != "") {
			bad.Add("rule", "estate.workload.rule_line", "line", i+1)
			continue
		}
		group.All = append(group.All, c)
	}
	end()
	return r, bad.Err()
}

var ruleFields = []string{"tag", "account", "region", "type", "name", "environment"}

// splitValues cuts at commas that no backslash stands before.
func splitValues(text string) (out []string) {
	var b strings.Builder
	flush := func() {
		if v := strings.TrimSpace(b.String()); v != "" {
			out = append(out, v)
		}
		b.Reset()
	}
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text) && (text[i+1] == ',' || text[i+1] == '\\'):
			i++
			b.WriteByte(text[i])
		case text[i] == ',':
			flush()
		default:
			b.WriteByte(text[i])
		}
	}
	flush()
	return out
}

// writeRule is the text that readRule reads back.
func writeRule(r Rule) string {
	groups := make([]string, len(r.Any))
	for i, g := range r.Any {
		lines := make([]string, len(g.All))
		for j, c := range g.All {
			name := c.Field
			if c.Key != "" {
				name += ":" + c.Key
			}
			values := make([]string, len(c.Values))
			for k, v := range c.Values {
				values[k] = list.Join(v)
			}
			lines[j] = name + " = " + strings.Join(values, ", ")
		}
		groups[i] = strings.Join(lines, "\n")
	}
	return strings.Join(groups, "\nor\n")
}

// conditionWords says a condition in the reader's language.
//
// i18n: estate.rule.*
func conditionWords(p *ui.Page, c Condition) string {
	values := slices.Clone(c.Values)
	for i, v := range values {
		switch c.Field {
		case "environment":
			values[i] = environmentWord(p, v)
		case "type":
			if !strings.ContainsAny(v, "*?") {
				values[i] = typeWord(p, v)
			}
		}
	}
	if c.Field == "tag" && len(values) == 1 && values[0] == "*" {
		return p.T("estate.rule.tag_there", "key", c.Key)
	}
	return p.T("estate.rule."+c.Field, "key", c.Key, "values", strings.Join(values, p.T("estate.rule.or")))
}
