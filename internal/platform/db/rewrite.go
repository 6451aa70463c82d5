package db

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// statement is one SQL text cut into tokens, in the form that expand needs.
type token struct {
	kind tokenKind
	text string
}

type tokenKind uint8

const (
	space tokenKind = iota
	word
	braced // {table} or {scope}; text without the braces
	mark   // the "?" of a parameter
	other  // literals, numbers, punctuation
)

// expand turns a statement in braces into the text of the engine, with the customer predicate added and the parameters in
// order. It is pure: see rewrite_test.go for what it must never let through.
func expand(engine Engine, scope Scope, across bool, sql string, params []any) (string, []any, error) {
	tokens, err := scan(sql)
	if err != nil {
		return "", nil, err
	}
	x := expansion{engine: engine, scope: scope, across: across, params: params, tokens: tokens}
	return x.run()
}

type expansion struct {
	engine Engine
	scope  Scope
	across bool
	params []any
	tokens []token

	out  strings.Builder
	args []any
	used int // parameters of the caller used so far
}

func (x *expansion) run() (string, []any, error) {
	verb := x.verb()
	guard := "" // predicate still to be put into the WHERE of an UPDATE or DELETE
	depth, opened := 0, false
	prev := ""
	// from tells for each depth of parentheses whether we are in a FROM clause, where a comma is followed by a table too;
	// elsewhere a column may have the name of a table.
	from := []bool{false}
	for i, t := range x.tokens {
		switch t.kind {
		case braced:
			if t.text == "scope" {
				one, ok := x.scope.One()
				if !ok {
					return "", nil, fmt.Errorf("{scope} needs a scope of one customer")
				}
				x.arg(one)
				break
			}
			table, ok := tableNamed(t.text)
			if !ok {
				return "", nil, fmt.Errorf("table {%s} is not registered", t.text)
			}
			target := depth == 0 && (prev == "UPDATE" || prev == "INTO" || (prev == "FROM" && verb == "DELETE" && guard == "" && !opened))
			if err := x.table(table, target, prev, i, &guard); err != nil {
				return "", nil, err
			}
		case mark:
			if x.used >= len(x.params) {
				return "", nil, fmt.Errorf("too few parameters: %d", len(x.params))
			}
			x.arg(x.params[x.used])
			x.used++
		case word:
			up := strings.ToUpper(t.text)
			if _, ok := tableNamed(strings.ToLower(t.text)); ok && (namesTable(prev) || prev == "USING" || (prev == "," || prev == "(") && from[depth]) {
				return "", nil, fmt.Errorf("table %s must stand in braces", t.text)
			}
			switch up {
			case "FROM":
				from[depth] = true
			case "SELECT", "WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "WINDOW", "UNION", "EXCEPT", "INTERSECT", "RETURNING", "SET":
				from[depth] = false
			}
			if opened && depth == 0 && up == "RETURNING" {
				x.out.WriteString(") ")
				opened = false
			}
			x.out.WriteString(t.text)
			if up == "WHERE" && depth == 0 && guard != "" {
				x.out.WriteString(" " + guard + " IN (")
				x.customers()
				x.out.WriteString(") AND (")
				guard, opened = "", true
			}
			prev = up
		case other:
			switch t.text {
			case "(":
				depth++
				// FROM (a, b): parentheses around a list of tables keep it one.
				from = append(from, from[depth-1] && (namesTable(prev) || prev == "(" || prev == ","))
			case ")":
				if depth--; depth < 0 {
					return "", nil, errors.New("a parenthesis is closed that was not opened")
				}
				from = from[:depth+1]
			}
			x.out.WriteString(t.text)
			prev = t.text
		case space:
			x.out.WriteString(t.text)
		}
		if t.kind == braced || t.kind == mark {
			prev = "}"
		}
	}
	if guard != "" {
		return "", nil, fmt.Errorf("%s of a customer's table needs a WHERE", verb)
	}
	if opened {
		x.out.WriteString(")")
	}
	if x.used != len(x.params) {
		return "", nil, fmt.Errorf("%d parameters given, %d used", len(x.params), x.used)
	}
	return x.out.String(), x.args, nil
}

