package mail_test

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"testing"

	"vigie/internal/customer"
	"vigie/internal/exchange/mail"
	"vigie/internal/exchange/mail/mailtest"
	"vigie/internal/kit/api/apitest"
	"vigie/internal/kit/i18n"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/jobs"
	"vigie/internal/platform/seal/sealtest"
	"vigie/internal/trust/permission"
	"vigie/locales"
)

type noTasks struct{}

func (noTasks) Put(context.Context, *db.Tx, string, jobs.Task) error { return nil }

type directory struct{ s *customer.Service }

func (d directory) ID(ctx context.Context, a permission.Actor, ref string) (string, error) {
	c, err := d.s.Customer(ctx, a, ref)
	return c.ID, err
}

func (d directory) Slug(ctx context.Context, a permission.Actor, id string) (string, error) {
	c, err := d.s.Customer(ctx, a, id)
	return c.Slug, err
}

type office struct {
	*apitest.Server
	mail          *mail.Service
	clock         *clock.Manual
	server, other *mailtest.Server
	dialled       []string
}

// open starts an instance with a server of the operator's, and another that a customer may name.
func open(t *testing.T, d *db.DB, c *clock.Manual) *office {
	t.Helper()
	bundle, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	o := &office{clock: c, server: mailtest.Start(t, false, false), other: mailtest.Start(t, true, false)}
	customers := customer.NewService(d)
	trust := o.server.Trust.RootCAs.Clone()
	o.other.User, o.other.Password = "acme", "very-secret"
	o.mail = mail.New(mail.Config{DB: d, Clock: c, Log: slog.New(slog.DiscardHandler), Bundle: bundle, Outbox: noTasks{}, Seal: sealtest.New(t), Directory: directory{customers},
		Trust:    &tls.Config{RootCAs: trust, InsecureSkipVerify: true}, // the two servers have a certificate each
		Defaults: mail.Defaults{Server: mail.Server{Host: "localhost", Port: o.server.Port, Security: mail.StartTLS}, From: mail.Address{Name: "Vigie", Email: "vigie@provider.example"}},
		DialCustomer: func(ctx context.Context, network, address string) (net.Conn, error) {
			o.dialled = append(o.dialled, address)
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}})
	o.Server = apitest.New(t, d, c, customer.Resolve, customers, o.mail)
	return o
}

func (o *office) tick(t *testing.T) {
	t.Helper()
	if err := o.mail.Sweep(t.Context(), func(c, m string) error { return o.mail.Deliver(t.Context(), c, m) }); err != nil {
		t.Fatal(err)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		o := open(t, d, c)
		admin := o.As("admin", permission.Admin, db.GrantAll())
		var acme customer.Customer
		admin.Do(t, "POST", "/customers", `{"slug":"acme","name":"Acme"}`).Want(t, 201).JSON(t, &acme)
		limited := o.As("limited", permission.Admin, db.Grant(acme.ID))
		limited.Do(t, "GET", "/mail-settings/instance", "").Want(t, 404)
		limited.Do(t, "PATCH", "/mail-settings/instance", `{"logo":"x"}`).Want(t, 404)
		admin.Do(t, "PATCH", "/mail-settings/instance", `{"footer":"Provider Ltd","color":"#112233"}`).Want(t, 200)
		answer := limited.Do(t, "PATCH", "/mail-settings/acme", `{"from_name":"Acme IT","from_email":"it@acme.example","reply_to":"help@acme.example","logo":"ACME","color":"#FFCC00"}`).Want(t, 200)
		limited.Do(t, "PATCH", "/mail-settings/acme", `{"logo":"lost"}`, "If-Match", `"v7"`).Want(t, 412)
		if answer.Header.Get("ETag") != `"v1"` {
			t.Errorf("ETag %s", answer.Header.Get("ETag"))
		}
		bad := limited.Do(t, "PATCH", "/mail-settings/acme", `{"from_name":"x\r\nBcc: y","from_email":"a@b\r\nBcc: c","color":"red","server_host":"a b","server_port":99999,"server_security":"none"}`)
		for _, field := range []string{"from_name", "from_email", "color", "server_host", "server_port", "server_security"} {
			if !strings.Contains(bad.Body, `"field":"`+field+`"`) {
				t.Errorf("%s is not named: %s", field, bad.Body)
			}
		}
		var sent mail.History
		limited.Do(t, "POST", "/mail-settings/acme/test", `{"to":"zoe@acme.example","language":"fr"}`).Want(t, 201).JSON(t, &sent)
		limited.Do(t, "POST", "/mail-settings/acme/test", `{"to":"zoe@acme.example\nBcc: x@y.example"}`).Want(t, 422)
		o.tick(t)
		text := o.server.Taken()[0].Data
		for _, want := range []string{"From: \"Acme IT\" <it@acme.example>", "Reply-To: <help@acme.example>", "Provider Ltd", "#ffcc00", "ACME", "lang=3D\"fr\""} {
			if !strings.Contains(text, want) {
				t.Errorf("the message lacks %s:\n%s", want, text)
			}
		}
		limited.Do(t, "GET", "/mails/"+sent.ID, "").Want(t, 200).JSON(t, &sent)
		if sent.State != mail.Sent || len(sent.Steps) != 2 {
			t.Errorf("%+v", sent)
		}
		limited.Do(t, "POST", "/mails/"+sent.ID+"/resend", "").Want(t, 200)
		limited.Do(t, "POST", "/mails/"+sent.ID+"/resend", "").Want(t, 409)
		o.tick(t)
		if len(o.server.Taken()) != 2 {
			t.Error("it was not sent again")
		}
		for role, status := range map[permission.Role]int{permission.Viewer: 403, permission.Sales: 403, permission.Auditor: 200, permission.Agent: 200} {
			o.As(string(role), role, db.Grant(acme.ID)).Do(t, "GET", "/mails", "").Want(t, status)
		}
		o.As("auditor", permission.Auditor, db.GrantAll()).Do(t, "PATCH", "/mail-settings/acme", `{"logo":"x"}`).Want(t, 403)
	})
}

