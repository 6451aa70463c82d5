package cmdb

import (
	"encoding/json"
	"strings"

	"vigie/internal/platform/db"
)

// within gives "column IN (a set of any size)" with the set as one parameter, so that a statement is one text whatever the size
// of the batch: the engines keep it prepared, and no limit on the number of parameters is met.
// (_uuid and _text are PostgreSQL's own names of the array types; brackets are not allowed in a statement.)
func within(tx *db.Tx, column, kind string, values []string) (string, any) {
	if tx.Engine() == db.Postgres {
		return column + " = ANY(CAST(? AS _" + kind + "))", literal(values)
	}
	b, err := json.Marshal(values)
	if err != nil {
		b = []byte("[]") // strings always marshal
	}
	return column + " IN (SELECT value FROM json_each(?))", string(b)
}

// ids and texts are the two kinds of sets.
func ids(tx *db.Tx, column string, values []string) (string, any) {
	return within(tx, column, "uuid", values)
}

func texts(tx *db.Tx, column string, values []string) (string, any) {
	return within(tx, column, "text", values)
}

// triples gives a SELECT of rows of two texts and an id, the sets as parameters as within does.
func triples(tx *db.Tx, first, second, ids []string) (string, []any) {
	if tx.Engine() == db.Postgres {
		return `SELECT * FROM unnest(CAST(? AS _text), CAST(? AS _text), CAST(? AS _uuid))`, []any{literal(first), literal(second), literal(ids)}
	}
	rows := make([]any, len(first))
	for i := range first {
		rows[i] = [...]string{first[i], second[i], ids[i]}
	}
	b, err := json.Marshal(rows)
	if err != nil {
		b = []byte("[]") // strings always marshal
	}
	return `SELECT j.value ->> 0, j.value ->> 1, j.value ->> 2 FROM json_each(?) j`, []any{string(b)}
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