// table writes one table reference: plain where the instance's own or across, a derived table with the predicate where it
// is read, and a plain name with a guard for the WHERE where it is changed.
func (x *expansion) table(t Table, target bool, prev string, at int, guard *string) error {
	if t.Key == "" || x.across {
		x.out.WriteString(t.Name)
		return nil
	}
	if target {
		if _, ok := x.scope.One(); !ok {
			return fmt.Errorf("a write to %s needs a scope of one customer", t.Name)
		}
		x.out.WriteString(t.Name)
		if prev == "INTO" {
			return x.insertNamesScope(t, at)
		}
		*guard = t.Name + "." + t.Key
		if alias := x.alias(at); alias != "" {
			*guard = alias + "." + t.Key
		}
		return nil
	}
	if x.scope.All() {
		x.out.WriteString(t.Name)
		return nil
	}
	x.out.WriteString("(SELECT * FROM " + t.Name + " WHERE " + t.Key)
	if _, one := x.scope.One(); one {
		x.out.WriteString(" = ")
		x.customers()
	} else {
		x.out.WriteString(" IN (")
		x.customers()
		x.out.WriteString(")")
	}
	x.out.WriteString(")")
	if x.alias(at) == "" {
		x.out.WriteString(" AS " + t.Name)
	}
	return nil
}

// insertNamesScope holds INSERT ... SELECT to the form (customer_id, ...) SELECT {scope}, ...
func (x *expansion) insertNamesScope(t Table, at int) error {
	var next []string
	for _, t := range x.tokens[at+1:] {
		if t.kind != space {
			if t.kind == braced {
				next = append(next, "{"+t.text+"}")
			} else {
				next = append(next, strings.ToLower(t.text))
			}
		}
	}
	bad := fmt.Errorf("INSERT INTO {%s} must be ({%[1]s}'s %s first, ...) SELECT {scope}, ...; or use Tx.Insert", t.Name, t.Key)
	if len(next) < 2 || next[0] != "(" || next[1] != t.Key {
		return bad
	}
	for i, w := range next {
		if w == ")" {
			if i+2 < len(next) && next[i+1] == "select" && next[i+2] == "{scope}" {
				return nil
			}
			return bad
		}
	}
	return bad
}

// alias gives the name that follows a table reference, if there is one.
func (x *expansion) alias(at int) string {
	for _, t := range x.tokens[at+1:] {
		switch {
		case t.kind == space:
			continue
		case t.kind == word && strings.EqualFold(t.text, "AS"):
			continue
		case t.kind == word && !keyword(t.text):
			return t.text
		}
		return ""
	}
	return ""
}

func (x *expansion) customers() {
	if len(x.scope.customers) == 0 {
		x.out.WriteString("NULL")
		return
	}
	for i, c := range x.scope.customers {
		if i > 0 {
			x.out.WriteString(", ")
		}
		x.arg(c)
	}
}

func (x *expansion) arg(v any) {
	x.args = append(x.args, v)
	if x.engine == Postgres {
		x.out.WriteString("$" + strconv.Itoa(len(x.args)))
		return
	}
	x.out.WriteString("?")
}

// verb is the statement's own verb at depth 0: the last of SELECT, UPDATE, DELETE, INSERT that is not inside parentheses,
// so that a WITH before it does not matter.
func (x *expansion) verb() string {
	depth := 0
	for _, t := range x.tokens {
		switch t.text {
		case "(":
			depth++
		case ")":
			depth--
		}
		if t.kind == word && depth == 0 {
			switch up := strings.ToUpper(t.text); up {
			case "SELECT", "UPDATE", "DELETE", "INSERT":
				return up
			}
		}
	}
	return ""
}

func namesTable(prev string) bool {
	switch prev {
	case "FROM", "JOIN", "INTO", "UPDATE", "ONLY", "TABLE":
		return true
	}
	return false
}

func keyword(s string) bool {
	switch strings.ToUpper(s) {
	case "SET", "WHERE", "JOIN", "LEFT", "RIGHT", "FULL", "INNER", "CROSS", "ON", "ORDER", "GROUP", "LIMIT", "UNION", "HAVING",
		"RETURNING", "USING", "VALUES", "SELECT", "NATURAL", "EXCEPT", "INTERSECT", "OFFSET", "FOR":
		return true
	}
	return false
}

func tableNamed(name string) (Table, bool) {
	t, ok := tableIndex[name]
	return t, ok
}

var tableIndex = func() map[string]Table {
	m := map[string]Table{}
	for _, t := range Tables() {
		m[t.Name] = t
	}
	return m
}()
