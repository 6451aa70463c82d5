package cmdb

import (
	"strings"

	"vigie/internal/kit/list"
	"vigie/internal/kit/segment"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
)

// CISpec lists CIs; besides its fields it takes tag.KEY=VALUE (VALUE * asks only that the tag is there), attribute.NAME=VALUE and
// workload=ID or name.
var CISpec = list.Spec{
	From:    ciFrom,
	Columns: ciColumns,
	Key:     "c.id",
	Sort:    "name",
	Fields: []list.Field{
		{Name: "id", Column: "c.id", Kind: list.ID, Filter: true},
		{Name: "customer", Column: "k.slug", Kind: list.Text, Filter: true},
		{Name: "name", Column: "c.name", Kind: list.Text, Sort: true, Filter: true},
		{Name: "type", Column: "c.type", Kind: list.Text, Sort: true, Filter: true, Unindexed: true},
		{Name: "external_id", Column: "c.external_id", Kind: list.Text, Filter: true},
		{Name: "arn", Column: "c.arn", Kind: list.Text, Filter: true},
		{Name: "account", Column: "c.account", Kind: list.Text, Sort: true, Filter: true, Unindexed: true},
		{Name: "region", Column: "c.region", Kind: list.Text, Sort: true, Filter: true, Unindexed: true},
		{Name: "status", Column: "c.status", Kind: list.Choice, Sort: true, Filter: true, Unindexed: true, Values: []string{"active", "stale", "gone"}},
		{Name: "environment", Column: "c.environment", Kind: list.Text, Sort: true, Filter: true, Unindexed: true},
		{Name: "criticality", Column: "c.criticality", Kind: list.Text, Sort: true, Filter: true, Unindexed: true},
		{Name: "owner", Column: "c.owner", Kind: list.Text, Sort: true, Filter: true, Unindexed: true},
		{Name: "source", Column: "c.source", Kind: list.Choice, Filter: true, Values: []string{"discovered", "manual", "imported"}},
		{Name: "first_seen", Column: "c.first_seen", Kind: list.Time, Sort: true, Filter: true},
		{Name: "last_seen", Column: "c.last_seen", Kind: list.Time, Sort: true, Filter: true, Unindexed: true},
		{Name: "updated_at", Column: "c.updated_at", Kind: list.Time, Sort: true, Filter: true},
	},
	Search: searchCIs,
	Extra:  ciExtra,
	Find:   findCIs,
	Terms:  &list.Terms{Table: "ci_term", ID: "ci_id", Sort: "name"},

	Segment: segmentOfCIs(),
}

// segmentOfCIs is what the segments of CIs know, beside the words and tags of ci_term.
func segmentOfCIs() *segment.Source {
	return &segment.Source{List: "ci", Table: "ci", Facets: []string{"type", "account", "region", "status", "environment", "criticality", "owner"},
		Terms: "ci_term", Of: "ci_id", Prefixes: []string{termWord, termWhole}, Wholes: []string{termTag},
		Orders: []segment.Order{{Column: "first_seen"}, {Column: "updated_at", Written: true}}}
}

const ciFrom = `{ci} c JOIN {customer} k ON k.id = c.customer_id LEFT JOIN {workload} w ON w.customer_id = c.customer_id AND w.id = c.workload_id`

var ciColumns = db.Columns[record]("c.") + ", k.slug AS customer, w.name AS workload"

func ciExtra(name string, values []string) (string, []any, bool, error) {
	marks := db.Marks(len(values))
	switch {
	case name == "workload":
		if len(values) == 0 {
			return "", nil, true, nil
		}
		args := append(db.Anys(values), db.Anys(values)...)
		return `c.workload_id IN (SELECT v.id FROM {workload} v WHERE v.name IN (` + marks + `) OR CAST(v.id AS TEXT) IN (` + marks + `))`, args, true, nil
	case name == "workload.empty":
		switch strings.Join(values, "") {
		case "true":
			return `c.workload_id IS NULL`, nil, true, nil
		case "false":
			return `c.workload_id IS NOT NULL`, nil, true, nil
		}
		return "", nil, true, fault.New(fault.Invalid, "api.list.bool")
	case strings.HasPrefix(name, "tag.") && len(name) > len("tag."):
		if len(values) == 0 {
			return "", nil, true, nil
		}
		f := tagFinder(strings.TrimPrefix(name, "tag."), values)
		return f.Check, f.Args, true, nil
	case strings.HasPrefix(name, "attribute.") && len(name) > len("attribute."):
		if len(values) == 0 {
			return "", nil, true, nil
		}
		// SQLite gives 1 and 0 for true and false.
		for _, v := range values {
			switch v {
			case "true":
				values = append(values, "1")
			case "false":
				values = append(values, "0")
			}
		}
		args := append([]any{strings.TrimPrefix(name, "attribute.")}, db.Anys(values)...)
		return `CAST(c.attributes ->> CAST(? AS TEXT) AS TEXT) IN (` + db.Marks(len(values)) + `)`, args, true, nil
	}
	return "", nil, false, nil
}

