package cmdb

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"vigie/internal/estate/collect"
	"vigie/internal/kit/list"
	"vigie/internal/kit/ui"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// maxRelations is how many relations the panels of a CI's page look at.
const maxRelations = 500

// recordView is a CI as its page shows it.
type recordView struct {
	CI
	relations []Relation
	names     accountNames
	write     bool
	panels    []ui.Panel
	activity  web.Activity
	tab       string
}

// open reads what every tab of a CI's page has.
func (h pages) open(r *http.Request, p *ui.Page, a permission.Actor, tab string) (v recordView, err error) {
	if v.CI, err = h.one(r, p, a); err != nil {
		return v, err
	}
	ctx := r.Context()
	v.tab, v.write = tab, a.May(permission.CIWrite)
	if v.relations, err = h.s.RelationsOf(ctx, a, v.ID, maxRelations); err != nil {
		return v, err
	}
	if v.names, err = h.accountNames(ctx, a); err != nil {
		return v, err
	}
	for _, offer := range h.panels {
		more, err := offer(ctx, p, a, v.CI)
		if err != nil {
			return v, err
		}
		v.panels = append(v.panels, more...)
	}
	if tab == "" {
		if v.activity, err = h.shell.Around(r, p, a, "ci", v.ID); err != nil {
			return v, err
		}
		v.panels = append(v.panels, v.activity.Panels...)
	}
	p.Title, p.Active = v.Name, "inventory"
	p.Crumbs = []ui.Link{{Label: p.T("estate.ci.list"), Href: "/cis"}, {Label: typeWord(p, v.Type), Href: "/cis?type=" + v.Type}}
	return v, nil
}

func (h pages) record(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.open(r, p, a, "")
	if err != nil {
		return err
	}
	ui.Render(w, r, http.StatusOK, recordPage(p, v, factsTab(p, v)))
	return nil
}

func (v recordView) tabs(p *ui.Page) (tabs []ui.Tab) {
	for _, t := range [][2]string{{"", p.T("estate.tab.facts")}, {"graph", p.T("estate.tab.graph")}, {"impact", p.T("estate.tab.impact")}, {"history", p.T("estate.tab.history")}} {
		href := "/cis/" + v.ID
		if t[0] != "" {
			href += "/" + t[0]
		}
		tabs = append(tabs, ui.Tab{Label: t[1], Href: href, Active: v.tab == t[0]})
	}
	return tabs
}

func (v recordView) facts(p *ui.Page) []ui.Fact {
	facts := []ui.Fact{}
	if wide(p) {
		facts = append(facts, ui.Fact{Label: p.T("estate.customer"), Value: ui.Text(web.CustomerName(p, v.Customer))})
	}
	if v.Account != "" {
		facts = append(facts, ui.Fact{Label: p.T("estate.ci.account"), Value: ui.Text(v.names.long(v.Account))})
	}
	if v.Region != "" {
		facts = append(facts, ui.Fact{Label: p.T("estate.ci.region"), Value: ui.Text(v.Region)})
	}
	return append(facts,
		ui.Fact{Label: p.T("estate.ci.environment"), Value: pinned(p, v.CI, FieldEnvironment, environmentWord(p, v.Environment))},
		ui.Fact{Label: p.T("estate.ci.criticality"), Value: pinned(p, v.CI, FieldCriticality, criticalityWord(p, v.Criticality))},
		ui.Fact{Label: p.T("estate.ci.owner"), Value: pinned(p, v.CI, FieldOwner, v.Owner)},
		ui.Fact{Label: p.T("estate.ci.last_seen"), Value: when(p, v.LastSeen)},
	)
}

// identity are the lines that say which thing this is.
func (v recordView) identityFacts(p *ui.Page) []ui.Fact {
	facts := []ui.Fact{
		{Label: p.T("estate.ci.aws_type"), Value: ui.Code(v.Type)},
		{Label: p.T("estate.ci.external_id"), Value: ui.Code(v.ExternalID)},
	}
	if v.ARN != "" {
		facts = append(facts, ui.Fact{Label: "ARN", Value: ui.Code(v.ARN)})
	}
	return append(facts,
		ui.Fact{Label: p.T("estate.ci.source"), Value: ui.Text(sourceWord(p, v.Source))},
		ui.Fact{Label: p.T("estate.ci.first_seen"), Value: ui.Exactly(p, v.FirstSeen.Time)},
		ui.Fact{Label: p.T("estate.ci.last_seen"), Value: ui.Exactly(p, v.LastSeen.Time)},
	)
}

