package cmdb

import (
	"strings"
	"time"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
)

// changeExtra reads from, to (to is not included), ci and workload.
func changeExtra(name string, values []string) (string, []any, bool, error) {
	switch name {
	case "from", "to":
		if len(values) == 0 {
			return "", nil, true, nil
		}
		at, err := instant(values[0])
		if err != nil || len(values) > 1 {
			return "", nil, true, fault.New(fault.Invalid, "api.list.time")
		}
		// By id for the index, by time for what lies within the same millisecond.
		if name == "from" {
			return `h.id >= ? AND h.at >= ?`, []any{firstID(at), at.UnixMicro()}, true, nil
		}
		return `h.id < ? AND h.at < ?`, []any{firstID(at.Add(time.Millisecond)), at.UnixMicro()}, true, nil
	case "ci":
		return idCondition(values, `(h.customer_id, h.ci_id) IN (SELECT x.customer_id, x.id FROM {customer} l CROSS JOIN {ci} x WHERE x.customer_id = l.id AND x.id = ?)`, 1)
	case "workload":
		if len(values) == 0 {
			return "", nil, true, nil
		}
		marks := db.Marks(len(values))
		args := append(db.Anys(values), db.Anys(values)...)
		return `(h.customer_id, h.ci_id) IN (SELECT m.customer_id, m.id FROM {workload} v JOIN {ci} m ON m.customer_id = v.customer_id AND m.workload_id = v.id
			WHERE v.name IN (` + marks + `) OR CAST(v.id AS TEXT) IN (` + marks + `))`, args, true, nil
	}
	return "", nil, false, nil
}

// idCondition repeats a condition, which takes each id n times, for every id.
func idCondition(values []string, where string, n int) (string, []any, bool, error) {
	var some []string
	var args []any
	for _, v := range values {
		if !id.Valid(v) {
			return "", nil, true, fault.New(fault.Invalid, "api.list.id")
		}
		some = append(some, where)
		for range n {
			args = append(args, v)
		}
	}
	return strings.Join(some, " OR "), args, true, nil
}

// instant reads RFC 3339 or a date, which is its first instant in UTC.
func instant(text string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t.UTC(), nil
	}
	return time.Parse(time.DateOnly, text)
}
