package list

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"vigie/internal/platform/db"
	"vigie/internal/platform/id"
)

// Page is a part of a list. Cursors are empty where there is nothing further.
type Page[T any] struct {
	Items      []T
	NextCursor string
	PrevCursor string
}

// cursor is the place of one row in one order. Value is text whatever the kind, so that it survives JSON exactly.
type cursor struct {
	Sort  string `json:"s"`
	Value string `json:"v"`
	Then  string `json:"t,omitempty"` // of the column that stands between, where the order is grouped
	Key   string `json:"k"`
	Back  bool   `json:"b,omitempty"`
}

func (c cursor) String() string {
	b, err := json.Marshal(c)
	if err != nil { // strings and a bool
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseCursor(text string) (c cursor, err error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(b, &c); err != nil {
		return c, err
	}
	if c.Key == "" || unreadable(c.Value) || unreadable(c.Then) || unreadable(c.Key) {
		return c, fmt.Errorf("cursor without a key")
	}
	return c, nil
}

// Run reads one page.
func Run[T any](ctx context.Context, tx *db.Tx, s Spec, q Query) (Page[T], error) {
	var page Page[T]
	back := q.cursor != nil && q.cursor.Back
	q, err := s.find(ctx, tx, q, q.desc != back, q.Limit+1)
	if err != nil {
		return page, err
	}
	text, args, err := s.statement(tx.Engine(), q, q.desc != back, q.Limit+1)
	if err != nil {
		return page, err
	}
	if err := tx.Select(ctx, &page.Items, text, args...); err != nil {
		return page, fmt.Errorf("list: %w", err)
	}
	more := len(page.Items) > q.Limit
	if more {
		page.Items = page.Items[:q.Limit]
	}
	if back {
		slices.Reverse(page.Items)
	}
	if len(page.Items) == 0 {
		page.Items = []T{}
		return page, nil
	}
	if more || back {
		if page.NextCursor, err = s.cursorAt(ctx, tx, q, page.Items[len(page.Items)-1], false); err != nil {
			return page, err
		}
	}
	if q.cursor != nil && (more || !back) {
		page.PrevCursor, err = s.cursorAt(ctx, tx, q, page.Items[0], true)
	}
	return page, err
}

// RunAs is Run of rows that show turns into what callers get.
func RunAs[T, U any](ctx context.Context, tx *db.Tx, s Spec, q Query, show func(T) U) (Page[U], error) {
	rows, err := Run[T](ctx, tx, s, q)
	page := Page[U]{Items: make([]U, len(rows.Items)), NextCursor: rows.NextCursor, PrevCursor: rows.PrevCursor}
	for i, row := range rows.Items {
		page.Items[i] = show(row)
	}
	return page, err
}

// Each gives every row to f, page by page, so that an export of any size needs the memory of one page.
func Each[T any](ctx context.Context, tx *db.Tx, s Spec, q Query, f func(T) error) error {
	q.Limit, q.cursor = MaxLimit, nil
	for {
		page, err := Run[T](ctx, tx, s, q)
		if err != nil {
			return err
		}
		for _, item := range page.Items {
			if err := f(item); err != nil {
				return err
			}
		}
		if page.NextCursor == "" {
			return nil
		}
		if q, err = q.From(page.NextCursor); err != nil {
			return err
		}
	}
}

// Count counts the rows, but no further than limit: a screen says "10,000+" rather than wait.
func Count(ctx context.Context, tx *db.Tx, s Spec, q Query, limit int) (int, error) {
	if n, ok, err := s.countMet(ctx, tx, q, limit); err != nil || ok {
		return n, err
	}
	q = s.indexed(q)
	if i, err := s.rarest(ctx, tx, q, limit); err != nil {
		return 0, err
	} else if i >= 0 {
		q = s.from(q, i)
	} else if len(q.finders) == 1 && len(q.where) == 0 && s.Where == "" {
		return limit, nil
	} else if len(q.finders) > 0 {
		q = s.from(q, 0)
	}
	return s.count(ctx, tx, q, limit)
}

// count counts the rows of a query that has taken its way.
func (s Spec) count(ctx context.Context, tx *db.Tx, q Query, limit int) (n int, err error) {
	text := "SELECT COUNT(*) FROM (SELECT 1 FROM " + q.from + s.From + s.conditions(q, "") + " LIMIT " + strconv.Itoa(limit) + ") counted"
	if err := tx.Get(ctx, &n, text, append(slices.Clip(q.fromArgs), q.args...)...); err != nil {
		return 0, fmt.Errorf("count: %w", err)
	}
	return n, nil
}

func (s Spec) statement(e db.Engine, q Query, desc bool, limit int) (string, []any, error) {
	q = q.checked(-1) // nothing that was asked for may be left out
	dir, than := "ASC", ">"
	if desc {
		dir, than = "DESC", "<"
	}
	columns, args, keyset := s.order(e, q.sort), append(slices.Clip(q.fromArgs), q.args...), ""
	if c := q.cursor; c != nil {
		value, err := q.sort.fromCursor(c.Value)
		if err != nil {
			return "", nil, err
		}
		if (s.KeyKind == 0 || s.KeyKind == ID) && !id.Valid(c.Key) {
			return "", nil, badCursor()
		}
		if _, err := strconv.ParseInt(c.Key, 10, 64); s.KeyKind == Number && err != nil {
			return "", nil, badCursor()
		}
		at := []any{value, c.Then, c.Key}
		switch len(columns) {
		case 1:
			at = []any{c.Key}
		case 2:
			at = []any{value, c.Key}
		}
		keyset, args = "("+strings.Join(columns, ", ")+") "+than+" ("+db.Marks(len(at))+")", append(args, at...)
		if len(columns) == 1 {
			keyset = columns[0] + " " + than + " ?"
		}
	}
	order := strings.Join(columns, " "+dir+", ") + " " + dir
	return "SELECT " + s.Columns + " FROM " + q.from + s.From + s.conditions(q, keyset) + " ORDER BY " + order + " LIMIT " + strconv.Itoa(limit), args, nil
}

// order gives the columns that a list is sorted by: the field, what stands between where it is grouped, and the key.
func (s Spec) order(e db.Engine, f Field) []string {
	column := s.sortColumn(f)
	switch {
	case column == s.Key:
		return []string{column}
	case s.grouped(f):
		if e == db.Postgres { // as segments have it, and SQLite
			column += ` COLLATE "C"`
		}
		then, _ := s.field(s.Terms.Sort)
		return []string{column, then.Column, s.Key}
	}
	return []string{column, s.Key}
}

func (s Spec) conditions(q Query, keyset string) string {
	var all []string
	if s.Where != "" {
		all = append(all, "("+s.Where+")")
	}
	all = append(all, q.where...)
	if keyset != "" {
		all = append(all, keyset)
	}
	if len(all) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(all, " AND ")
}

func (s Spec) sortColumn(f Field) string {
	if !f.Nullable {
		return f.Column
	}
	if f.Kind == Text || f.Kind == Choice {
		return "COALESCE(" + f.Column + ", '')"
	}
	return "COALESCE(" + f.Column + ", 0)"
}

func (s Spec) cursorAt(ctx context.Context, tx *db.Tx, q Query, row any, back bool) (string, error) {
	c := cursor{Sort: q.Sort(), Back: back}
	var err error
	if c.Key, err = columnText(row, s.keyTag()); err != nil {
		return "", err
	}
	if s.grouped(q.sort) {
		then, _ := s.field(s.Terms.Sort)
		if c.Then, err = columnText(row, then.tag()); err != nil {
			return "", err
		}
	}
	if q.sort.Lookup != "" {
		var value any
		if err := tx.Get(ctx, &value, q.sort.Lookup, c.Key); err != nil {
			return "", fmt.Errorf("list: %w", err)
		}
		c.Value = fmt.Sprint(value)
		return c.String(), nil
	}
	if c.Value, err = columnText(row, q.sort.tag()); err != nil {
		return "", err
	}
	return c.String(), nil
}

func (f Field) tag() string {
	if f.Tag != "" {
		return f.Tag
	}
	return bare(f.Column)
}

func (s Spec) keyTag() string {
	if s.KeyTag != "" {
		return s.KeyTag
	}
	return bare(s.Key)
}

func bare(column string) string { return column[strings.LastIndexByte(column, '.')+1:] }

// fromCursor reads a value of the sort column back; a forged cursor is only a bad request.
func (f Field) fromCursor(text string) (any, error) {
	switch f.Kind {
	case Time, Number:
		if text == "" { // NULL
			return int64(0), nil
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, badCursor()
		}
		return n, nil
	case Bool:
		return text == "true", nil
	case ID:
		if !id.Valid(text) {
			return nil, badCursor()
		}
	}
	return text, nil
}

// columnText gives the value that a row has in the column of the db tag, as text.
func columnText(row any, tag string) (string, error) {
	v := reflect.ValueOf(row)
	for _, f := range reflect.VisibleFields(v.Type()) {
		if f.Tag.Get("db") != tag {
			continue
		}
		switch value := v.FieldByIndex(f.Index).Interface().(type) {
		case db.Time:
			if value.IsZero() { // NULL
				return "", nil
			}
			return strconv.FormatInt(value.UnixMicro(), 10), nil
		default:
			return fmt.Sprint(value), nil
		}
	}
	return "", fmt.Errorf("list: %T has no field with db tag %q to continue from", row, tag)
}
