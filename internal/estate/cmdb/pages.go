package cmdb

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"vigie/internal/estate/collect"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// PanelFor is what another room shows beside a CI; app hangs it on the CI's page.
type PanelFor func(ctx context.Context, p *ui.Page, a permission.Actor, c CI) ([]ui.Panel, error)

// Pages hangs the room's pages on the mux: overview, inventory, CIs, workloads, changes.
func (s *Service) Pages(mux *http.ServeMux, shell *web.Shell, panels ...PanelFor) {
	h := pages{s, shell, panels}
	for pattern, handler := range map[string]web.Handler{
		"GET /estate": h.estate,

		"GET /cis":                 h.inventory,
		"GET /cis/new":             h.newCI,
		"POST /cis/new":            h.createCI,
		"GET /cis/{id}":            h.record,
		"GET /cis/{id}/graph":      h.graph,
		"GET /cis/{id}/impact":     h.impact,
		"GET /cis/{id}/history":    h.history,
		"GET /cis/{id}/edit":       h.editCI,
		"POST /cis/{id}/edit":      h.changeCI,
		"POST /cis/{id}/differing": h.takeBack,
		"GET /cis/{id}/remove":     h.doomCI,
		"POST /cis/{id}/remove":    h.removeCI,

		"GET /workloads":              h.workloads,
		"GET /workloads/new":          h.newWorkload,
		"POST /workloads/new":         h.createWorkload,
		"GET /workloads/{id}":         h.workload,
		"GET /workloads/{id}/edit":    h.editWorkload,
		"POST /workloads/{id}/edit":   h.changeWorkload,
		"GET /workloads/{id}/remove":  h.doomWorkload,
		"POST /workloads/{id}/remove": h.removeWorkload,

		"GET /changes": h.changes,
	} {
		mux.Handle(pattern, shell.Page(handler))
	}
}

type pages struct {
	s      *Service
	shell  *web.Shell
	panels []PanelFor
}

// wide tells that rows of several customers may stand in one list.
func wide(p *ui.Page) bool { return p.Customer == nil && len(p.Customers) > 1 }

// i18n: estate.type.*
func typeWord(p *ui.Page, typ string) string {
	return p.Or(collect.TypeKey(typ), collect.TypeWords(typ))
}

// i18n: estate.status.*
func statusWord(p *ui.Page, s Status) string { return p.T("estate.status." + string(s)) }

func state(p *ui.Page, s Status) templ.Component {
	return ui.Status(map[Status]ui.Tone{Active: ui.Good, Stale: ui.Soon, Gone: ui.Off}[s], statusWord(p, s))
}

// i18n: estate.environment.*
func environmentWord(p *ui.Page, v string) string { return p.Or("estate.environment."+v, v) }

// i18n: estate.criticality.*
func criticalityWord(p *ui.Page, v string) string { return p.Or("estate.criticality."+v, v) }

// i18n: estate.source.*
func sourceWord(p *ui.Page, s Source) string { return p.T("estate.source." + string(s)) }

// relationWord reads a relation from one end: "contains", or seen from the other, "contained in".
//
// i18n: estate.relation.*
// i18n: estate.relation_back.*
func relationWord(p *ui.Page, r collect.Relation, back bool) string {
	if back {
		return p.Or("estate.relation_back."+string(r), string(r))
	}
	return p.Or("estate.relation."+string(r), string(r))
}

// i18n: estate.verdict.*
func verdictState(p *ui.Page, v Verdict) templ.Component {
	return ui.Status(map[Verdict]ui.Tone{Down: ui.Bad, Degraded: ui.Soon}[v], p.T("estate.verdict."+string(v)))
}

// i18n: estate.change_kind.*
func kindWord(p *ui.Page, k ChangeKind) string { return p.T("estate.change_kind." + string(k)) }

// fieldWord names a field of a change.
//
// i18n: estate.field.*
func fieldWord(p *ui.Page, c changeRow) string {
	switch {
	case c.Field == "":
		return ""
	case c.Kind == RelationAdded || c.Kind == RelationRemoved:
		return relationWord(p, collect.Relation(c.Field), inbound(c))
	case strings.HasPrefix(c.Field, "attributes."):
		return strings.TrimPrefix(c.Field, "attributes.")
	case strings.HasPrefix(c.Field, "tags."):
		return p.T("estate.field_tag", "key", strings.TrimPrefix(c.Field, "tags."))
	}
	return p.Or("estate.field."+c.Field, c.Field)
}

func inbound(c changeRow) bool {
	var d described
	text := c.After
	if text == "" {
		text = c.Before
	}
	return json.Unmarshal([]byte(text), &d) == nil && d.Inbound
}

// valueWord writes a value of a change for the reader: texts without quotes, relations by their other end.
func valueWord(p *ui.Page, c changeRow, text string) string {
	if text == "" || c.Kind == Created { // a new CI tells its name as what it became
		return ""
	}
	if c.Kind == RelationAdded || c.Kind == RelationRemoved {
		var d described
		if json.Unmarshal([]byte(text), &d) == nil && d.Key != "" {
			if d.Other == "" {
				return d.Key
			}
			return d.Key + " (" + typeWord(p, d.Other) + ")"
		}
	}
	var s string
	if json.Unmarshal([]byte(text), &s) != nil {
		return text
	}
	switch c.Field {
	case FieldEnvironment:
		return environmentWord(p, s)
	case FieldCriticality:
		return criticalityWord(p, s)
	}
	return s
}

func choices(p *ui.Page, word func(*ui.Page, string) string, values []string) []ui.Option {
	out := make([]ui.Option, len(values))
	for i, v := range values {
		out[i] = ui.Option{Value: v, Label: word(p, v)}
	}
	return out
}

// customerOptions are the choices of a form that needs a customer; of several, none is taken for granted.
func customerOptions(p *ui.Page) (out []ui.Option) {
	if len(p.Customers) > 1 {
		out = append(out, ui.Option{Label: p.T("ui.form.choose")})
	}
	for _, c := range p.Customers {
		out = append(out, ui.Option{Value: c.Slug, Label: c.Name})
	}
	return out
}

func when(p *ui.Page, t db.Time) templ.Component { return ui.When(p, t.Time) }

func number(p *ui.Page, n int64) string { return p.Number(int(n)) }

// leads tells whether the reader's rail leads to a place of another room: a link that ends in "you may not" helps nobody.
func leads(p *ui.Page, href string) bool {
	for _, section := range p.Nav {
		for _, item := range section.Items {
			if item.Href == href {
				return true
			}
		}
	}
	return false
}
