package cmdb

import (
	"slices"
	"strings"
)

// Prefixes of the terms under which a CI is found (table ci_term).
const (
	termTag  = "t:" // t:KEY=VALUE
	termWord = "w:" // w:word of the name or the external id, lower case
	termKey  = "k:" // k:arn:... and k:dns:..., which edges point at
)

// Limits that keep a term within what an index holds on both engines.
const (
	maxTerm  = 600
	maxWord  = 128
	maxWords = 24
)

// terms gives the words under which a CI is found, sorted and each once.
func terms(name, externalID, arn string, tags map[string]string, keys []string) []string {
	out := make([]string, 0, len(tags)+len(keys)+10)
	for k, v := range tags {
		out = append(out, tagTerm(k, v))
	}
	for _, w := range wordsOf(name, externalID) {
		out = append(out, termWord+w)
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

// wordsOf gives name and id whole and in parts. An ARN is found under its key and gives only its last part here.
func wordsOf(texts ...string) []string {
	var out []string
	for _, text := range texts {
		text = strings.ToLower(text)
		if strings.HasPrefix(text, "arn:") {
			text = text[strings.LastIndexByte(text, ':')+1:]
		}
		if text == "" || slices.Contains(out, cut(text, maxWord)) {
			continue
		}
		out = append(out, cut(text, maxWord))
		for _, part := range strings.FieldsFunc(text, separates) {
			if part = cut(part, maxWord); len(part) > 1 && len(out) < maxWords && !slices.Contains(out, part) {
				out = append(out, part)
			}
		}
	}
	return out
}

func separates(r rune) bool {
	return r < 0x80 && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

// prefixRange gives the bounds between which all terms with the prefix lie, in the byte order that both engines use for terms.
func prefixRange(prefix string) (from, below string) { return prefix, prefix + "\U0010FFFF" }
