package cmdb

import (
	"slices"
	"strings"
)

// Prefixes of the terms under which a CI is found (table ci_term).
const (
	termTag   = "t:" // t:KEY=VALUE
	termWord  = "w:" // w:word of the name or the external id, lower case
	termWhole = "n:" // n:name or external id whole, lower case, where it is more than one word
	termKey   = "k:" // k:arn:... and k:dns:..., which edges point at
)

// Limits that keep a term within what an index holds on both engines.
const (
	maxTerm  = 600
	maxWord  = 128
	maxWords = 24
)

// terms gives what the CI is found under, sorted and each once.
func terms(name, externalID, arn string, tags map[string]string, keys []string) []string {
	parts, wholes := wordsOf(name, externalID)
	out := make([]string, 0, len(tags)+len(keys)+len(parts)+len(wholes)+1)
	for k, v := range tags {
		out = append(out, tagTerm(k, v))
	}
	for _, w := range parts {
		out = append(out, termWord+w)
	}
	for _, w := range wholes {
		out = append(out, termWhole+w)
	}
	if arn != "" {
		out = append(out, keyTerm(arn))
	}
	for _, k := range keys {
		if k != "" {
			out = append(out, keyTerm(k))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func tagTerm(key, value string) string { return cut(termTag+key+"="+value, maxTerm) }
func keyTerm(key string) string        { return cut(termKey+key, maxTerm) }

// wordsOf gives the words of the texts, and those texts whole that are more than one word. An ARN is found under its key and gives
// only its last part here.
func wordsOf(texts ...string) (parts, wholes []string) {
	for _, text := range texts {
		text = strings.Map(blank, strings.ToLower(text))
		if strings.HasPrefix(text, "arn:") {
			text = text[strings.LastIndexByte(text, ':')+1:]
		}
		if text = cut(text, maxWord); text == "" || slices.Contains(wholes, text) {
			continue
		}
		if !strings.ContainsFunc(text, separates) {
			if !slices.Contains(parts, text) {
				parts = append(parts, text)
			}
			continue
		}
		wholes = append(wholes, text)
		for _, part := range strings.FieldsFunc(text, separates) {
			if len(part) > 1 && len(parts) < maxWords && !slices.Contains(parts, part) {
				parts = append(parts, part)
			}
		}
	}
	return parts, wholes
}

// Marks in the column words: what follows is a word, or a whole text.
const (
	markWord  = "\n"
	markWhole = "\t"
)

// wordsText is what the column words holds: all words, each behind its mark. Never empty, which stands for not made yet.
func wordsText(name, externalID string) string {
	parts, wholes := wordsOf(name, externalID)
	var b strings.Builder
	for _, w := range parts {
		b.WriteString(markWord + w)
	}
	for _, w := range wholes {
		b.WriteString(markWhole + w)
	}
	b.WriteString(markWord)
	return b.String()
}

// blank makes the characters blanks that the marks are made of.
func blank(r rune) rune {
	if r < ' ' {
		return ' '
	}
	return r
}

func separates(r rune) bool {
	return r < 0x80 && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

// prefixRange gives the bounds between which all terms with the prefix lie, in the byte order that both engines use for terms.
func prefixRange(prefix string) (from, below string) { return prefix, prefix + "\U0010FFFF" }
