package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"vigie/internal/exchange/webhook"
	"vigie/internal/kit/api/apitest"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
)

// What was asked for is told once, signed, and nothing of another customer or of a change that was rolled back.
func TestChangesAreTold(t *testing.T) {
	t.Parallel()
	on(t, func(t *testing.T, s *stage) {
		_, secret := s.create(t, `["contact.*"]`)
		s.admin.Do(t, "POST", "/contacts", `{"customer":"acme","name":"Ada"}`).Want(t, 201)
		s.admin.Do(t, "POST", "/contacts", `{"customer":"bolt","name":"Bob"}`).Want(t, 201)
		s.admin.Do(t, "POST", "/contacts", `{"customer":"acme","name":""}`).Want(t, 422)
		s.admin.Do(t, "PATCH", "/customers/acme", `{"country":"FR"}`).Want(t, 200)
		for range 3 {
			if err := s.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if n := s.receiver.count(); n != 1 {
			t.Fatalf("%d messages: %v", n, s.receiver.bodies)
		}
		if event, fit := s.receiver.verified(t, secret); event != "contact.create" || fit != 1 || !strings.Contains(s.receiver.bodies[0], `"Ada"`) {
			t.Errorf("%s, %d signatures fit: %s", event, fit, s.receiver.bodies[0])
		}
		d := s.deliveries(t)
		if len(d) != 1 || d[0].State != "delivered" || d[0].Status != 204 || d[0].Attempts != 1 {
			t.Errorf("%+v", d)
		}
		s.viewer.Do(t, "GET", "/webhooks", "").Want(t, 403)
	})
}

// A message that is not taken is tried again later and later, by the same id; then it has failed, and the webhook with it after days.
func TestRetries(t *testing.T) {
	t.Parallel()
	on(t, func(t *testing.T, s *stage) {
		w, secret := s.create(t, `["contact.create"]`)
		s.receiver.answer(500)
		s.admin.Do(t, "POST", "/contacts", `{"customer":"acme","name":"Ada"}`).Want(t, 201)
		var tries []time.Duration
		start := s.clock.Now()
		for range 6 * 24 * 60 {
			before := s.receiver.count()
			if err := s.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if s.receiver.count() > before {
				tries = append(tries, s.clock.Now().Sub(start))
			}
			d := s.deliveries(t)
			if len(d) == 1 && d[0].State == "failed" {
				break
			}
			s.clock.Set(d[0].DueAt.Time)
		}
		d := s.deliveries(t)
		if len(tries) != 10 || d[0].State != "failed" || d[0].Status != 500 || len(d[0].Answer) > 1010 || !strings.HasPrefix(d[0].Answer, "heard\uFFFD") {
			t.Errorf("tried at %v: %+v", tries, d)
		}
		for _, r := range s.receiver.got {
			if r.Header.Get("webhook-id") != d[0].ID {
				t.Errorf("another id: %s", r.Header.Get("webhook-id"))
			}
		}
		// By hand it goes at once, and what is taken ends the trouble.
		s.receiver.answer(200)
		s.admin.Do(t, "POST", "/webhook-deliveries/"+d[0].ID+"/redeliver", "").Want(t, 200)
		if _, fit := s.receiver.verified(t, secret); fit != 1 {
			t.Error("the message that was sent again is not signed")
		}
		s.admin.Do(t, "GET", "/webhooks/"+w.ID, "").Want(t, 200).JSON(t, &w)
		if !w.FailingSince.IsZero() || w.State != webhook.Active {
			t.Errorf("%+v", w)
		}
		// Five days of failure disable it.
		s.receiver.answer(503)
		s.admin.Do(t, "POST", "/webhooks/"+w.ID+"/test", "").Want(t, 200)
		s.clock.Advance(5*24*time.Hour + time.Minute)
		s.admin.Do(t, "POST", "/webhooks/"+w.ID+"/test", "").Want(t, 200)
		s.admin.Do(t, "GET", "/webhooks/"+w.ID, "").Want(t, 200).JSON(t, &w)
		if w.State != webhook.Disabled {
			t.Errorf("%+v", w)
		}
		if w.DisabledWhy != webhook.Failing {
			t.Errorf("why: %q", w.DisabledWhy)
		}
		s.admin.Do(t, "PATCH", "/webhooks/"+w.ID, `{"state":"active"}`, "If-Match", "*").Want(t, 200)
		// 410 disables it at once.
		s.receiver.answer(410)
		s.admin.Do(t, "POST", "/webhooks/"+w.ID+"/test", "").Want(t, 200)
		s.admin.Do(t, "GET", "/webhooks/"+w.ID, "").Want(t, 200).JSON(t, &w)
		if w.State != webhook.Disabled || w.DisabledWhy != webhook.Gone {
			t.Errorf("after 410: %+v", w)
		}
	})
}

// The instance's webhook is told of all customers and of the instance, by the customer's name; only administrators of all may make one.
func TestInstance(t *testing.T) {
	t.Parallel()
	on(t, func(t *testing.T, s *stage) {
		w, secret := s.createFor(t, "instance", `["contact.create"]`)
		if w.Customer != "instance" {
			t.Errorf("%+v", w)
		}
		s.createFor(t, "bolt", `["contact.create"]`)
		for _, who := range []*apitest.Client{s.manager, s.partial} {
			who.Do(t, "PATCH", "/webhooks/"+w.ID, `{"name":"x"}`, "If-Match", "*").Want(t, map[*apitest.Client]int{s.manager: 403, s.partial: 404}[who])
		}
		s.manager.Do(t, "POST", "/webhooks", `{"customer":"instance","name":"x","url":"`+s.url+`"}`).Want(t, 403)
		s.partial.Do(t, "POST", "/webhooks", `{"customer":"instance","name":"x","url":"`+s.url+`"}`).Want(t, 422)
		s.admin.Do(t, "POST", "/contacts", `{"customer":"acme","name":"Ada"}`).Want(t, 201)
		if err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if event, fit := s.receiver.verified(t, secret); event != "contact.create" || fit != 1 || !strings.Contains(s.receiver.bodies[0], `"customer":"acme"`) {
			t.Errorf("%s, %d signatures fit: %s", event, fit, s.receiver.bodies[0])
		}
		d := s.deliveries(t)
		if len(d) != 1 || d[0].Customer != "acme" || d[0].Webhook != w.ID {
			t.Errorf("%+v", d)
		}
		// Who covers bolt only sees nothing of it.
		s.partial.Do(t, "GET", "/webhook-deliveries/"+d[0].ID, "").Want(t, 404)
		s.partial.Do(t, "GET", "/webhooks/"+w.ID, "").Want(t, 404)
		// Paused, nobody is told, and nothing is kept for it.
		s.admin.Do(t, "PATCH", "/webhooks/"+w.ID, `{"state":"paused"}`, "If-Match", "*").Want(t, 200)
		s.admin.Do(t, "POST", "/contacts", `{"customer":"acme","name":"Bea"}`).Want(t, 201)
		if err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := s.receiver.count(); n != 1 {
			t.Errorf("%d messages", n)
		}
		s.admin.Do(t, "DELETE", "/webhooks/"+w.ID, "", "If-Match", "*").Want(t, 204)
	})
}

// What is queued waits while the webhook is paused, and goes on then; what has failed is sent again by span.
func TestPauseAndSpan(t *testing.T) {
	t.Parallel()
	on(t, func(t *testing.T, s *stage) {
		w, _ := s.create(t, `["contact.create"]`)
		s.receiver.answer(500)
		for _, name := range []string{"Ada", "Bea"} {
			s.admin.Do(t, "POST", "/contacts", `{"customer":"acme","name":"`+name+`"}`).Want(t, 201)
		}
		sweep := func() {
			t.Helper()
			if err := s.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		sweep()
		s.admin.Do(t, "PATCH", "/webhooks/"+w.ID, `{"state":"paused"}`, "If-Match", "*").Want(t, 200)
		s.clock.Advance(time.Hour)
		sweep()
		if n := s.receiver.count(); n != 2 {
			t.Fatalf("%d messages, of a webhook that is paused", n)
		}
		s.admin.Do(t, "PATCH", "/webhooks/"+w.ID, `{"state":"active"}`, "If-Match", "*").Want(t, 200)
		for range 12 {
			sweep()
			for _, d := range s.deliveries(t) {
				if d.DueAt.After(s.clock.Now()) {
					s.clock.Set(d.DueAt.Time)
				}
			}
		}
		for _, d := range s.deliveries(t) {
			if d.State != "failed" {
				t.Fatalf("%+v", d)
			}
		}
		s.admin.Do(t, "PATCH", "/webhooks/"+w.ID, `{"state":"active"}`, "If-Match", "*").Want(t, 200)
		s.receiver.answer(200)
		for body, want := range map[string]int{`{"since":"2030-01-01T00:00:00Z","until":"2029-01-01T00:00:00Z"}`: 422, `{"since":null}`: 422} {
			s.admin.Do(t, "POST", "/webhooks/"+w.ID+"/redeliver", body).Want(t, want)
		}
		var got webhook.Redelivered
		s.admin.Do(t, "POST", "/webhooks/"+w.ID+"/redeliver", `{"since":"2000-01-01T00:00:00Z"}`).Want(t, 200).JSON(t, &got)
		sweep()
		for _, d := range s.deliveries(t) {
			if d.State != "delivered" || got.Messages != 2 {
				t.Errorf("%d: %+v", got.Messages, d)
			}
		}
	})
}

// A receiver that asks for time is left alone for as long, and a call that we end ourselves is not its fault.
func TestAskedToWait(t *testing.T) {
	t.Parallel()
	on(t, func(t *testing.T, s *stage) {
		s.create(t, `["contact.create"]`)
		s.receiver.answer(429)
		s.admin.Do(t, "POST", "/contacts", `{"customer":"acme","name":"Ada"}`).Want(t, 201)
		if err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		d := s.deliveries(t)
		if wait := d[0].DueAt.Sub(s.clock.Now()); wait != time.Hour {
			t.Errorf("tried again after %v, not an hour", wait)
		}
	})
}

// For a day after a rotation both secrets fit; then the new one alone.
func TestRotation(t *testing.T) {
	t.Parallel()
	on(t, func(t *testing.T, s *stage) {
		w, old := s.create(t, `["*"]`)
		var fresh webhook.Secret
		s.admin.Do(t, "POST", "/webhooks/"+w.ID+"/rotate", "").Want(t, 200).JSON(t, &fresh)
		for _, test := range []struct {
			wait time.Duration
			want int
		}{{0, 2}, {23 * time.Hour, 2}, {2 * time.Hour, 1}} {
			s.clock.Advance(test.wait)
			s.admin.Do(t, "POST", "/webhooks/"+w.ID+"/test", "").Want(t, 200)
			if event, fit := s.receiver.verified(t, fresh.Secret, old); event != "webhook.test" || fit != test.want {
				t.Errorf("%s: %d secrets fit, want %d", event, fit, test.want)
			}
		}
		if _, fit := s.receiver.verified(t, fresh.Secret); fit != 1 {
			t.Error("the new secret does not fit")
		}
	})
}

// An address of the inside is refused when it is typed, and what is wrong is named.
func TestBadInput(t *testing.T) {
	t.Parallel()
	on(t, func(t *testing.T, s *stage) {
		for body, field := range map[string]string{
			`{"customer":"acme","name":"x","url":"http://example.com/"}`:                       "url",
			`{"customer":"acme","name":"x","url":"https://10.0.0.1/"}`:                         "url",
			`{"customer":"acme","name":"x","url":"https://u:p@example.com/"}`:                  "url",
			`{"customer":"acme","name":"x","url":"https://localhost/"}`:                        "url",
			`{"customer":"acme","name":"","url":"https://example.com/"}`:                       "name",
			`{"customer":"acme","name":"x","url":"https://example.com/","events":["Bad One"]}`: "events",
			`{"customer":"nobody","name":"x","url":"https://example.com/"}`:                    "customer",
		} {
			if got := s.admin.Do(t, "POST", "/webhooks", body).Want(t, 422); !strings.Contains(string(got.Body), `"field":"`+field+`"`) {
				t.Errorf("%s: %s", body, got.Body)
			}
		}
	})
}

// What was changed is told at once, without the tick.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	on(t, func(t *testing.T, s *stage) {
		_, secret := s.create(t, `["contact.create"]`)
		s.running(t)
		for range 5 {
			s.admin.Do(t, "POST", "/contacts", `{"customer":"acme","name":"Ada"}`).Want(t, 201)
			<-s.receiver.arrived
		}
		if event, fit := s.receiver.verified(t, secret); event != "contact.create" || fit != 1 {
			t.Errorf("%s, %d signatures fit", event, fit)
		}
	})
}

