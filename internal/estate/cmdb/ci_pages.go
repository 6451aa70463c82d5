package cmdb

import (
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"vigie/internal/kit/list"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/fault"
	"vigie/internal/record/bulk"
	"vigie/internal/record/field"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// inventorySpec is the API's list, and orphaned=true besides, which finds CIs without any relation.
func inventorySpec() list.Spec {
	spec := CISpec
	spec.Extra = func(name string, values []string) (string, []any, bool, error) {
		if name != "orphaned" {
			return ciExtra(name, values)
		}
		const lonely = `NOT EXISTS (SELECT 1 FROM {relation} f WHERE f.customer_id = c.customer_id AND f.from_id = c.id)
			AND NOT EXISTS (SELECT 1 FROM {relation} t WHERE t.customer_id = c.customer_id AND t.to_id = c.id)`
		switch strings.Join(values, "") {
		case "":
			return "", nil, true, nil
		case "true":
			return lonely, nil, true, nil
		case "false":
			return "NOT (" + lonely + ")", nil, true, nil
		}
		return "", nil, true, fault.New(fault.Invalid, "api.list.bool")
	}
	return spec
}

// inventoryList is that list with one difference: CIs that are gone stand in it only when a status is asked for.
func (h pages) inventoryList(p *ui.Page, set field.Set) web.Lister {
	spec := inventorySpec()
	spec.Pass = append(spec.Pass, "tag")
	spec = set.List(spec, "c.customer_id", "c.id", p.Query)
	l := web.Lister{DB: h.s.db, Need: permission.CIRead, Spec: spec, Customer: "k.slug", Live: "ci"}
	if !statusAsked(p) {
		l.Within = func(q list.Query) list.Query { return q.Find(notGone()) }
	}
	return l
}

func statusAsked(p *ui.Page) bool { return p.Query.Has("status") || p.Query.Has("status.not") }

// inventoryQuery is what the inventory shows, as a query of the list.
func inventoryQuery(p *ui.Page) url.Values {
	q := maps.Clone(p.Query)
	q.Del("tag")
	if !statusAsked(p) {
		q.Set("status.not", string(Gone))
	}
	return q
}

func (h pages) inventory(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	// The field "tag" of the filter menu takes KEY=VALUE; in the address a tag stands as tag.KEY=VALUE.
	if tag := strings.TrimSpace(p.Query.Get("tag")); tag != "" {
		key, value, _ := strings.Cut(tag, "=")
		if value == "" {
			value = "*"
		}
		ui.Redirect(w, r, p.With("tag", "", "tag."+strings.TrimSpace(key), list.Join(strings.TrimSpace(value))))
		return nil
	}
	p.Title, p.Active = p.T("estate.ci.list"), "inventory"
	set, err := h.s.fieldsOf(r.Context(), a, ciKind, web.Customer(p))
	if err != nil {
		return err
	}
	l := h.inventoryList(p, set)
	if done, err := web.DownloadPages(w, r, p, a, l, "cis", set.Names(), ciBodies); done {
		return err
	}
	found, err := web.ReadList[CI](r, p, a, l)
	if err != nil {
		return err
	}
	custom, err := h.shownCustom(r.Context(), a, set, idsOfCIs(found.Items))
	if err != nil {
		return err
	}
	values, err := h.facets(r, p, a)
	if err != nil {
		return err
	}
	names, err := h.accountNames(r.Context(), a)
	if err != nil {
		return err
	}
	workloads, err := h.workloadOptions(r.Context(), a, web.Customer(p))
	if err != nil {
		return err
	}
	found.Filters(append(inventoryFilters(p, values, workloads), set.Filters(p)...)...)
	table := found.List
	for i, f := range table.Filter {
		if key, ok := strings.CutPrefix(f.Name, "tag."); ok {
			table.Filter[i].Label = p.T("estate.field_tag", "key", key)
		}
	}
	write := a.May(permission.CIWrite)
	table.ID, table.Label, table.Search = "cis", p.Title, p.T("estate.ci.search")
	table.Empty = ui.Empty{Title: p.T("estate.overview.none"), Text: p.T("estate.overview.none_reader")}
	if a.May(permission.AccountWrite) {
		table.Empty = ui.Empty{Title: p.T("estate.overview.none"), Text: p.T("estate.overview.none_text"), Action: ui.Link{Label: p.T("estate.overview.begin"), Href: "/accounts"}}
	}
	bulk.Select(p, a, ciEditable{}.Kind(), false, &table, inventoryQuery(p))
	t := ui.NewTable(table, append(inventoryColumns(p, names), field.Columns(p, set, custom.names, func(c CI) field.Values { return custom.values[c.ID] })...), found.Items, func(c CI) ui.Row { return ui.Row{ID: c.ID, Href: "/cis/" + c.ID, Name: c.Name} })
	ui.Render(w, r, http.StatusOK, inventoryPage(p, t, write, a.May(permission.CIImport)))
	return nil
}

func inventoryFilters(p *ui.Page, values facets, workloads []ui.Option) []ui.Filter {
	yes := []ui.Option{{Value: "true", Label: p.T("estate.ci.yes")}}
	statuses := []ui.Option{}
	for _, s := range []Status{Active, Stale, Gone} {
		statuses = append(statuses, ui.Option{Value: string(s), Label: statusWord(p, s)})
	}
	sources := []ui.Option{}
	for _, s := range []Source{Discovered, Manual, Imported} {
		sources = append(sources, ui.Option{Value: string(s), Label: sourceWord(p, s)})
	}
	return []ui.Filter{
		{Name: "type", Label: p.T("estate.ci.type"), Options: values.types},
		{Name: "account", Label: p.T("estate.ci.account"), Options: values.accounts},
		{Name: "region", Label: p.T("estate.ci.region"), Options: values.regions},
		{Name: "status", Label: p.T("estate.ci.status"), Options: statuses},
		{Name: "environment", Label: p.T("estate.ci.environment"), Options: choices(p, environmentWord, Environments)},
		{Name: "criticality", Label: p.T("estate.ci.criticality"), Options: choices(p, criticalityWord, Criticalities)},
		{Name: "workload", Label: p.T("estate.ci.workload"), Options: workloads},
		{Name: "owner", Label: p.T("estate.ci.owner")},
		{Name: "name.contains", Label: p.T("estate.ci.name_contains")},
		{Name: "tag", Label: p.T("estate.ci.tag")},
		{Name: "source", Label: p.T("estate.ci.source"), Options: sources},
		{Name: "owner.empty", Label: p.T("estate.overview.without_owner"), Options: yes},
		{Name: "workload.empty", Label: p.T("estate.overview.without_workload"), Options: yes},
		{Name: "orphaned", Label: p.T("estate.overview.orphaned"), Options: yes},
	}
}

func inventoryColumns(p *ui.Page, names accountNames) []ui.Column[CI] {
	type column = ui.Column[CI]
	columns := []column{
		{Key: "name", Label: p.T("estate.ci.name"), Sort: true, Cell: func(c CI) templ.Component { return ui.Cut(c.Name) }},
	}
	if wide(p) {
		columns = append(columns, column{Key: "customer_name", NoWrap: true, Label: p.T("estate.customer"), Cell: func(c CI) templ.Component { return ui.Text(web.CustomerName(p, c.Customer)) }})
	}
	return append(columns,
		column{Key: "type", Label: p.T("estate.ci.type"), Sort: true, Cell: func(c CI) templ.Component { return typeCell(p, c.Type) }},
		column{Key: "account", Label: p.T("estate.ci.account"), Sort: true, Cell: func(c CI) templ.Component { return titled(names.short(c.Account), c.Account) }},
		column{Key: "region", Label: p.T("estate.ci.region"), Sort: true, NoWrap: true, Cell: func(c CI) templ.Component { return ui.Text(c.Region) }},
		column{Key: "status", Label: p.T("estate.ci.status"), Sort: true, NoWrap: true, Cell: func(c CI) templ.Component { return state(p, c.Status) }},
		column{Key: "environment", Label: p.T("estate.ci.environment"), Sort: true, Cell: func(c CI) templ.Component { return ui.Either(p, environmentWord(p, c.Environment)) }},
		column{Key: "criticality", Label: p.T("estate.ci.criticality"), Sort: true, Cell: func(c CI) templ.Component { return ui.Either(p, criticalityWord(p, c.Criticality)) }},
		column{Key: "owner", Label: p.T("estate.ci.owner"), Sort: true, Cell: func(c CI) templ.Component { return ownerCell(p, c.Owner) }},
		column{Key: "workload", Label: p.T("estate.ci.workload"), Cell: func(c CI) templ.Component { return workloadCell(p, c) }},
		column{Key: "last_seen", Label: p.T("estate.ci.last_seen"), Sort: true, NoWrap: true, Cell: func(c CI) templ.Component { return when(p, c.LastSeen) }},
		column{Key: "aws_type", Label: p.T("estate.ci.aws_type"), Extra: true, Cell: func(c CI) templ.Component { return ui.Breakable(c.Type) }},
		column{Key: "external_id", Label: p.T("estate.ci.external_id"), Extra: true, Cell: func(c CI) templ.Component { return ui.Code(c.ExternalID) }},
		column{Key: "arn", Label: "ARN", Extra: true, Cell: func(c CI) templ.Component { return ui.Code(c.ARN) }},
		column{Key: "source", Label: p.T("estate.ci.source"), Extra: true, Cell: func(c CI) templ.Component { return ui.Text(sourceWord(p, c.Source)) }},
		column{Key: "first_seen", Label: p.T("estate.ci.first_seen"), Sort: true, Extra: true, NoWrap: true, Cell: func(c CI) templ.Component { return when(p, c.FirstSeen) }},
		column{Key: "updated_at", Label: p.T("estate.ci.updated"), Sort: true, Extra: true, NoWrap: true, Cell: func(c CI) templ.Component { return when(p, c.UpdatedAt) }},
		column{Key: "tags", Label: p.T("estate.ci.tags"), Extra: true, Cell: func(c CI) templ.Component { return tagCell(p, c.Tags.V) }},
	)
}