// attributes are what discovery saw, as a description list.
func (v recordView) attributes() []ui.Fact {
	facts := []ui.Fact{}
	for _, key := range keysOf(v.Attributes.V) {
		facts = append(facts, ui.Fact{Label: key, Value: value(v.Attributes.V[key])})
	}
	return facts
}

// scalar writes what is no list and no map.
func scalar(v any) string {
	switch x := v.(type) {
	case nil:
		return "–"
	case string:
		return x
	case bool:
		return strconv.FormatBool(x)
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}

// Other is the far end of a relation as a CI's page lists it.
type far struct {
	ID, Name, Type string
	Status         Status
	Waiting        bool // nobody knows yet which CI it is
}

func (r Relation) farFrom(ciID string) far {
	switch {
	case string(r.FromID) == ciID && r.Resolved:
		return far{string(r.ToID), string(r.ToName), string(r.ToType), Status(r.ToStatus), false}
	case r.Resolved:
		return far{string(r.FromID), string(r.FromName), string(r.FromType), Status(r.FromStatus), false}
	}
	return far{"", r.OtherKey, r.OtherType, "", true}
}

// side is a group of relations that read alike from one CI.
type side struct {
	relation collect.Relation
	back     bool
	ends     []far
}

// sides groups the relations of a CI by type and direction.
func sides(ciID string, relations []Relation) (out []side) {
	for _, r := range relations {
		back := string(r.ToID) == ciID && (r.Resolved || r.Inbound)
		at := slices.IndexFunc(out, func(s side) bool { return s.relation == r.Type && s.back == back })
		if at < 0 {
			out = append(out, side{relation: r.Type, back: back})
			at = len(out) - 1
		}
		out[at].ends = append(out[at].ends, r.farFrom(ciID))
	}
	order := collect.Relations()
	slices.SortStableFunc(out, func(a, b side) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.relation), slices.Index(order, b.relation)), strings.Compare(strconv.FormatBool(a.back), strconv.FormatBool(b.back)))
	})
	return out
}

// shownEnds is how many far ends of a group stand open in a panel.
const shownEnds = 6

// beside are the panels: the workload, the relations, and what other rooms offer. The tabs that are tables or pictures take the
// whole width instead.
func (v recordView) beside(p *ui.Page) []ui.Panel {
	if v.tab != "" {
		return nil
	}
	out := []ui.Panel{}
	if v.WorkloadID != "" {
		out = append(out, ui.Panel{Title: p.T("estate.ci.workload"), Body: workloadPanel(p, v.CI)})
	}
	for _, s := range sides(v.ID, v.relations) {
		out = append(out, ui.Panel{Title: capital(relationWord(p, s.relation, s.back)), Count: p.Number(len(s.ends)), Href: "/cis/" + v.ID + "/graph", Body: farEnds(p, s.ends)})
	}
	if len(v.relations) == 0 {
		out = append(out, ui.Panel{Title: p.T("estate.relations.title"), Body: muted(p.T("estate.relations.none"))})
	}
	return append(out, v.panels...)
}

func capital(s string) string {
	letters := []rune(s)
	if len(letters) == 0 {
		return s
	}
	return strings.ToUpper(string(letters[:1])) + string(letters[1:])
}

// pinned is a field of a CI with a word beside it where a person set it.
func pinned(p *ui.Page, c CI, field, word string) templ.Component {
	return pinnedValue(p, word, c.Source == Discovered && c.IsPinned(field))
}

// empty stands for a list without members.
const empty = "[]"

// reference is the identifier that people know a CI by, where its name is another.
func reference(c CI) string {
	if c.ExternalID == c.Name || len(c.ExternalID) > 40 {
		return ""
	}
	return c.ExternalID
}

// shown writes the value of a field that differs.
func shown(p *ui.Page, field, v string) string {
	switch {
	case v == "":
		return p.T("estate.ci.nothing")
	case field == FieldEnvironment:
		return environmentWord(p, v)
	case field == FieldCriticality:
		return criticalityWord(p, v)
	}
	return v
}

// tagHref is the inventory of everything with the same tag.
func tagHref(key, v string) string {
	if v == "" {
		v = "*"
	}
	return "/cis?" + url.Values{"tag." + key: {list.Join(v)}}.Encode()
}

// Of many leaves that are alike so many are drawn: a star of forty is a wall, not a picture.
const (
	openLeaves  = 4
	tightLeaves = 1  // in a picture that is crowded all the same
	crowded     = 14 // nodes
)