// BenchmarkTold is the time from the call that changes a contact to the request at the receiver.
func BenchmarkTold(b *testing.B) {
	bench := func(b *testing.B, start func(testing.TB, clock.Clock) *db.DB) {
		c := clock.NewManual(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
		s := open(b, start(b, c), c)
		var made webhook.Created
		s.admin.Do(b, "POST", "/webhooks", `{"customer":"acme","name":"CRM","url":"`+s.url+`","events":["contact.create"]}`).Want(b, 201).JSON(b, &made)
		s.running(b)
		for b.Loop() {
			s.admin.Do(b, "POST", "/contacts", `{"customer":"acme","name":"Ada"}`).Want(b, 201)
			<-s.receiver.arrived
		}
	}
	b.Run("sqlite", func(b *testing.B) { bench(b, dbtest.SQLite) })
	b.Run("postgres", func(b *testing.B) { bench(b, dbtest.Postgres) })
}

// The example of the guide, in both languages, is signed as we sign.
func TestGuidesExample(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"en", "fr"} {
		text, err := os.ReadFile("../../../docs/guide/" + language + "/webhooks.md")
		if err != nil {
			t.Fatal(err)
		}
		value := func(name string) string {
			_, rest, _ := strings.Cut(string(text), "\n    "+name+" ")
			line, _, _ := strings.Cut(rest, "\n")
			return strings.TrimSpace(line)
		}
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(value("secret"), "whsec_"))
		if err != nil || len(key) != 32 {
			t.Fatalf("%s: %q", language, value("secret"))
		}
		mac := hmac.New(sha256.New, key)
		_, _ = io.WriteString(mac, value("webhook-id")+"."+value("webhook-timestamp")+"."+value("body"))
		if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); value("webhook-signature") != want {
			t.Errorf("%s: %q, want %q", language, value("webhook-signature"), want)
		}
	}
}
