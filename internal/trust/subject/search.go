package subject

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
)

// lookedThrough is how many records of a type that has First are looked through: about as many as an engine reads in some milliseconds.
const lookedThrough = 5_000

// mostWords is how many words a search takes in; more of them narrow nothing.
const mostWords = 6

// Found is a record that fits a search.
type Found struct {
	Subject
	Customer string // its customer's name
	Also     string // the first of what else its type is looked for by
}

// Search looks in the scope of the transaction for records of some types by what they are called, the best of each type first: every word
// must be in the name, or in what else the type is looked for by. slug holds it to one customer; limit is of each type. It is one statement.
// Types that nobody looks for by name are left out. Who may read what, the caller has asked.
func (r *Registry) Search(ctx context.Context, tx *db.Tx, types []string, slug, q string, limit int) ([]Found, error) {
	words := strings.Fields(strings.ToLower(q))
	words = words[:min(len(words), mostWords)]
	if len(words) == 0 {
		return nil, nil
	}
	var branches []string
	var args []any
	for _, t := range types {
		k, ok := r.kinds[t]
		if !ok || k.Nameless || k.Page == nil {
			continue
		}
		branch, with := k.branch(words, slug, limit)
		branches, args = append(branches, branch), append(args, with...)
	}
	if len(branches) == 0 {
		return nil, nil
	}
	var rows []struct {
		Kind       string `db:"kind"`
		ID         string `db:"id"`
		CustomerID string `db:"customer_id"`
		Name       string `db:"name"`
		Customer   string `db:"customer"`
		Also       string `db:"also"`
	}
	if err := tx.Select(ctx, &rows, strings.Join(branches, " UNION ALL "), args...); err != nil {
		return nil, fmt.Errorf("search records: %w", err)
	}
	out := make([]Found, len(rows))
	for i, row := range rows {
		out[i] = Found{Subject: Subject{Kind: row.Kind, ID: row.ID, CustomerID: row.CustomerID, Name: row.Name, Href: r.kinds[row.Kind].Page(row.ID)}, Customer: row.Customer, Also: row.Also}
	}
	return out, nil
}

// branch is the search of one type.
func (k Kind) branch(words []string, slug string, limit int) (query string, args []any) {
	columns := append([]string{k.Title}, k.Also...)
	from, where := "{"+k.Table+"}", []string{}
	if k.Only != "" {
		where = append(where, k.Only)
	}
	if slug != "" {
		where, args = append(where, k.Customer+` = (SELECT id FROM {customer} WHERE slug = ?)`), append(args, slug)
	}
	if k.First != "" {
		from = `(SELECT id, ` + k.Customer + `, ` + strings.Join(columns, ", ") + ` FROM {` + k.Table + `} WHERE ` + strings.Join(append(where, "TRUE"), " AND ") +
			` ORDER BY ` + k.First + ` LIMIT ` + strconv.Itoa(lookedThrough) + `)`
		where = nil
	}
	for _, w := range words {
		var any []string
		for _, c := range columns {
			any = append(any, `lower(x.`+c+`) LIKE ? ESCAPE '!'`)
			args = append(args, "%"+list.Literal(w)+"%")
		}
		where = append(where, "("+strings.Join(any, " OR ")+")")
	}
	args = append(args, list.Literal(words[0])+"%", limit)
	also := `CAST('' AS TEXT)`
	if len(k.Also) > 0 {
		also = `x.` + k.Also[0]
	}
	return `SELECT CAST('` + k.Type + `' AS TEXT) AS kind, r.id AS id, r.customer_id AS customer_id, r.name AS name, c.name AS customer, r.also AS also
		FROM (SELECT x.id AS id, x.` + k.Customer + ` AS customer_id, x.` + k.Title + ` AS name, ` + also + ` AS also FROM ` + from + ` x WHERE ` + strings.Join(where, " AND ") + `
			ORDER BY CASE WHEN lower(x.` + k.Title + `) LIKE ? ESCAPE '!' THEN 0 ELSE 1 END, length(x.` + k.Title + `), x.id LIMIT ?) r JOIN {customer} c ON c.id = r.customer_id`, args
}
