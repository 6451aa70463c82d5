package note

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// span is a mention in a text: bytes from the @ to the end of the name.
type span struct {
	from, to int
	person   int // in the list that was given; -1 where the name is nobody's
}

// mentions finds @Name and @address in a text. The longest name that fits wins; a word behind @ that is nobody's name is found too, so
// that its author can be told. An @ inside a word, such as that of an e-mail address, is none.
func mentions(text string, people []Person) (out []span) {
	order := make([]int, len(people))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return len(people[b].Name) - len(people[a].Name) })
	for at := 0; at < len(text); {
		i := strings.IndexByte(text[at:], '@')
		if i < 0 {
			break
		}
		i += at
		at = i + 1
		if before, _ := utf8.DecodeLastRuneInString(text[:i]); i > 0 && (unicode.IsLetter(before) || unicode.IsDigit(before) || strings.ContainsRune("._-+/@`", before)) {
			continue
		}
		found := span{from: i, person: -1}
		for _, p := range order {
			for _, name := range []string{people[p].Name, people[p].Email} {
				if n := prefix(text[at:], name); n > 0 && at+n > found.to {
					found.to, found.person = at+n, p
				}
			}
		}
		if found.person < 0 {
			n := 0
			for n < len(text[at:]) {
				c, size := utf8.DecodeRuneInString(text[at+n:])
				if !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune("._-+@", c) {
					break
				}
				n += size
			}
			found.to = at + len(strings.TrimRight(text[at:at+n], "._-+@"))
		}
		if found.to > at {
			out = append(out, found)
			at = found.to
		}
	}
	return out
}

// prefix is how many bytes of a text are a name, without regard to case; 0 where it is another, or goes on as a longer word.
func prefix(text, name string) int {
	if name == "" || len(text) < len(name) || !strings.EqualFold(text[:len(name)], name) {
		return 0
	}
	if next, _ := utf8.DecodeRuneInString(text[len(name):]); len(text) > len(name) && (unicode.IsLetter(next) || unicode.IsDigit(next)) {
		return 0
	}
	return len(name)
}

// named gives the people that a text mentions, once each and without the author, and the words that reached nobody.
func named(text string, people []Person, author string) (reached []Person, unreached []string) {
	unreached = []string{}
	for _, s := range mentions(text, people) {
		if s.person < 0 {
			if word := text[s.from:s.to]; !slices.Contains(unreached, word) {
				unreached = append(unreached, word)
			}
			continue
		}
		p := people[s.person]
		if p.ID != author && !slices.ContainsFunc(reached, func(r Person) bool { return r.ID == p.ID }) {
			reached = append(reached, p)
		}
	}
	return reached, unreached
}
