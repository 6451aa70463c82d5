package app

import (
	"context"
	"fmt"

	"vigie/internal/exchange/mail"
	"vigie/internal/onboard/access"
	"vigie/internal/onboard/launch"
	"vigie/internal/platform/db"
)

// wireAccess opens the room of what the provider must be let into.
func (a *App) wireAccess() error {
	library, err := access.Load(a.data)
	if err != nil {
		return fmt.Errorf("access checks: %w", err)
	}
	a.Access = access.New(access.Parts{DB: a.db, Subjects: a.Subjects, Library: library, Eyes: eyes{}})
	return nil
}

// eyes see the ways into a customer: what discovery, webhooks, tokens and mail left behind.
type eyes struct{}

// Look implements access.Eyes.
func (eyes) Look(ctx context.Context, tx *db.Tx, proof, target string) (access.Seen, error) {
	owner, err := tx.Customer()
	if err != nil {
		return access.Seen{}, err
	}
	switch proof {
	case "role":
		return lookAtRoles(ctx, tx, target)
	case "webhook":
		return lookAtWebhooks(ctx, tx, target)
	case "token":
		return lookAtTokens(ctx, tx, owner, target)
	case "mail":
		return lookAtMail(ctx, tx, target)
	}
	return access.Seen{}, fmt.Errorf("nobody sees a proof by %s", proof)
}

// lookAtRoles finds the account that stands worst: access is proved when all can be entered.
func lookAtRoles(ctx context.Context, tx *db.Tx, target string) (access.Seen, error) {
	var rows []struct {
		Account string  `db:"account_id"`
		Status  string  `db:"status"`
		At      db.Time `db:"checked_at"`
	}
	if err := tx.Select(ctx, &rows, `SELECT x.account_id, x.status, x.checked_at FROM {account} x WHERE ? = '' OR x.account_id = ? ORDER BY x.checked_at, x.account_id`, target, target); err != nil {
		return access.Seen{}, fmt.Errorf("roles: %w", err)
	}
	out := access.Seen{Code: "role_none", What: target}
	for i, r := range rows {
		code := map[string]string{"ok": "role_assumed", "open_role": "role_open", "denied": "role_refused", "failed": "role_refused"}[r.Status]
		if code == "" || r.At.IsZero() {
			code = "role_unchecked"
		}
		one := access.Seen{Code: code, What: r.Account, At: r.At, Good: code == "role_assumed"}
		if i == 0 || out.Good && !one.Good || out.Code == "role_unchecked" && one.Code != "role_assumed" {
			out = one // the oldest of those that are well, or one that is not
		}
	}
	return out, nil
}

// lookAtWebhooks finds the last message that an active webhook's receiver took, or refused.
func lookAtWebhooks(ctx context.Context, tx *db.Tx, target string) (access.Seen, error) {
	var hooks []struct {
		Name string `db:"name"`
	}
	if err := tx.Select(ctx, &hooks, `SELECT w.name FROM {webhook} w WHERE ? = '' OR w.name = ? ORDER BY w.name`, target, target); err != nil {
		return access.Seen{}, fmt.Errorf("webhooks: %w", err)
	}
	if len(hooks) == 0 {
		return access.Seen{Code: "webhook_none", What: target}, nil
	}
	var last []struct {
		Name  string  `db:"name"`
		State string  `db:"state"`
		At    db.Time `db:"tried_at"`
	}
	if err := tx.Select(ctx, &last, `SELECT w.name, d.state, d.tried_at FROM {webhook_delivery} d JOIN {webhook} w ON w.id = d.webhook_id
		WHERE (? = '' OR w.name = ?) AND d.tried_at IS NOT NULL ORDER BY d.tried_at DESC, d.id DESC LIMIT 1`, target, target); err != nil {
		return access.Seen{}, fmt.Errorf("webhook deliveries: %w", err)
	}
	if len(last) == 0 {
		return access.Seen{Code: "webhook_untried", What: hooks[0].Name}, nil
	}
	if last[0].State == "delivered" {
		return access.Seen{Code: "webhook_taken", What: last[0].Name, At: last[0].At, Good: true}, nil
	}
	return access.Seen{Code: "webhook_refused", What: last[0].Name, At: last[0].At}, nil
}

// lookAtTokens finds the last use of a token of the customer's own people.
func lookAtTokens(ctx context.Context, tx *db.Tx, owner, target string) (access.Seen, error) {
	var rows []struct {
		Name string  `db:"name"`
		At   db.Time `db:"used_at"`
	}
	if err := tx.Select(ctx, &rows, `SELECT t.name, t.used_at FROM {api_token} t JOIN {app_user} u ON u.id = t.user_id WHERE u.customer_id = ? AND u.disabled_at IS NULL AND t.revoked_at IS NULL
		AND (t.expires_at IS NULL OR t.expires_at > ?) AND (? = '' OR t.name = ? OR u.email = ?) ORDER BY COALESCE(t.used_at, 0) DESC, t.name LIMIT 1`,
		owner, tx.Now(), target, target, target); err != nil {
		return access.Seen{}, fmt.Errorf("tokens: %w", err)
	}
	switch {
	case len(rows) == 0:
		return access.Seen{Code: "token_none", What: target}, nil
	case rows[0].At.IsZero():
		return access.Seen{Code: "token_unused", What: rows[0].Name}, nil
	}
	return access.Seen{Code: "token_used", What: rows[0].Name, At: rows[0].At, Good: true}, nil
}

// lookAtMail finds the last mail to the customer that a server took, or that came back.
func lookAtMail(ctx context.Context, tx *db.Tx, target string) (access.Seen, error) {
	var rows []struct {
		To    string  `db:"to_email"`
		State string  `db:"state"`
		At    db.Time `db:"at"`
	}
	if err := tx.Select(ctx, &rows, `SELECT m.to_email, m.state, COALESCE(m.sent_at, m.updated_at) AS at FROM {mail_message} m WHERE (? = '' OR m.to_email = ?)
		AND m.state IN (?, ?, ?) ORDER BY m.updated_at DESC, m.id DESC LIMIT 1`, target, target, string(mail.Sent), string(mail.Bounced), string(mail.Failed)); err != nil {
		return access.Seen{}, fmt.Errorf("mail: %w", err)
	}
	if len(rows) == 0 {
		return access.Seen{Code: "mail_none", What: target}, nil
	}
	if rows[0].State == string(mail.Sent) {
		return access.Seen{Code: "mail_delivered", What: rows[0].To, At: rows[0].At, Good: true}, nil
	}
	return access.Seen{Code: "mail_refused", What: rows[0].To, At: rows[0].At}, nil
}

// accessProved is the launch's question whether the provider has been let in.
func (a *App) accessProved(ctx context.Context, tx *db.Tx, customer string) (launch.Finding, error) {
	missing, asked, err := a.Access.Missing(ctx, tx, customer)
	if err != nil {
		return launch.Finding{}, err
	}
	f := launch.Finding{Status: launch.Met, Facts: map[string]any{"asked": asked, "proved": asked - len(missing)}}
	if asked == 0 {
		f.Status, f.Items = launch.Unknown, []launch.Item{{Key: "access.launch.none", Href: "/access-checks/propose"}}
		return f, nil
	}
	for _, c := range missing {
		f.Status = launch.Unmet
		f.Items = append(f.Items, launch.Item{Key: "access.launch." + c.State, Args: map[string]any{"name": c.Name}, Href: "/access-checks/" + c.ID}) // i18n: access.launch.*
	}
	return f, nil
}
