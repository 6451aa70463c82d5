package app

import (
	"context"
	"net/http"
	"slices"
	"time"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/record/note"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// todayView is what waits for somebody now, and what came of the last days.
type todayView struct {
	staff    bool // may see runs and coverage
	written  []note.Notification
	open     []todayRun
	accounts []todayAccount
	gaps     []todayGap
	changes  []todayRun
	reviews  []todayReview
	signs    []todayApproval
	hooks    []todayHook
}

// todayHook is a webhook of which nothing is taken.
type todayHook struct {
	ID       string  `db:"id"`
	Name     string  `db:"name"`
	State    string  `db:"state"`
	Customer db.Null `db:"customer"` // none for one of the instance
}

// todayApproval is what waits for the reader's own signature.
type todayApproval struct {
	ID       string                     `db:"id"`
	Title    string                     `db:"title"`
	Customer string                     `db:"customer"`
	Roles    db.JSON[[]permission.Role] `db:"roles"`
	At       db.Time                    `db:"at"`
}

// todayReview is a document whose day of review has come, or comes within the week.
type todayReview struct {
	ID       string `db:"id"`
	Title    string `db:"title"`
	ReviewOn string `db:"review_on"`
	Customer string `db:"customer"`
}

type todayRun struct {
	ID          string  `db:"id"`
	Slug        string  `db:"slug"`
	Customer    string  `db:"customer"`
	State       string  `db:"state"`
	ScopesDone  int     `db:"scopes_done"`
	ScopesTotal int     `db:"scopes_total"`
	Added       int     `db:"added"`
	Changed     int     `db:"changed"`
	Gone        int     `db:"gone"`
	At          db.Time `db:"at"`
}

type todayAccount struct {
	ID        string  `db:"id"`
	AccountID string  `db:"account_id"`
	Name      string  `db:"name"`
	Status    string  `db:"status"`
	Customer  string  `db:"customer"`
	CheckedAt db.Time `db:"checked_at"`
}

type todayGap struct {
	AccountID string `db:"account_id"`
	Slug      string `db:"slug"`
	Customer  string `db:"customer"`
	Blind     int    `db:"blind"`
}

// calm tells that nothing waits for anybody.
func (v todayView) calm() bool {
	return len(v.written)+len(v.open)+len(v.accounts)+len(v.gaps)+len(v.reviews)+len(v.signs)+len(v.hooks) == 0
}

// today is the first page: what needs somebody, each with a link to where it can be mended.
func (a *App) today(w http.ResponseWriter, r *http.Request, p *ui.Page, actor permission.Actor) error {
	p.Title, p.Active = p.T("today.title"), "today"
	v := todayView{staff: actor.May(permission.DiscoveryRead)}
	q := note.NotificationSpec.All().Where("n.read_at IS NULL")
	q.Limit = 8
	inbox, err := a.Notes.Notifications(r.Context(), actor, q)
	if err != nil {
		return err
	}
	v.written = inbox.Items
	if v.signs, err = a.toSign(r.Context(), actor, web.Customer(p)); err != nil {
		return err
	}
	if !v.staff {
		ui.Render(w, r, http.StatusOK, todayPage(p, v))
		return nil
	}
	ctx, slug := r.Context(), web.Customer(p)
	err = a.db.View(ctx, actor.Scope(), func(tx *db.Tx) error {
		const run = `SELECT r.id, k.slug, k.name AS customer, r.state, r.scopes_done, r.scopes_total, r.added, r.changed, r.gone, COALESCE(r.finished_at, r.started_at, r.created_at) AS at
			FROM {discovery_run} r JOIN {customer} k ON k.id = r.customer_id WHERE (? = '' OR k.slug = ?) AND `
		if err := tx.Select(ctx, &v.open, run+`(r.finished_at IS NULL OR r.state = 'failed' AND r.finished_at > ?) ORDER BY r.created_at DESC LIMIT 10`,
			slug, slug, db.At(tx.Now().Add(-24*time.Hour))); err != nil {
			return err
		}
		if err := tx.Select(ctx, &v.changes, run+`r.state = 'done' AND r.created_at > ? AND r.added + r.changed + r.gone > 0
			ORDER BY r.added + r.changed + r.gone DESC, r.created_at DESC LIMIT 8`, slug, slug, db.At(tx.Now().Add(-7*24*time.Hour))); err != nil {
			return err
		}
		if err := tx.Select(ctx, &v.gaps, `SELECT c.account_id, k.slug, k.name AS customer, count(*) AS blind FROM {coverage} c JOIN {customer} k ON k.id = c.customer_id
			WHERE (? = '' OR k.slug = ?) AND c.outcome IN ('denied', 'failed', 'throttled_out')
			GROUP BY c.account_id, k.slug, k.name ORDER BY blind DESC, k.name, c.account_id LIMIT 10`, slug, slug); err != nil {
			return err
		}
		if err := tx.Select(ctx, &v.reviews, `SELECT d.id, d.title, d.review_on, k.name AS customer FROM {document} d JOIN {customer} k ON k.id = d.customer_id
			WHERE (? = '' OR k.slug = ?) AND d.review_on <> '' AND d.review_on <= ? AND d.status IN ('draft', 'current') ORDER BY d.review_on, d.title LIMIT 10`,
			slug, slug, p.Now().AddDate(0, 0, 7).Format(time.DateOnly)); err != nil {
			return err
		}
		if actor.May(permission.WebhookWrite) {
			if err := tx.Select(ctx, &v.hooks, `SELECT w.id, w.name, w.state, k.name AS customer FROM {webhook} w LEFT JOIN {customer} k ON k.id = w.customer_id
				WHERE (? = '' OR k.slug = ?) AND (w.state = 'disabled' OR w.state = 'active' AND w.failing_since IS NOT NULL) ORDER BY w.failing_since, w.id LIMIT 10`, slug, slug); err != nil {
				return err
			}
		}
		if !actor.May(permission.AccountRead) {
			return nil
		}
		return tx.Select(ctx, &v.accounts, `SELECT x.id, x.account_id, x.name, x.status, k.name AS customer, x.checked_at FROM {account} x JOIN {customer} k ON k.id = x.customer_id
			WHERE (? = '' OR k.slug = ?) AND x.status IN ('open_role', 'denied', 'failed') ORDER BY x.checked_at DESC LIMIT 10`, slug, slug)
	})
	if err != nil {
		return err
	}
	ui.Render(w, r, http.StatusOK, todayPage(p, v))
	return nil
}

// toSign is what waits for a signature that the actor's role can give, the oldest first. slug holds it to one customer.
func (a *App) toSign(ctx context.Context, actor permission.Actor, slug string) (out []todayApproval, err error) {
	if !actor.May(permission.ApprovalSign) {
		return nil, nil
	}
	var asked []todayApproval
	err = a.db.View(ctx, actor.Scope(), func(tx *db.Tx) error {
		return tx.Select(ctx, &asked, `SELECT v.id, v.title, v.roles, v.requested_at AS at, k.name AS customer FROM {approval} v JOIN {customer} k ON k.id = v.customer_id
			WHERE (? = '' OR k.slug = ?) AND v.state = 'requested' ORDER BY v.requested_at, v.id LIMIT 200`, slug, slug)
	})
	for _, v := range asked {
		if slices.Contains(v.Roles.V, actor.Role()) && len(out) < 10 {
			out = append(out, v)
		}
	}
	return out, err
}

// waiting are the places that the reader's rail has besides this one.
func waiting(p *ui.Page) (links []ui.NavItem) {
	for _, section := range p.Nav {
		for _, item := range section.Items {
			if item.ID != "today" {
				links = append(links, item)
			}
		}
	}
	return links
}

// i18n: discovery.status.*
func accountWord(p *ui.Page, status string) string { return p.T("discovery.status." + status) }

// i18n: discovery.state.*
func runWord(p *ui.Page, state string) string { return p.T("discovery.state." + state) }

func runTone(state string) ui.Tone {
	if state == "failed" {
		return ui.Bad
	}
	return ui.Busy
}

// reviewDay is the day of a review in the reader's words; late tells that it is past.
func reviewDay(p *ui.Page, day string) (words string, late bool) {
	t, err := time.ParseInLocation(time.DateOnly, day, p.Zone())
	if err != nil {
		return day, false
	}
	return p.Date(t), day < p.Now().Format(time.DateOnly)
}

func reviewTone(late bool) ui.Tone {
	if late {
		return ui.Soon
	}
	return ui.Info
}
