package sso

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // as authenticator apps have it
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
)

// codeOf is an authenticator app (RFC 6238).
func codeOf(t testing.TB, text string, at time.Time) string {
	t.Helper()
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(at.Unix()/30))
	mac := hmac.New(sha1.New, secret)
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	from := sum[len(sum)-1] & 0x0f
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[from:])&0x7fffffff)%1_000_000)
}

const oldPassword, newPassword = "Another lamp over 9 rivers", "Quiet harbour under 3 bells"

// asks lets somebody ask for a new password, and does the task.
func (r *rig) asks(email string) (mails int) {
	r.t.Helper()
	before := len(r.mails)
	if err := r.identity.RequestReset(r.t.Context(), email, identity.Visit{Address: "192.0.2.8"}); err != nil {
		r.t.Fatal(err)
	}
	var tasks []string
	err := r.d.View(r.t.Context(), db.GrantAll(), func(tx *db.Tx) error {
		return tx.Select(r.t.Context(), &tasks, `SELECT CAST(id AS TEXT) FROM {sign_in_request}`)
	})
	if err != nil {
		r.t.Fatal(err)
	}
	for _, key := range tasks {
		if err := r.identity.AnswerReset(r.t.Context(), key); err != nil {
			r.t.Fatal(err)
		}
	}
	return len(r.mails) - before
}

func (r *rig) byPassword(email, password string) error {
	_, err := r.identity.SignIn(r.t.Context(), email, password, identity.Visit{Address: "192.0.2.9"})
	return err
}

// Whoever a provider vouches for cannot step round it by a password of their own, on no path; unlinked, an invitation gives one again.
func TestNoPasswordBesideTheProvider(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		r := newRig(t, d, c, NewProvider{Domains: []string{"example.com"}, DefaultRole: "agent"})
		ctx := t.Context()
		u, err := r.identity.CreateUser(ctx, r.admin, identity.NewUser{Email: "ada@example.com", Name: "Ada", Role: permission.Agent, Password: oldPassword})
		if err != nil {
			t.Fatal(err)
		}
		step, err := r.identity.SignIn(ctx, "ada@example.com", oldPassword, identity.Visit{Address: "192.0.2.1"})
		if err != nil {
			t.Fatal(err)
		}
		if r.asks("ada@example.com") != 1 {
			t.Fatal("before, a new password can be asked for")
		}
		early := r.mails[0].Link
		r.person("ada", "ada@example.com", true)
		b := r.browser()
		if b.signIn("ada"); b.who() != "ada@example.com agent" {
			t.Fatal(r.reason())
		}

		old := &http.Cookie{Name: "vigie", Value: step.Secret}
		q, _ := http.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
		q.AddCookie(old)
		if _, ok := r.identity.Visitor(q); ok {
			t.Error("the session by password goes on beside the provider")
		}
		if err := r.byPassword("ada@example.com", oldPassword); !fault.Is(err, fault.Unauthorized) {
			t.Errorf("the old password: %v", err)
		}
		if n := r.asks("ada@example.com"); n != 0 {
			t.Error("a link to set a password is mailed")
		}
		if n := r.asks("nobody@example.com"); n != 0 {
			t.Error("a mail to nobody")
		}
		at, _ := url.Parse(early)
		arrival := identity.Arrival{Name: "Ada", Language: "en", TimeZone: "UTC", Password: newPassword}
		if err := r.identity.UseLink(ctx, at.Query().Get("code"), arrival, identity.Visit{}); !fault.Is(err, fault.NotFound) {
			t.Errorf("a link from before: %v", err)
		}
		ada := b.actor()
		operator := permission.Grant(permission.Actor{Name: "operator", Kind: permission.System}, permission.Admin, db.GrantAll())
		pass := newPassword
		_, byAdmin := r.identity.UpdateUser(ctx, r.admin, u.ID, 0, identity.ChangeUser{Password: &pass})
		_, _, byCommand := r.identity.InvitationLink(ctx, operator, "ada@example.com")
		for path, err := range map[string]error{
			"own page":      r.identity.ChangePassword(ctx, ada, oldPassword, newPassword),
			"invitation":    r.identity.SendLink(ctx, r.admin, u.ID),
			"administrator": byAdmin,
			"command":       byCommand,
		} {
			if !fault.Is(err, fault.Conflict) {
				t.Errorf("%s: %v", path, err)
			}
		}
		if _, page, _ := b.do(http.MethodGet, r.srv.URL+"/account", nil); between(page, `name="current_password"`, ">") != "" {
			t.Error("the account offers a password")
		}
		if err := r.identity.ProveByPassword(ctx, ada, oldPassword, ""); !fault.Is(err, fault.Invalid) {
			t.Errorf("a proof by the old password: %v", err)
		}
		if f, err := r.identity.Factors(ctx, r.admin, u.ID); err != nil || f.Provider != "Far" || f.Password {
			t.Errorf("factors: %+v %v", f, err)
		}

		// Unlinked, nothing of before works; an invitation does.
		if err := r.service.Unlink(ctx, permission.Grant(permission.Actor{Kind: permission.Person}, permission.Manager, db.GrantAll()), u.ID); !fault.Is(err, fault.Forbidden) {
			t.Errorf("unlinked by a manager: %v", err)
		}
		if err := r.service.Unlink(ctx, r.admin, u.ID); err != nil {
			t.Fatal(err)
		}
		if err := r.service.Unlink(ctx, r.admin, u.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("unlinked twice: %v", err)
		}
		if b.who() != "nobody" || !fault.Is(r.byPassword("ada@example.com", oldPassword), fault.Unauthorized) {
			t.Error("unlinked, something of before still works")
		}
		invite := func() {
			t.Helper()
			if err := r.identity.SendLink(ctx, r.admin, u.ID); err != nil {
				t.Fatal(err)
			}
			at, _ := url.Parse(r.mails[len(r.mails)-1].Link)
			if err := r.identity.UseLink(ctx, at.Query().Get("code"), arrival, identity.Visit{}); err != nil {
				t.Fatal(err)
			}
			if err := r.byPassword("ada@example.com", newPassword); err != nil {
				t.Errorf("after the invitation: %v", err)
			}
		}
		invite()
		// Linked anew, and the provider removed: the same.
		b.signIn("ada")
		if err := r.byPassword("ada@example.com", newPassword); !fault.Is(err, fault.Unauthorized) {
			t.Errorf("linked again: %v", err)
		}
		if err := r.service.DeleteProvider(ctx, r.admin, r.provider.ID, 0); err != nil {
			t.Fatal(err)
		}
		if !fault.Is(r.byPassword("ada@example.com", newPassword), fault.Unauthorized) || b.who() != "nobody" {
			t.Error("without the provider, something of before works again")
		}
		invite()
	})
}

