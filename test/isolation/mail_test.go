package isolation

import (
	"strings"
	"testing"

	"vigie/internal/exchange/mail"
	"vigie/internal/platform/db"
	"vigie/internal/platform/id"
	"vigie/internal/trust/permission"
)

// bounce is the report that the firm's message came back.
func bounce(f *firm) string {
	return strings.ReplaceAll("From: mailer-daemon@example.com\nTo: bounces@example.com\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"+
		"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.com\n\nFinal-Recipient: rfc822; x@example.com\nAction: failed\nStatus: 5.1.1\n\n"+
		"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <"+f.Refs["mail"]+"@example.com>\n\n--b--\n", "\n", "\r\n")
}

var mailCalls = map[string]call{
	"mail.Mails": {list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Mail.Mails(ctx, a, mail.Spec.All()))
	}},
	"mail.Mail": {action: permission.MailRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Mail.Mail(ctx, a, f.Refs["mail"]))
	}},
	"mail.Resend": {action: permission.MailWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Mail.Resend(ctx, a, f.Refs["mail"], 0))
	}},
	"mail.Setting": {action: permission.MailRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Mail.Setting(ctx, a, f.Slug))
	}},
	"mail.UpdateSetting": {action: permission.MailWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Mail.UpdateSetting(ctx, a, f.Slug, f.Version, mail.ChangeSetting{FromName: ptr("taken over")}))
	}},
	"mail.Preview": {action: permission.MailRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Mail.Preview(ctx, a, f.Slug, "test", "en"))
	}},
	"mail.SendTest": {action: permission.MailWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Mail.SendTest(ctx, a, f.Slug, mail.NewTest{To: "somebody@example.com"}))
	}},
	"mail.Suppressions": {list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Mail.Suppressions(ctx, a, mail.SuppressionSpec.All()))
	}},
	"mail.Suppression": {action: permission.MailRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Mail.Suppression(ctx, a, f.Refs["suppression"]))
	}},
	"mail.Lift": {action: permission.MailWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return none(h.app.Mail.Lift(ctx, a, f.Refs["suppression"], f.Version))
	}},
	"mail.TakeBounce": {action: permission.MailWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Mail.TakeBounce(ctx, a, []byte(bounce(f))))
	}},
}

// mailSetting is a row of mail_setting, as far as the walks need one.
type mailSetting struct {
	FromName  string  `db:"from_name"`
	FromEmail string  `db:"from_email"`
	ReplyTo   string  `db:"reply_to"`
	Color     string  `db:"color"`
	Logo      string  `db:"logo"`
	Footer    string  `db:"footer"`
	Host      string  `db:"server_host"`
	Port      int64   `db:"server_port"`
	Security  string  `db:"server_security"`
	User      string  `db:"server_user"`
	Password  string  `db:"server_password"`
	Version   int64   `db:"version"`
	CreatedAt db.Time `db:"created_at"`
	UpdatedAt db.Time `db:"updated_at"`
	Customer  string  `db:"customer_id"`
}

type mailSuppression struct {
	Customer  string  `db:"customer_id"`
	ID        string  `db:"id"`
	Email     string  `db:"email"`
	Reason    string  `db:"reason"`
	ReplyText string  `db:"reply_text"`
	CreatedAt db.Time `db:"created_at"`
	Version   int64   `db:"version"`
}

// seedMail gives the customer a message that waits, an address that gets none, and a look of its own.
func (h *house) seedMail(t *testing.T, f *firm) {
	t.Helper()
	f.Refs["suppression"] = id.New()
	check(t, h.db.InScope(t.Context(), db.Grant(f.Refs["customer_id"]), func(tx *db.Tx) error {
		err := h.app.Mail.Put(t.Context(), tx, mail.Message{Template: "test", To: mail.Address{Name: f.Word + " Person", Email: "mail@" + f.Word + ".example"},
			Args: map[string]any{"sender": f.Word, "person": f.Word, "at": tx.Now()}, Link: "https://vigie.example/once?code=" + f.Word,
			Attach: []mail.Attachment{{Name: f.Word + ".txt", MediaType: "text/plain", Content: []byte(f.Word)}}})
		if err != nil {
			return err
		}
		var message string
		if err := tx.Get(t.Context(), &message, `SELECT id FROM {mail_message} WHERE to_email = ?`, "mail@"+f.Word+".example"); err != nil {
			return err
		}
		f.Refs["mail"] = message
		if _, err := tx.Insert(t.Context(), "mail_setting", mailSetting{FromName: f.Word, FromEmail: "from@" + f.Word + ".example", Color: "#123456", Logo: strings.ToUpper(f.Word),
			Footer: f.Word, Security: "starttls", Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}, ""); err != nil {
			return err
		}
		_, err = tx.Insert(t.Context(), "mail_suppression", mailSuppression{ID: f.Refs["suppression"], Email: "dead@" + f.Word + ".example", Reason: "bounced", ReplyText: f.Word,
			CreatedAt: tx.Now(), Version: 1}, "")
		return err
	}))
}

// mailOfAnother gives a task of acme's the message of bolt's: nothing happens.
func (h *house) mailOfAnother(t *testing.T) {
	before, own := h.footprint(t, h.bolt), h.footprint(t, h.acme)
	for _, customer := range []string{h.acme.Refs["customer_id"], ""} {
		check(t, h.app.Mail.Deliver(t.Context(), customer, h.bolt.Refs["mail"]))
	}
	h.untouched(t, h.bolt, before, "a message under another's name")
	h.untouched(t, h.acme, own, "a message under another's name")
	owner := map[string]string{h.acme.Refs["mail"]: h.acme.Refs["customer_id"], h.bolt.Refs["mail"]: h.bolt.Refs["customer_id"]}
	handed := 0
	check(t, h.app.Mail.Sweep(t.Context(), func(customer, message string) error {
		handed++
		if of := owner[message]; of != "" && of != customer {
			t.Errorf("the sweeper hands the message %s of %s to %s", message, of, customer)
		}
		return nil
	}))
	if handed < 2 {
		t.Errorf("the sweeper found %d messages", handed)
	}
}
