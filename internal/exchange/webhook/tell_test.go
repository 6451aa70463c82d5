package webhook_test

import (
	"slices"
	"sync"
	"testing"

	"vigie/internal/exchange/webhook"
	"vigie/internal/platform/db"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
)

// Whoever can enable a webhook again is told once that it was disabled, and nobody else: neither who may not, nor who covers another customer.
func TestDisabledIsTold(t *testing.T) {
	t.Parallel()
	on(t, func(t *testing.T, s *stage) {
		people := identity.NewService(s.db, s.clock)
		operator := permission.Grant(permission.Actor{Name: "operator", Kind: permission.System, Language: "en", TimeZone: "UTC"}, permission.Admin, db.GrantAll())
		for _, p := range []identity.NewUser{
			{Email: "ann@example.org", Role: permission.Admin, Language: "fr"},
			{Email: "max@example.org", Role: permission.Manager},
			{Email: "lim@example.org", Role: permission.Manager, Customers: []string{"acme"}},
			{Email: "bob@example.org", Role: permission.Admin, Customers: []string{"bolt"}},
			{Email: "eve@example.org", Role: permission.Engineer},
			{Email: "aud@example.org", Role: permission.Auditor},
			{Email: "cus@example.org", Role: permission.Approver, Customer: "acme"},
			{Email: "bad@example.org", Role: permission.Manager},
		} {
			p.Name, p.Password = p.Email, "Quiet lamp over 7 rivers"
			if _, err := people.CreateUser(t.Context(), operator, p); err != nil {
				t.Fatal(err)
			}
		}
		s.letters.refuse = "bad@example.org" // one who cannot be written to keeps nobody else from it
		told := func() (out []string) {
			for _, m := range s.letters.sent {
				out = append(out, m.To.Email)
			}
			s.letters.sent = nil
			slices.Sort(out)
			return out
		}

		w, _ := s.create(t, `["contact.create"]`)
		for _, name := range []string{"Ada", "Bea", "Cleo"} {
			s.admin.Do(t, "POST", "/contacts", `{"customer":"acme","name":"`+name+`"}`).Want(t, 201)
		}
		// Several processes find at once that it is gone.
		s.receiver.answer(410)
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if err := s.Sweep(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		for _, m := range s.letters.sent {
			if m.Customer != "acme" || m.Webhook != "CRM" || m.Why != webhook.Gone || m.Path != "/webhooks/"+w.ID || m.Host == "" || !m.Since.Equal(s.clock.Now()) {
				t.Errorf("%+v", m)
			}
			if m.To.Email == "ann@example.org" && m.To.Language != "fr" {
				t.Errorf("in %s", m.To.Language)
			}
		}
		if got := told(); !slices.Equal(got, []string{"ann@example.org", "lim@example.org", "max@example.org"}) {
			t.Errorf("of the webhook of acme were told: %v", got)
		}
		s.admin.Do(t, "GET", "/webhooks/"+w.ID, "").Want(t, 200).JSON(t, &w)
		if w.State != webhook.Disabled {
			t.Errorf("%+v", w)
		}
		// It is told again if it is disabled again, and under another key.
		first := "webhook_disabled:" + w.ID
		s.admin.Do(t, "PATCH", "/webhooks/"+w.ID, `{"state":"active"}`, "If-Match", "*").Want(t, 200)
		s.admin.Do(t, "POST", "/webhooks/"+w.ID+"/test", "").Want(t, 200)
		for _, m := range s.letters.sent {
			if m.Unique <= first {
				t.Errorf("key %q", m.Unique)
			}
		}
		if got := told(); len(got) != 3 {
			t.Errorf("the second time were told: %v", got)
		}

		house, _ := s.createFor(t, "instance", `["contact.create"]`)
		s.admin.Do(t, "POST", "/webhooks/"+house.ID+"/test", "").Want(t, 200)
		if len(s.letters.sent) == 1 && s.letters.sent[0].Customer != "" {
			t.Errorf("%+v", s.letters.sent[0])
		}
		if got := told(); !slices.Equal(got, []string{"ann@example.org"}) {
			t.Errorf("of the webhook of the instance were told: %v", got)
		}
	})
}