// RelationSpec lists relations; ci=ID asks for those of one CI, whichever end it is.
var RelationSpec = list.Spec{
	From: `{relation} r LEFT JOIN {customer} k ON k.id = r.customer_id
		LEFT JOIN {ci} f ON f.customer_id = r.customer_id AND f.id = r.from_id LEFT JOIN {ci} t ON t.customer_id = r.customer_id AND t.id = r.to_id`,
	Columns: db.Columns[relationRow]("r.") + `, k.slug AS customer, f.name AS from_name, f.type AS from_type, f.status AS from_status,
		t.name AS to_name, t.type AS to_type, t.status AS to_status`,
	Key:  "r.id",
	Sort: "id",
	Fields: []list.Field{
		{Name: "id", Column: "r.id", Kind: list.ID, Sort: true, Filter: true},
		{Name: "customer", Column: "k.slug", Kind: list.Text, Filter: true},
		{Name: "from", Column: "r.from_id", Kind: list.ID, Filter: true, Nullable: true},
		{Name: "to", Column: "r.to_id", Kind: list.ID, Filter: true, Nullable: true},
		{Name: "type", Column: "r.type", Kind: list.Text, Filter: true},
		{Name: "source", Column: "r.source", Kind: list.Choice, Filter: true, Values: []string{"discovered", "manual", "imported"}},
		{Name: "resolved", Column: "r.resolved", Kind: list.Bool, Filter: true},
		{Name: "first_seen", Column: "r.first_seen", Kind: list.Time, Filter: true},
	},
	Extra: func(name string, values []string) (string, []any, bool, error) {
		if name != "ci" {
			return "", nil, false, nil
		}
		return idCondition(values, `r.id IN (SELECT x.id FROM {customer} l CROSS JOIN {relation} x WHERE x.customer_id = l.id AND x.from_id = ?
			UNION ALL SELECT x.id FROM {customer} l CROSS JOIN {relation} x WHERE x.customer_id = l.id AND x.to_id = ?)`, 2)
	},
}

// ChangeSpec lists changes, newest first (outer joins, so that the planner begins with the changes in their order); from and to bound their time, ci and workload say whose.
var ChangeSpec = list.Spec{
	From:    `{ci_change} h LEFT JOIN {ci} c ON c.customer_id = h.customer_id AND c.id = h.ci_id LEFT JOIN {customer} k ON k.id = h.customer_id`,
	Columns: db.Columns[changeRow]("h.") + ", k.slug AS customer, c.name AS ci_name, c.type AS ci_type",
	Key:     "h.id",
	Sort:    "-at",
	Fields: []list.Field{
		{Name: "at", Column: "h.id", Kind: list.ID, Sort: true}, // the id carries the time
		{Name: "customer", Column: "k.slug", Kind: list.Text, Filter: true},
		{Name: "kind", Column: "h.kind", Kind: list.Choice, Filter: true, Values: changeKindNames()},
		{Name: "field", Column: "h.field", Kind: list.Text, Filter: true},
		{Name: "type", Column: "c.type", Kind: list.Text, Filter: true},
		{Name: "account", Column: "c.account", Kind: list.Text, Filter: true},
		{Name: "region", Column: "c.region", Kind: list.Text, Filter: true},
		{Name: "run", Column: "h.run_id", Kind: list.ID, Filter: true, Nullable: true},
	},
	Extra: changeExtra,
}

func changeKindNames() []string {
	var out []string
	for _, k := range ChangeKinds() {
		out = append(out, string(k))
	}
	return out
}

// WorkloadSpec lists workloads.
var WorkloadSpec = list.Spec{
	From: `{workload} w JOIN {customer} k ON k.id = w.customer_id`,
	Columns: db.Columns[workloadRow]("w.") + `, k.slug AS customer,
		(SELECT COUNT(*) FROM {ci} c WHERE c.customer_id = w.customer_id AND c.workload_id = w.id AND c.status <> 'gone') AS cis`,
	Key:  "w.id",
	Sort: "name",
	Fields: []list.Field{
		{Name: "name", Column: "w.name", Kind: list.Text, Sort: true, Filter: true},
		{Name: "customer", Column: "k.slug", Kind: list.Text, Filter: true},
		{Name: "environment", Column: "w.environment", Kind: list.Text, Sort: true, Filter: true},
		{Name: "criticality", Column: "w.criticality", Kind: list.Text, Sort: true, Filter: true},
		{Name: "owner", Column: "w.owner", Kind: list.Text, Sort: true, Filter: true},
		{Name: "updated_at", Column: "w.updated_at", Kind: list.Time, Sort: true, Filter: true},
	},
	Search: list.Words("w.name", "w.description"),
}
