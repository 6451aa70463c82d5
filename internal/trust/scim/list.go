package scim

import (
	"context"

	"vigie/internal/platform/db"
	"vigie/internal/platform/id"
)

// Bounds of an answer, and of what one filter may look at.
const (
	usualPage = 100
	maxPage   = 200
	maxLooked = 100_000
)

// query is what a list is asked for.
type query struct {
	filter     node
	by         *place
	descending bool
	start      int // from 1
	count      int
	as         shape
}

// columns are the attributes that SQL has an index for, and their columns.
func columns(r resource, c comparison) (column, value string) {
	s, _ := c.want.(string)
	if c.at.ext != "" || c.at.sub != nil {
		return "", ""
	}
	switch c.at.attr.Name {
	case "id":
		if !id.Valid(s) {
			s = "00000000-0000-0000-0000-000000000000" // nobody's
		}
		return "id", s
	case "externalId":
		return "external_id", s
	case "userName":
		return "user_key", fold(s)
	case "displayName":
		if r.Name == groups.Name {
			return "name_key", fold(s)
		}
	}
	return "", ""
}

// where narrows by what must hold anyway; the filter itself is asked of each document that is left.
func where(r resource, d directory, n node) (string, []any) {
	text, args := "provider_id = ?", []any{d.id}
	for _, c := range required(n) {
		if column, value := columns(r, c); column != "" {
			text, args = text+" AND "+column+" = ?", append(args, value)
		}
	}
	return text, args
}

// list gives a page, and how many there are in all.
func (s *Service) list(ctx context.Context, d directory, r resource, q query) (page []map[string]any, total int, err error) {
	table, members := "scim_user", true
	if r.Name == groups.Name {
		table, members = "scim_group", q.as.shows("members")
	}
	err = s.read(ctx, func(tx *db.Tx) error {
		text, args := where(r, d, q.filter)
		if err := tx.Get(ctx, &total, `SELECT COUNT(*) FROM {`+table+`} WHERE `+text, args...); err != nil {
			return err
		}
		text += " ORDER BY created_at, id"
		simple := q.filter == nil && q.by == nil
		if simple {
			text, args = text+" LIMIT ? OFFSET ?", append(args, q.count, q.start-1)
		} else if total > maxLooked {
			return bad(tooMany, "too_many", "max", maxLooked)
		}
		if r.Name == groups.Name {
			page, err = s.lookGroups(ctx, tx, text, args, members || q.asks("members"))
		} else {
			page, err = s.lookUsers(ctx, tx, text, args, q.as.shows("groups") || q.asks("groups"))
		}
		if err == nil && !simple {
			page = q.cut(page)
			total, page = len(page), slice(page, q.start, q.count)
		}
		return err
	})
	for i := range page {
		page[i] = q.as.of(page[i])
	}
	return page, total, err
}

// asks tells whether filter or order needs what is written in for each resource.
func (q query) asks(name string) bool {
	return q.by != nil && q.by.attr.Name == name || names(q.filter, name)
}

func names(n node, name string) bool {
	switch n := n.(type) {
	case both:
		return names(n.left, name) || names(n.right, name)
	case either:
		return names(n.left, name) || names(n.right, name)
	case negated:
		return names(n.inner, name)
	case comparison:
		return n.at.attr.Name == name
	case picked:
		return n.at.attr.Name == name
	}
	return false
}

func (s *Service) lookUsers(ctx context.Context, tx *db.Tx, text string, args []any, withGroups bool) ([]map[string]any, error) {
	var rows []userRow
	if err := tx.Select(ctx, &rows, `SELECT `+db.Columns[userRow]("")+` FROM {scim_user} WHERE `+text, args...); err != nil {
		return nil, err
	}
	return s.shown(ctx, tx, rows, withGroups)
}

func (s *Service) lookGroups(ctx context.Context, tx *db.Tx, text string, args []any, withMembers bool) ([]map[string]any, error) {
	var rows []groupRow
	if err := tx.Select(ctx, &rows, `SELECT `+db.Columns[groupRow]("")+` FROM {scim_group} WHERE `+text, args...); err != nil {
		return nil, err
	}
	return s.shownGroups(ctx, tx, rows, withMembers)
}

// cut leaves those that the filter means, in order.
func (q query) cut(all []map[string]any) []map[string]any {
	out := all[:0]
	for _, doc := range all {
		if q.filter == nil || q.filter.holds(doc) {
			out = append(out, doc)
		}
	}
	if q.by != nil {
		order(out, *q.by, q.descending)
	}
	return out
}

func slice(all []map[string]any, start, count int) []map[string]any {
	from := min(start-1, len(all))
	return all[from:min(from+count, len(all))]
}
