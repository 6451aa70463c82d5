package db

import (
	"encoding/json"
	"strconv"
	"strings"
)

// IDs gives "column IN (a set of any size)" with the set as one parameter, so that a statement is one text whatever the size of the
// set: the engines keep it prepared, and no limit on the number of parameters is met.
func IDs(tx *Tx, column string, values []string) (string, any) {
	return within(tx, column, "uuid", values)
}

// Texts is IDs for texts.
func Texts(tx *Tx, column string, values []string) (string, any) {
	return within(tx, column, "text", values)
}

// within leans on PostgreSQL's own names of the array types, _uuid and _text: brackets are not allowed in a statement.
func within(tx *Tx, column, kind string, values []string) (string, any) {
	if tx.Engine() == Postgres {
		return column + " = ANY(CAST(? AS _" + kind + "))", literal(values)
	}
	return column + " IN (SELECT value FROM json_each(?))", compact(values)
}

// Set is a column of a relation that is given as parameters: "text", "uuid" or "int8", whose numbers are written as text.
type Set struct {
	Name, Kind string
	Values     []string
}

// Unnest gives a SELECT of rows, whose columns of equal length are parameters as those of IDs are.
func Unnest(tx *Tx, columns ...Set) (string, []any) {
	picks := make([]string, len(columns))
	if tx.Engine() == Postgres {
		names, args := make([]string, len(columns)), make([]any, len(columns))
		for i, c := range columns {
			names[i], picks[i], args[i] = c.Name, "CAST(? AS _"+c.Kind+")", literal(c.Values)
		}
		return `SELECT * FROM unnest(` + strings.Join(picks, ", ") + `) AS u(` + strings.Join(names, ", ") + `)`, args
	}
	rows := make([][]string, len(columns[0].Values))
	for i := range rows {
		rows[i] = make([]string, len(columns))
		for k, c := range columns {
			rows[i][k] = c.Values[i]
		}
	}
	for k, c := range columns {
		picks[k] = "j.value ->> " + strconv.Itoa(k)
		if c.Kind == "int8" {
			picks[k] = "CAST(" + picks[k] + " AS INTEGER)"
		}
		picks[k] += " AS " + c.Name
	}
	return `SELECT ` + strings.Join(picks, ", ") + ` FROM json_each(?) j`, []any{compact(rows)}
}

// compact writes texts as JSON; they always can be.
func compact(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// literal is a text array as PostgreSQL reads it.
func literal(values []string) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, v := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('"')
		b.WriteString(arrayEscapes.Replace(v))
		b.WriteByte('"')
	}
	b.WriteByte('}')
	return b.String()
}

var arrayEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)