// An account that was linked when passwords still stayed has one that opens nothing, neither now nor unlinked.
func TestPasswordsFromBefore(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(dbtest.Start)
	r := newRig(t, dbtest.SQLite(t, c), c, NewProvider{Domains: []string{"example.com"}, DefaultRole: "agent"})
	u, err := r.identity.CreateUser(t.Context(), r.admin, identity.NewUser{Email: "ada@example.com", Name: "Ada", Role: permission.Agent, Password: oldPassword})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.byPassword("ada@example.com", oldPassword); err != nil {
		t.Fatal(err)
	}
	err = r.d.Across(t.Context(), "test", func(tx *db.Tx) error {
		_, err := tx.Insert(t.Context(), "identity_link", linkRow{ProviderID: r.provider.ID, UserID: u.ID, Issuer: "x", Subject: "ada", CreatedAt: tx.Now()}, "")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.byPassword("ada@example.com", oldPassword); !fault.Is(err, fault.Unauthorized) {
		t.Errorf("linked: %v", err)
	}
	if n := r.asks("ada@example.com"); n != 0 {
		t.Error("a link to set another is mailed")
	}
	if err := r.service.Unlink(t.Context(), r.admin, u.ID); err != nil {
		t.Fatal(err)
	}
	if err := r.byPassword("ada@example.com", oldPassword); !fault.Is(err, fault.Unauthorized) {
		t.Errorf("unlinked: %v", err)
	}
}

// A break-glass administrator is made on the machine only, and no provider takes it over.
func TestNoProviderTakesBrokenGlass(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(dbtest.Start)
	r := newRig(t, dbtest.SQLite(t, c), c, NewProvider{Domains: []string{"example.com"}, DefaultRole: "agent"})
	operator := permission.Grant(permission.Actor{Name: "operator", Kind: permission.System}, permission.Admin, db.GrantAll())
	_, password, err := r.identity.MakeGlass(t.Context(), operator, identity.BreakGlass{Email: "root@example.com", Reason: "the provider is away"})
	if err != nil {
		t.Fatal(err)
	}
	r.person("root", "root@example.com", true)
	b := r.browser()
	if status, _ := b.signIn("root"); status != http.StatusForbidden || r.reason() != string(Foreign) {
		t.Errorf("%d %s", status, r.reason())
	}
	if err := r.byPassword("root@example.com", password); err != nil {
		t.Errorf("the emergency access is gone: %v", err)
	}
}
