package discovery

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"vigie/internal/estate/collect"
	"vigie/internal/kit/ui"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

func (h pages) coverage(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T("discovery.cover.title"), "coverage"
	slug, customer := web.Customer(p), ""
	if slug != "" {
		var err error
		if customer, err = h.customers.ID(r.Context(), a, slug); err != nil {
			return err
		}
	}
	v := coverView{}
	var err error
	if v.sum, err = h.s.Summarise(r.Context(), a, customer); err != nil {
		return err
	}
	l := web.Lister{DB: h.s.db, Need: permission.DiscoveryRead, Spec: CoverageSpec, Customer: "k.slug"}
	l.Spec.Pass = append(l.Spec.Pass, "show")
	// Of thousands of scopes those that could not be read matter: they stand there until somebody asks for others.
	v.troubled = !v.empty() && !v.whole() && !asked(p)
	if v.troubled {
		l.Spec.Where = blind
	}
	if done, err := web.Download(w, r, p, a, l, "coverage", answerCoverage); done {
		return err
	}
	found, err := web.ReadList[CoverageRow](r, p, a, l)
	if err != nil {
		return err
	}
	if v.lacks, err = h.s.lacks(r.Context(), a, slug); err != nil {
		return err
	}
	accounts, regions, err := h.s.choicesOf(r.Context(), a, slug)
	if err != nil {
		return err
	}
	found.Filters(
		ui.Filter{Name: "outcome", Label: p.T("discovery.cover.outcome"), Options: options(p, outcomeWord, collect.Outcomes()...)},
		ui.Filter{Name: "account", Label: p.T("discovery.cover.account"), Options: accounts},
		ui.Filter{Name: "region", Label: p.T("discovery.cover.region"), Options: regions},
		ui.Filter{Name: "type", Label: p.T("discovery.cover.type"), Options: h.typeOptions(p)},
		ui.Filter{Name: "action", Label: p.T("discovery.cover.action")},
	)
	for i, f := range found.List.Filter {
		if f.Name == "run" {
			found.List.Filter[i].Label = p.T("discovery.run.kind")
		}
	}
	list := found.List
	list.ID, list.Label, list.Search = "scopes", p.T("discovery.cover.scopes"), p.T("discovery.cover.search")
	list.Empty = ui.Empty{Title: p.T("discovery.cover.none"), Text: p.T("discovery.cover.none_text"), Action: ui.Link{Label: p.T("discovery.run.list"), Href: "/discovery"}}
	v.table = ui.NewTable(list, coverColumnsOf(p), found.Items, func(row CoverageRow) ui.Row {
		return ui.Row{ID: row.ID, Name: row.Type}
	})
	ui.Render(w, r, http.StatusOK, coveragePage(p, v))
	return nil
}

type coverView struct {
	sum   Summary
	lacks []lack
	table ui.Table
	// troubled: the table holds only what could not be read.
	troubled bool
}

// blind is the condition of scopes that were asked for and not read.
const blind = "c.outcome IN ('denied', 'failed', 'throttled_out')"

// asked tells that the reader wants certain scopes, or all of them.
func asked(p *ui.Page) bool {
	for name := range p.Query {
		switch name {
		case "customer", "format", "cols", "density", "sort", "cursor", "limit":
		default:
			return true
		}
	}
	return false
}

func (h pages) typeOptions(p *ui.Page) (out []ui.Option) {
	for _, t := range typesOf(h.s.collectors) {
		out = append(out, ui.Option{Value: t, Label: typeWord(p, t)})
	}
	slices.SortFunc(out, func(a, b ui.Option) int { return strings.Compare(strings.ToLower(a.Label), strings.ToLower(b.Label)) })
	return out
}

