package discovery

import (
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"

	"vigie/internal/estate/collect"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// Pages hangs the room's pages on the mux: accounts, runs and coverage.
func (s *Service) Pages(mux *http.ServeMux, shell *web.Shell, customers Directory) {
	h := pages{s, shell, customers}
	for pattern, handler := range map[string]web.Handler{
		"GET /accounts":              h.accounts,
		"GET /accounts/new":          h.newAccount,
		"POST /accounts/new":         h.addAccount,
		"GET /accounts/{id}":         h.account,
		"GET /accounts/{id}/edit":    h.editAccount,
		"POST /accounts/{id}/edit":   h.changeAccount,
		"POST /accounts/{id}/check":  h.checkAccount,
		"GET /accounts/{id}/remove":  h.doomAccount,
		"POST /accounts/{id}/remove": h.removeAccount,

		"GET /discovery":               h.runs,
		"POST /discovery":              h.startRun,
		"POST /discovery/schedule":     h.setPlan,
		"GET /discovery/{id}":          h.run,
		"GET /discovery/{id}/progress": h.progress,
		"POST /discovery/{id}/cancel":  h.cancelRun,
		"POST /discovery/{id}/resume":  h.resumeRun,

		"GET /coverage": h.coverage,
	} {
		mux.Handle(pattern, shell.Page(handler))
	}
}

type pages struct {
	s         *Service
	shell     *web.Shell
	customers Directory
}

// owner names the customer of a record, and refuses one that is not the customer chosen.
func (h pages) owner(r *http.Request, p *ui.Page, a permission.Actor, id string) (ui.Customer, error) {
	slug, err := h.customers.Slug(r.Context(), a, id)
	if err != nil {
		return ui.Customer{}, err
	}
	return ui.Customer{Slug: slug, Name: web.CustomerName(p, slug)}, web.Belongs(p, slug)
}

// chosen is the customer that a form names, else the one whose data the page shows: its id.
func (h pages) chosen(r *http.Request, p *ui.Page, a permission.Actor) (string, error) {
	slug := web.Chosen(r, p)
	if slug == "" {
		var f fault.Fields
		f.Add("customer", "discovery.choose_customer")
		return "", f.Err()
	}
	return h.customers.ID(r.Context(), a, slug)
}

// customerOptions are the choices of a form that needs a customer; of several, none is taken for granted.
func customerOptions(p *ui.Page) (options []ui.Option) {
	if len(p.Customers) > 1 {
		options = append(options, ui.Option{Label: p.T("ui.form.choose")})
	}
	for _, c := range p.Customers {
		options = append(options, ui.Option{Value: c.Slug, Label: c.Name})
	}
	return options
}

// wide tells that rows of several customers may stand in one list.
func wide(p *ui.Page) bool { return p.Customer == nil && len(p.Customers) > 1 }

// i18n: discovery.status.*
func accountState(p *ui.Page, s AccountStatus) templ.Component {
	tone := map[AccountStatus]ui.Tone{Reachable: ui.Good, OpenRole: ui.Bad, NoEntry: ui.Bad, Broken: ui.Bad, Recorded: ui.Info}[s]
	if tone == "" {
		tone = ui.Off
	}
	return ui.Status(tone, p.T("discovery.status."+string(s)))
}

// i18n: discovery.state.*
func runState(p *ui.Page, s State) templ.Component {
	tone := map[State]ui.Tone{Done: ui.Good, Failed: ui.Bad, Running: ui.Busy}[s]
	if tone == "" {
		tone = ui.Off
	}
	return ui.Status(tone, p.T("discovery.state."+string(s)))
}

func outcomeTone(o collect.Outcome) ui.Tone {
	switch o {
	case collect.Complete:
		return ui.Good
	case collect.Denied, collect.Failed:
		return ui.Bad
	case collect.ThrottledOut:
		return ui.Soon
	}
	return ui.Off
}

// i18n: discovery.outcome.*
func outcomeWord(p *ui.Page, o collect.Outcome) string { return p.T("discovery.outcome." + string(o)) }

// i18n: discovery.trigger.*
func triggerWord(p *ui.Page, t Trigger) string { return p.T("discovery.trigger." + string(t)) }

// i18n: discovery.reason.*
func reasonWord(p *ui.Page, reason string) string { return p.T("discovery.reason." + reason) }

// i18n: estate.type.*
func typeWord(p *ui.Page, typ string) string {
	return p.Or(collect.TypeKey(typ), collect.TypeWords(typ))
}

func regionsWord(p *ui.Page, regions []string) string {
	if len(regions) == 0 {
		return p.T("discovery.account.all_regions")
	}
	return strings.Join(regions, ", ")
}

// took is how long a run went on, up to now for one that still does.
func took(p *ui.Page, r Run) string {
	if r.StartedAt.IsZero() {
		return ""
	}
	end := r.FinishedAt.Time
	if end.IsZero() {
		end = p.Now()
	}
	return p.Duration(max(end.Sub(r.StartedAt.Time), 0).Round(time.Second))
}

func count(p *ui.Page, n int64) templ.Component { return ui.Text(p.Number(int(n))) }

func moment(p *ui.Page, t db.Time) templ.Component { return ui.When(p, t.Time) }