// A customer's own server is used by way of the guarded dial; its password is sealed, never shown, and not given to another host.
func TestServerOfCustomer(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		o := open(t, d, c)
		admin := o.As("admin", permission.Admin, db.GrantAll())
		var acme customer.Customer
		admin.Do(t, "POST", "/customers", `{"slug":"acme","name":"Acme"}`).Want(t, 201).JSON(t, &acme)
		var set mail.Setting
		answer := admin.Do(t, "PATCH", "/mail-settings/acme", `{"from_email":"it@acme.example","server_host":"localhost","server_port":`+port(o.other)+`,"server_security":"tls","server_user":"acme","server_password":"very-secret"}`).Want(t, 200)
		answer.JSON(t, &set)
		if !set.HasPassword || strings.Contains(answer.Body, "very-secret") {
			t.Error(answer.Body)
		}
		admin.Do(t, "POST", "/mail-settings/acme/test", `{"to":"zoe@acme.example"}`).Want(t, 201)
		o.tick(t)
		if len(o.other.Taken()) != 1 || len(o.server.Taken()) != 0 || len(o.dialled) != 1 || o.other.Taken()[0].User != "acme" {
			t.Errorf("%d and %d, dialled %v", len(o.other.Taken()), len(o.server.Taken()), o.dialled)
		}
		err := d.Across(t.Context(), "test", func(tx *db.Tx) error {
			var rows []string
			err := tx.Select(t.Context(), &rows, `SELECT server_password FROM {mail_setting}`)
			for _, r := range rows {
				if strings.Contains(r, "very-secret") {
					t.Error("the password is not sealed")
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		admin.Do(t, "PATCH", "/mail-settings/acme", `{"server_host":"evil.example"}`).Want(t, 200).JSON(t, &set)
		if set.HasPassword {
			t.Error("the password would be given to another host")
		}
		if body := admin.Do(t, "GET", "/mails", "").Body; strings.Contains(body, "very-secret") {
			t.Error("the password is in the log")
		}
	})
}

func port(s *mailtest.Server) string { return strconv.Itoa(s.Port) }

func TestSuppressions(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		o := open(t, d, c)
		admin := o.As("admin", permission.Admin, db.GrantAll())
		admin.Do(t, "POST", "/customers", `{"slug":"acme","name":"Acme"}`).Want(t, 201)
		var sent mail.History
		admin.Do(t, "POST", "/mail-settings/acme/test", `{"to":"zoe@acme.example"}`).Want(t, 201).JSON(t, &sent)
		o.tick(t)
		admin.Do(t, "POST", "/mail-bounces", "Subject: hello\r\n\r\nyou", "Content-Type", "message/rfc822").Want(t, 422)
		report := strings.ReplaceAll("To: b@x.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n"+
			"Action: failed\nStatus: 5.1.1\n\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <"+sent.ID+"@provider.example>\n\n--b--\n", "\n", "\r\n")
		var came mail.Returned
		admin.Do(t, "POST", "/mail-bounces", report, "Content-Type", "message/rfc822").Want(t, 200).JSON(t, &came)
		if came != (mail.Returned{Matched: 1, Suppressed: 1}) {
			t.Errorf("%+v", came)
		}
		var page struct{ Items []mail.Suppression }
		admin.Do(t, "GET", "/mail-suppressions?customer=acme", "").Want(t, 200).JSON(t, &page)
		if len(page.Items) != 1 || page.Items[0].Email != "zoe@acme.example" || page.Items[0].Mail != sent.ID {
			t.Fatalf("%+v", page)
		}
		admin.Do(t, "POST", "/mail-settings/acme/test", `{"to":"Zoe@acme.example"}`).Want(t, 201).JSON(t, &sent)
		o.tick(t)
		admin.Do(t, "GET", "/mails/"+sent.ID, "").Want(t, 200).JSON(t, &sent)
		if sent.State != mail.Suppressed {
			t.Errorf("%+v", sent)
		}
		admin.Do(t, "DELETE", "/mail-suppressions/"+page.Items[0].ID, "", "If-Match", `"v9"`).Want(t, 412)
		admin.Do(t, "DELETE", "/mail-suppressions/"+page.Items[0].ID, "", "If-Match", `"v1"`).Want(t, 204)
		admin.Do(t, "POST", "/mails/"+sent.ID+"/resend", "").Want(t, 200)
		o.tick(t)
		admin.Do(t, "GET", "/mails/"+sent.ID, "").Want(t, 200).JSON(t, &sent)
		if sent.State != mail.Sent {
			t.Errorf("%+v", sent)
		}
	})
}