func coverColumnsOf(p *ui.Page) []ui.Column[CoverageRow] {
	columns := []ui.Column[CoverageRow]{
		{Key: "type", Label: p.T("discovery.cover.type"), Sort: true, Cell: func(r CoverageRow) templ.Component { return typeCell(p, r.Type) }},
		{Key: "account", Label: p.T("discovery.cover.account"), Sort: true, NoWrap: true, Cell: func(r CoverageRow) templ.Component { return ui.Code(r.AccountID) }},
		{Key: "region", Label: p.T("discovery.cover.region"), Sort: true, NoWrap: true, Cell: func(r CoverageRow) templ.Component { return ui.Text(r.Region) }},
	}
	if wide(p) {
		columns = append(columns, ui.Column[CoverageRow]{Key: "customer_name", NoWrap: true, Label: p.T("discovery.customer"), Cell: func(r CoverageRow) templ.Component { return ui.Text(r.Name) }})
	}
	return append(columns,
		ui.Column[CoverageRow]{Key: "outcome", Label: p.T("discovery.cover.outcome"), NoWrap: true, Cell: func(r CoverageRow) templ.Component {
			return ui.Status(outcomeTone(r.Outcome), outcomeWord(p, r.Outcome))
		}},
		ui.Column[CoverageRow]{Key: "why", Label: p.T("discovery.cover.why"), Cell: func(r CoverageRow) templ.Component { return whyCell(p, r.Coverage) }},
		ui.Column[CoverageRow]{Key: "items", Label: p.T("discovery.cover.cis"), Sort: true, Number: true, Cell: func(r CoverageRow) templ.Component { return count(p, r.Items) }},
		ui.Column[CoverageRow]{Key: "at", Label: p.T("discovery.cover.at"), Sort: true, NoWrap: true, Cell: func(r CoverageRow) templ.Component { return moment(p, r.At) }},
		ui.Column[CoverageRow]{Key: "pages", Label: p.T("discovery.cover.pages"), Number: true, Extra: true, Cell: func(r CoverageRow) templ.Component { return count(p, r.Pages) }},
		ui.Column[CoverageRow]{Key: "message", Label: p.T("discovery.cover.message"), Extra: true, Cell: func(r CoverageRow) templ.Component { return ui.Either(p, r.Message) }},
	)
}

// why says in words what an outcome that is not complete comes from.
func why(p *ui.Page, c Coverage) string {
	switch c.Outcome {
	case collect.Complete:
		return ""
	case collect.Denied:
		if reason := collect.Reason(c.Message); reason != "" {
			return reasonWord(p, reason)
		}
		return p.T("discovery.why.denied")
	case collect.Failed:
		if c.Pages > 1 {
			return p.T("discovery.why.failed_page", "page", int(c.Pages))
		}
		return p.T("discovery.why.failed")
	case collect.ThrottledOut:
		return p.T("discovery.why.throttled_out")
	case collect.RegionOff:
		return p.T("discovery.why.region_off")
	}
	return p.T("discovery.why.skipped")
}

// tiles count by outcome, each leading to its scopes.
func (v coverView) tiles(p *ui.Page) (tiles []ui.Tile) {
	counts := map[collect.Outcome]int{}
	for _, o := range v.sum.Outcomes {
		counts[o.Outcome] = o.N
	}
	for _, o := range collect.Outcomes() {
		t := ui.Tile{Label: outcomeWord(p, o), Value: p.Number(counts[o]), Href: "/coverage?outcome=" + string(o) + "#scopes"}
		if tone := outcomeTone(o); counts[o] > 0 && (tone == ui.Bad || tone == ui.Soon) {
			t.Tone = tone
		}
		tiles = append(tiles, t)
	}
	return tiles
}

// empty tells that nothing was ever read; whole that everything that was asked for was answered.
func (v coverView) empty() bool { return len(v.sum.Outcomes) == 0 }

func (v coverView) whole() bool {
	return !slices.ContainsFunc(v.sum.Outcomes, func(o OutcomeCount) bool {
		return o.N > 0 && slices.Contains([]collect.Outcome{collect.Denied, collect.Failed, collect.ThrottledOut}, o.Outcome)
	})
}

// shownRegions is how many lines of account and region stand open.
const shownRegions = 12

func (v coverView) first() []RegionCount {
	return v.sum.Regions[:min(len(v.sum.Regions), shownRegions)]
}

func (v coverView) rest() []RegionCount { return v.sum.Regions[min(len(v.sum.Regions), shownRegions):] }

// grantable are the actions whose denial a line in the role's policy would end; the others were denied from elsewhere.
func (v coverView) grantable() (actions []string) {
	for _, l := range v.lacks {
		if l.grantable() && !slices.Contains(actions, l.Action) {
			actions = append(actions, l.Action)
		}
	}
	return actions
}

func (v coverView) blocked() (out []lack) {
	for _, l := range v.lacks {
		if !l.grantable() {
			out = append(out, l)
		}
	}
	return out
}

// statement is the policy that grants actions, as IAM takes it.
func statement(actions []string) string {
	text, err := json.MarshalIndent(map[string]any{"Version": "2012-10-17", "Statement": []any{
		map[string]any{"Sid": "VigieMissing", "Effect": "Allow", "Action": actions, "Resource": "*"}}}, "", "  ")
	if err != nil {
		return "" // texts always marshal
	}
	return string(text)
}

// every writes the period of a schedule.
func every(p *ui.Page, minutes int64) string { return p.Duration(time.Duration(minutes) * time.Minute) }

func customerWord(p *ui.Page, slug string) string { return web.CustomerName(p, slug) }

func (v coverView) heading(p *ui.Page) string {
	if v.troubled {
		return p.T("discovery.cover.troubled")
	}
	return p.T("discovery.cover.scopes")
}
