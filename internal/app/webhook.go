package app

import (
	"context"

	"vigie/internal/exchange/mail"
	"vigie/internal/exchange/webhook"
	"vigie/internal/platform/db"
	"vigie/internal/platform/jobs"
)

// wireWebhooks opens the room of outgoing webhooks and hangs its work on the queue, and on what is told of changes.
func (a *App) wireWebhooks() {
	a.Webhooks = webhook.New(webhook.Parts{DB: a.db, Clock: a.opts.Clock, Log: a.opts.Telemetry.Log, Seal: a.Secrets, Policy: a.outbound(), Topics: topics(), Resolve: a.resolve, Mailer: webhookMail{a},
		Hand: func(ctx context.Context, customer, delivery string) error {
			return a.queue.Insert(ctx, jobs.Task{Topic: webhook.TaskTopic, Customer: customer, Key: delivery})
		}})
	a.db.Hear(a.Webhooks.Heard)
	a.queue.Handle(webhook.TaskTopic, func(ctx context.Context, t jobs.Task) error { return a.Webhooks.Deliver(ctx, t.Customer, t.Key) })
	a.queue.Handle(jobs.TickTopic, func(ctx context.Context, _ jobs.Task) error { return a.Webhooks.Sweep(ctx) })
}

// topics are what webhooks can ask for: the actions that the rooms write to the trail, by type of record. A test finds what is missing.
func topics() []webhook.Topic {
	some := func(record string, actions ...string) webhook.Topic {
		return webhook.Topic{Record: record, Actions: actions}
	}
	instance := func(record string, actions ...string) webhook.Topic {
		return webhook.Topic{Record: record, Actions: actions, Instance: true}
	}
	return []webhook.Topic{
		some("customer", "create", "update", "export", "import", "removal.request", "removal.cancel"),
		some("contact", "create", "update", "delete", "import", "create_link", "revoke_link"),
		some("stakeholder", "create", "update", "delete", "import"),
		some("supplier", "create", "update", "delete", "import"),
		some("document", "create", "update", "delete", "import", "hand_in", "review", "waive"),
		some("assessment", "create", "update", "answer", "open", "handed_in", "reviewed", "create_link", "revoke_link"),
		some("measure", "create", "update", "delete", "import", "close", "reopen", "need", "drop_need"),
		some("milestone", "create", "update", "delete", "import"),
		some("plan", "create", "update"),
		some("meeting", "create", "update", "invite", "cancel"),
		some("plan_task", "create", "update"),
		some("statement", "create", "update"),
		some("estimate", "create", "update", "compute", "issue", "supersede", "revise"),
		some("requirement", "create", "update", "delete", "import"),
		some("access_check", "create", "update", "delete", "import"),
		some("declared_inventory", "create", "update", "delete", "import"),
		some("target_item", "create", "update", "delete", "import"),
		some("baseline", "create", "delete"),
		some("ci", "create", "change", "delete", "import"),
		some("relation", "create", "delete", "import"),
		some("workload", "create", "change", "delete"),
		some("deliverable", "create", "update", "fill", "ask", "approve"),
		some("launch", "create", "update", "tick", "untick", "ready", "unready", "ask", "launch", "cancel"),
		some("launch_waiver", "create", "revoke"),
		some("account", "create", "update", "check", "delete"),
		some("discovery_run", "start", "cancel", "resume"),
		some("discovery_schedule", "update"),
		some("gap", "drift", "accept"),
		some("gap_run", "start"),
		some("finding", "create", "update"),
		some("finding_import", "create", "start"),
		some("approval", "request", "sign", "refuse", "withdraw", "expire"),
		some("note", "write", "edit", "remove"),
		some("file", "add", "remove"),
		some("bulk_edit", "apply", "undo"),
		some("mail", "resend", "test"),
		some("webhook", "create", "update", "delete", "rotate_secret", "test", "redeliver", "disable"),
		instance("user", "create", "update", "leave", "prove", "disable", "enable", "sign_in", "sign_in_failed", "sign_out", "break_glass", "break_glass_end", "add_totp", "add_passkey", "remove_totp", "remove_passkey",
			"reset_factors", "send_invitation", "send_password_reset", "print_invitation", "print_password_reset", "use_invitation", "use_password_reset", "factor_failed", "renew_recovery_codes", "revoke_session", "revoke_sessions", "unlink", "update_password", "take_password"),
		instance("token", "create", "revoke"),
		instance("identity_provider", "create", "update", "delete", "sign_in_failed", "sign_out"),
		instance("identity_rule", "create", "update", "delete"),
		instance("sign_in_rule", "update"),
		instance("secret_keys", "rotate"),
	}
}

// webhookMail writes to whoever manages webhooks.
type webhookMail struct{ app *App }

// Disabled implements webhook.Mailer.
func (m webhookMail) Disabled(ctx context.Context, tx *db.Tx, w webhook.Mail) error {
	template, link := "webhook_failing", ""
	if w.Why == webhook.Gone {
		template = "webhook_gone"
	}
	if w.Customer == "" {
		w.Customer = m.app.bundle.Printer(w.To.Language, nil, tx.Now().Time).T("webhook.instance")
	}
	if to := m.app.opts.PublicURL; to != nil {
		link = to.String() + w.Path
	}
	return m.app.Mail.Put(ctx, tx, mail.Message{Template: template, To: mail.Address{Name: w.To.Name, Email: w.To.Email}, Language: w.To.Language, TimeZone: w.To.TimeZone,
		Args: map[string]any{"webhook": w.Webhook, "customer": w.Customer, "host": w.Host, "since": w.Since}, Link: link, Unique: w.Unique})
}
