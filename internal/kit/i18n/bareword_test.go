package i18n_test

import (
	"regexp"
	"strings"
	"unicode"
)

var (
	shown   = regexp.MustCompile(`\s(?:title|placeholder|alt|aria-label|aria-description|label)="([^"]*[A-Za-z][^"]*)"`)
	direct  = regexp.MustCompile(`@(?:ui\.)?(?:Text|Cut)\("([^"]*[A-Za-z][^"]*)"\)`)
	control = regexp.MustCompile(`^(?:if |\} else|for |switch |case |default:|@|\}|//|\{)`)
	tag     = regexp.MustCompile(`(?s)<[^<>]*>`)
	comment = regexp.MustCompile(`(?s)<!--.*?-->|<script.*?</script>`)
)

// bareWords finds text with letters in the markup of the components of a templ file. It reads by lines and nesting, not
// by grammar: enough for files that templ fmt has laid out, where a statement stands at the beginning of its line.
func bareWords(text string) []string {
	var found []string
	for _, body := range components(text) {
		body = comment.ReplaceAllString(body, "")
		for _, pattern := range []*regexp.Regexp{shown, direct} {
			for _, m := range pattern.FindAllStringSubmatch(body, -1) {
				found = append(found, m[1])
			}
		}
		// Attributes that are conditional spread a tag over lines; expressions go first, so that no ">" of theirs ends a tag.
		var markup []string
		for line := range strings.Lines(withoutExpressions(body)) {
			if trimmed := strings.TrimSpace(line); !control.MatchString(trimmed) {
				markup = append(markup, trimmed)
			}
		}
		for piece := range strings.SplitSeq(tag.ReplaceAllString(strings.Join(markup, "\n"), "\x00"), "\x00") {
			for _, words := range strings.FieldsFunc(piece, func(r rune) bool { return r == '\n' || r == '\x01' }) {
				if words = strings.TrimSpace(words); strings.IndexFunc(words, unicode.IsLetter) >= 0 {
					found = append(found, words)
				}
			}
		}
	}
	return found
}

// components gives the bodies of the templ blocks: from "templ …{" at the margin to the "}" at the margin.
func components(text string) []string {
	var bodies []string
	var body []string
	inside := false
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "templ "):
			inside, body = true, nil
		case inside && strings.HasPrefix(line, "}"):
			inside = false
			bodies = append(bodies, strings.Join(body, ""))
		case inside:
			body = append(body, line)
		}
	}
	return bodies
}

// withoutExpressions blanks { … } that begin and end on one line, strings inside included.
func withoutExpressions(body string) string {
	var out strings.Builder
	for line := range strings.Lines(body) {
		trimmed := strings.TrimSpace(line)
		if control.MatchString(trimmed) && !strings.HasPrefix(trimmed, "{ ") {
			out.WriteString(line)
			continue
		}
		depth := 0
		var quote rune
		for _, r := range line {
			switch {
			case quote != 0:
				if r == quote {
					quote = 0
				}
				if depth > 0 {
					continue
				}
			case depth > 0 && (r == '"' || r == '`'):
				quote = r
				continue
			case r == '{':
				depth++
				continue
			case r == '}' && depth > 0:
				depth--
				if depth == 0 {
					out.WriteRune('\x01')
				}
				continue
			}
			if depth == 0 {
				out.WriteRune(r)
			}
		}
		if depth > 0 {
			out.WriteString("\n")
		}
	}
	return out.String()
}
