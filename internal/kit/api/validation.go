package api

import (
	"regexp"
	"strings"
)

// explain turns a message of huma's validator, which is English text, into one of ours. What is not listed stays as it is
// behind a general key, so that nothing is hidden.
func explain(location, message string) (field, key string, args map[string]any) {
	if at, ok := strings.CutPrefix(message, jsonFault); ok {
		line, column, _ := strings.Cut(at, " ")
		return location, "api.body.syntax", map[string]any{"line": line, "column": column}
	}
	if strings.HasPrefix(message, unknownType) {
		return location, "api.body.type", nil
	}
	for _, r := range explanations {
		m := r.text.FindStringSubmatch(message)
		if m == nil {
			continue
		}
		if r.missing {
			return location + "." + m[1], r.key, nil
		}
		if len(m) > 1 {
			args = map[string]any{"value": m[1]}
		}
		return location, r.key, args
	}
	return location, "api.field.other", map[string]any{"message": message}
}

const unknownType = "unknown content type"

var explanations = []struct {
	text    *regexp.Regexp
	key     string
	missing bool
}{
	{regexp.MustCompile(`^expected required property (\S+) to be present$`), "api.field.required", true},
	{regexp.MustCompile(`^unexpected property$`), "api.field.unexpected", false},
	{regexp.MustCompile(`^unknown query parameter$`), "api.list.unknown", false},
	{regexp.MustCompile(`^required \S+ parameter is missing$`), "api.field.required", false},
	{regexp.MustCompile(`^expected string$`), "api.field.string", false},
	{regexp.MustCompile(`^(?:expected boolean|invalid boolean)$`), "api.field.bool", false},
	{regexp.MustCompile(`^(?:expected number|invalid float)$`), "api.field.number", false},
	{regexp.MustCompile(`^(?:expected integer|invalid integer)$`), "api.field.integer", false},
	{regexp.MustCompile(`^expected array$`), "api.field.array", false},
	{regexp.MustCompile(`^expected object$`), "api.field.object", false},
	{regexp.MustCompile(`^expected array items to be unique$`), "api.field.unique", false},
	{regexp.MustCompile(`^expected value to be one of "(.*)"$`), "api.field.choice", false},
	{regexp.MustCompile(`^expected number >= (.+)$`), "api.field.min", false},
	{regexp.MustCompile(`^expected number <= (.+)$`), "api.field.max", false},
	{regexp.MustCompile(`^expected length >= (\d+)$`), "api.field.min_length", false},
	{regexp.MustCompile(`^expected length <= (\d+)$`), "api.field.max_length", false},
	{regexp.MustCompile(`^expected array length <= (\d+)$`), "api.field.max_items", false},
	{regexp.MustCompile(`^expected array length >= (\d+)$`), "api.field.min_items", false},
	{regexp.MustCompile(`^(?:expected string to be RFC 3339 date-time|invalid date/time.*)$`), "api.list.time", false},
	{regexp.MustCompile(`^unreadable text$`), "api.list.text", false},
}
