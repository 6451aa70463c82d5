package audit_test

import (
	"testing"

	"vigie/internal/customer"

	"vigie/internal/kit/api/apitest"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/seal/sealtest"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// The trail shows what happened to those whom the reader sees, and what happened to the instance only to who sees all.
func TestTrailIsScopedAndFiltered(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		s := apitest.New(t, d, clock.NewManual(dbtest.Start), customer.Resolve, customer.NewService(d), audit.NewLog(audit.Parts{DB: d, Secrets: sealtest.New(t)}))
		admin := s.As("admin", permission.Admin, db.GrantAll())
		ids := map[string]string{}
		for _, slug := range []string{"acme", "other"} {
			var c customer.Customer
			admin.Do(t, "POST", "/customers", `{"slug":"`+slug+`","name":"`+slug+`"}`).Want(t, 201).JSON(t, &c)
			ids[slug] = c.ID
			admin.Do(t, "POST", "/contacts", `{"customer":"`+slug+`","name":"Ada"}`).Want(t, 201)
		}
		actor := permission.Actor{ID: "u", Name: "Somebody", Kind: permission.Person, Via: "x", Address: "192.0.2.1"}
		err := d.Across(ctx, "test: an entry of the instance", func(tx *db.Tx) error {
			return audit.Write(ctx, tx, actor, "sign_in", audit.Record{Type: "user", ID: "u", Name: "u@example.com"}, nil, map[string]any{"a": 1})
		})
		if err != nil {
			t.Fatal(err)
		}
		limited := s.As("limited", permission.Manager, db.Grant(ids["acme"]))
		for _, test := range []struct {
			client *apitest.Client
			query  string
			want   int
		}{
			{admin, "", 5}, {admin, "?customer=acme", 2}, {admin, "?record_type=contact,user", 3}, {admin, "?action=sign_in&address=192.0.2.1", 1},
			{admin, "?record_id=" + ids["acme"], 1}, {admin, "?actor_kind=token", 4}, {admin, "?at.after=2030-01-01", 0}, {admin, "?q=ada", 2},
			{limited, "", 2}, {limited, "?record_type=user", 0}, {limited, "?record_id=" + ids["other"], 0}, {limited, "?sort=at", 2},
		} {
			var page struct{ Items []audit.Line }
			test.client.Do(t, "GET", "/audit"+test.query, "").Want(t, 200).JSON(t, &page)
			if len(page.Items) != test.want {
				t.Errorf("%s: %d lines, want %d: %+v", test.query, len(page.Items), test.want, page.Items)
			}
		}
		var first struct{ Items []audit.Line }
		admin.Do(t, "GET", "/audit?limit=1", "").Want(t, 200).JSON(t, &first)
		if l := first.Items[0]; l.Action != "sign_in" || l.Customer != "" || l.ActorName != "Somebody" || l.Before != nil || l.After == nil {
			t.Errorf("newest line: %+v", l)
		}
		limited.Do(t, "GET", "/audit?customer=other", "").Want(t, 422)
		for role, status := range map[permission.Role]int{permission.Engineer: 403, permission.Viewer: 403, permission.Auditor: 200, permission.Manager: 200} {
			s.As(string(role), role, db.Grant(ids["acme"])).Do(t, "GET", "/audit", "").Want(t, status)
		}
	})
}
