package db

import (
	"fmt"
	"strings"
)

// scan cuts a statement into tokens. Comments, semicolons and dollar quotes are refused: no statement of ours has them, and
// they are how text is smuggled past a rewriter.
func scan(sql string) ([]token, error) {
	var out []token
	for i := 0; i < len(sql); {
		c := sql[i]
		switch {
		case c == ' ' || c == '\n' || c == '\t' || c == '\r':
			j := i
			for j < len(sql) && strings.IndexByte(" \n\t\r", sql[j]) >= 0 {
				j++
			}
			out = append(out, token{space, " "})
			i = j
		case c == '{':
			j := strings.IndexByte(sql[i:], '}')
			if j < 0 {
				return nil, fmt.Errorf("a brace is not closed")
			}
			out = append(out, token{braced, sql[i+1 : i+j]})
			i += j + 1
		case c == '?':
			out = append(out, token{mark, "?"})
			i++
		case c == '\'' || c == '"':
			j := i + 1
			for {
				k := strings.IndexByte(sql[j:], c)
				if k < 0 {
					return nil, fmt.Errorf("a quote is not closed")
				}
				j += k + 1
				if j < len(sql) && sql[j] == c {
					j++
					continue
				}
				break
			}
			// A quoted identifier could name a table without braces.
			if _, ok := tableNamed(strings.Trim(sql[i:j], `"`)); ok && c == '"' {
				return nil, fmt.Errorf("table %s must stand in braces", sql[i:j])
			}
			out = append(out, token{other, sql[i:j]})
			i = j
		case letter(c):
			j := i
			for j < len(sql) && (letter(sql[j]) || digit(sql[j])) {
				j++
			}
			out = append(out, token{word, sql[i:j]})
			i = j
		case digit(c):
			j := i
			for j < len(sql) && (digit(sql[j]) || sql[j] == '.') {
				j++
			}
			out = append(out, token{other, sql[i:j]})
			i = j
		case c == ';', c == '$', c == '`', c == '[', strings.HasPrefix(sql[i:], "--"), strings.HasPrefix(sql[i:], "/*"):
			return nil, fmt.Errorf("%q is not allowed in a statement", string(c))
		case c == '.' && i+1 < len(sql) && letter(sql[i+1]):
			// A qualified name: the part behind the dot is a column, never a table (schemas are not named).
			j := i + 1
			for j < len(sql) && (letter(sql[j]) || digit(sql[j])) {
				j++
			}
			out = append(out, token{other, sql[i:j]})
			i = j
		default:
			out = append(out, token{other, string(c)})
			i++
		}
	}
	return out, nil
}

func letter(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func digit(c byte) bool  { return c >= '0' && c <= '9' }
