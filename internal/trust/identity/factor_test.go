package identity_test

import (
	"encoding/base32"
	"strings"
	"testing"
	"time"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/seal/sealtest"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
)

// app is an authenticator app with a clock of its own.
type app struct{ secret []byte }

func (h *house) app(a identity.Authenticator) app {
	h.t.Helper()
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(a.Text)
	if err != nil || len(secret) != 20 || !strings.HasPrefix(a.URI, "otpauth://totp/Vigie:") {
		h.t.Fatalf("authenticator: %+v, %v", a, err)
	}
	return app{secret}
}

func (a app) code(at time.Time) string { return identity.CodeAt(a.secret, at) }

// enrolled gives somebody an authenticator app, and their recovery codes.
func (h *house) enrolled(a permission.Actor) (app, []string) {
	h.t.Helper()
	ctx := h.t.Context()
	begun, err := h.BeginTOTP(ctx, a)
	if err != nil {
		h.t.Fatal(err)
	}
	phone := h.app(begun)
	if _, err := h.ConfirmTOTP(ctx, a, phone.code(h.clock.Now())); !fault.Is(err, fault.Forbidden) {
		h.t.Fatalf("a factor without a proof: %v", err)
	}
	if err := h.ProveByPassword(ctx, a, password, ""); err != nil {
		h.t.Fatal(err)
	}
	codes, err := h.ConfirmTOTP(ctx, a, phone.code(h.clock.Now()))
	if err != nil || len(codes) != 10 {
		h.t.Fatalf("confirm: %v, %v", codes, err)
	}
	h.clock.Advance(time.Minute)
	return phone, codes
}

func (h *house) half(email string) string {
	h.t.Helper()
	step, err := h.SignIn(h.t.Context(), email, password, identity.Visit{Address: "192.0.2.1"})
	if err != nil || step.Stage != identity.AskCode {
		h.t.Fatalf("sign in: %+v, %v", step, err)
	}
	return step.Secret
}

func TestSecondFactor(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.t.Context()
		h.Secrets = sealtest.New(h.t)
		h.user("pat@example.com", permission.Agent)
		a, _ := h.person("pat@example.com")
		phone, codes := h.enrolled(a)

		secret := h.half("pat@example.com")
		h.want(h.do("session "+secret, "GET", "/me", ""), 401) // half a sign-in is no session
		visit := identity.Visit{Address: "192.0.2.1"}
		if _, err := h.SignInByCode(ctx, secret, "000000", visit); !fault.Is(err, fault.Invalid) {
			h.t.Errorf("a wrong code: %v", err)
		}
		code := phone.code(h.clock.Now())
		session, err := h.SignInByCode(ctx, secret, code[:3]+" "+code[3:], visit)
		if err != nil {
			h.t.Fatal(err)
		}
		h.want(h.do("session "+session, "GET", "/me", ""), 200)
		if _, err := h.SignInByCode(ctx, secret, code, visit); !fault.Is(err, fault.Unauthorized) {
			h.t.Errorf("the same sign-in twice: %v", err)
		}
		if _, err := h.SignInByCode(ctx, h.half("pat@example.com"), code, visit); !fault.Is(err, fault.Invalid) {
			h.t.Errorf("the same code twice: %v", err)
		}
		if _, err := h.SignInByCode(ctx, h.half("pat@example.com"), strings.ToUpper(codes[0]), visit); err != nil {
			h.t.Errorf("a recovery code: %v", err)
		}
		if _, err := h.SignInByCode(ctx, h.half("pat@example.com"), codes[0], visit); !fault.Is(err, fault.Invalid) {
			h.t.Errorf("a recovery code twice: %v", err)
		}
		// A proof is as strong as a sign-in.
		b := h.bySecret(session)
		h.clock.Advance(time.Minute)
		if err := h.ProveByPassword(ctx, b, password, ""); !fault.Is(err, fault.Invalid) {
			h.t.Errorf("a proof without the code: %v", err)
		}
		if err := h.ProveByPassword(ctx, b, password, phone.code(h.clock.Now())); err != nil {
			h.t.Errorf("a proof: %v", err)
		}
		if method, err := h.take(b); err != nil || method != "password+totp" {
			h.t.Errorf("method %q, %v", method, err)
		}
		// Ten minutes are enough.
		late := h.half("pat@example.com")
		h.clock.Advance(10 * time.Minute)
		if _, err := h.SignInByCode(ctx, late, phone.code(h.clock.Now()), visit); !fault.Is(err, fault.Unauthorized) {
			h.t.Errorf("after ten minutes: %v", err)
		}
	})
}

func TestCodesCannotBeGuessed(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.t.Context()
		h.Secrets = sealtest.New(h.t)
		h.user("pat@example.com", permission.Agent)
		a, _ := h.person("pat@example.com")
		phone, _ := h.enrolled(a)
		secret := h.half("pat@example.com")
		for range 4 {
			if _, err := h.SignInByCode(ctx, secret, "111111", identity.Visit{Address: "192.0.2.1"}); !fault.Is(err, fault.Invalid) {
				h.t.Fatalf("a wrong code: %v", err)
			}
		}
		_, _ = h.SignInByCode(ctx, secret, "111111", identity.Visit{Address: "192.0.2.1"})
		h.clock.Advance(time.Minute)
		if _, err := h.SignInByCode(ctx, secret, phone.code(h.clock.Now()), identity.Visit{Address: "192.0.2.1"}); !fault.Is(err, fault.Unauthorized) {
			h.t.Errorf("after five wrong codes the password is asked for again: %v", err)
		}
		limited := 0
		for i := range 20 {
			_, err := h.SignInByCode(ctx, h.half("pat@example.com"), "222222", identity.Visit{Address: "192.0.2." + string(rune('2'+i%8))})
			if fault.Is(err, fault.Limited) {
				limited++
			}
		}
		if limited == 0 {
			h.t.Error("whoever knows the password may guess codes without end")
		}
	})
}

func TestRoleNeedsAFactor(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.t.Context()
		h.Secrets = sealtest.New(h.t)
		h.user("ada@example.com", permission.Admin)
		ada, adaSecret := h.person("ada@example.com")
		if _, err := h.SetFactorRules(ctx, ada, []permission.Role{permission.Admin}); err != nil {
			h.t.Fatal(err)
		}
		h.want(h.do("session "+adaSecret, "GET", "/me", ""), 401) // at once
		step, err := h.SignIn(ctx, "ada@example.com", password, identity.Visit{})
		if err != nil || step.Stage != identity.Enrol {
			h.t.Fatalf("step %+v, %v", step, err)
		}
		h.want(h.do("session "+step.Secret, "GET", "/me", ""), 401)
		if _, err := h.SignInByCode(ctx, step.Secret, "123456", identity.Visit{}); !fault.Is(err, fault.Unauthorized) {
			h.t.Errorf("a code where there is no factor: %v", err)
		}
		begun, err := h.EnrolTOTP(ctx, step.Secret)
		if err != nil {
			h.t.Fatal(err)
		}
		phone := h.app(begun)
		if _, _, err := h.EnrolByCode(ctx, step.Secret, "000000", identity.Visit{}); !fault.Is(err, fault.Invalid) {
			h.t.Errorf("a wrong first code: %v", err)
		}
		session, codes, err := h.EnrolByCode(ctx, step.Secret, phone.code(h.clock.Now()), identity.Visit{})
		if err != nil || len(codes) != 10 {
			h.t.Fatalf("%v, %v", codes, err)
		}
		h.want(h.do("session "+session, "GET", "/me", ""), 200)
		b := h.bySecret(session)
		h.clock.Advance(time.Minute)
		if err := h.ProveByPassword(ctx, b, password, phone.code(h.clock.Now())); err != nil {
			h.t.Fatal(err)
		}
		if err := h.RemoveTOTP(ctx, b); !fault.Is(err, fault.Conflict) {
			h.t.Errorf("the last factor that the role needs: %v", err)
		}
		if _, err := h.SetFactorRules(ctx, b, nil); err != nil {
			h.t.Fatal(err)
		}
		if err := h.RemoveTOTP(ctx, b); err != nil {
			h.t.Errorf("a factor that nobody needs: %v", err)
		}
		if n := h.count("recovery_code"); n != 0 {
			h.t.Errorf("%d recovery codes are left", n)
		}
	})
}

func TestSecretsOfAppsAreSealed(t *testing.T) {
	each(t, func(h *house) {
		h.Secrets = sealtest.New(h.t)
		h.user("pat@example.com", permission.Agent)
		a, _ := h.person("pat@example.com")
		phone, codes := h.enrolled(a)
		err := h.db.Across(h.t.Context(), "test", func(tx *db.Tx) error {
			var kept, hash string
			if err := tx.Get(h.t.Context(), &kept, `SELECT secret FROM {totp}`); err != nil {
				return err
			}
			if err := tx.Get(h.t.Context(), &hash, `SELECT MIN(hash) FROM {recovery_code}`); err != nil {
				return err
			}
			if !strings.HasPrefix(kept, "v1:") || strings.Contains(kept, string(phone.secret)) || len(hash) != 64 || strings.Contains(hash, codes[0]) {
				h.t.Errorf("kept: %s, %s", kept, hash)
			}
			return nil
		})
		if err != nil {
			h.t.Fatal(err)
		}
	})
}

func TestBreakGlass(t *testing.T) {
	each(t, func(h *house) {
		ctx := h.t.Context()
		p := h.mailed()
		h.user("ada@example.com", permission.Admin)
		ada, _ := h.person("ada@example.com")
		in := identity.BreakGlass{Email: "glass@example.com", Reason: "the sign-on provider is down"}
		if _, _, err := h.MakeGlass(ctx, ada, in); !fault.Is(err, fault.Forbidden) {
			h.t.Fatalf("from a page: %v", err)
		}
		if _, _, err := h.MakeGlass(ctx, h.operator(), identity.BreakGlass{Email: "glass@example.com"}); !fault.Is(err, fault.Invalid) {
			h.t.Fatalf("without a reason: %v", err)
		}
		if _, _, err := h.MakeGlass(ctx, h.operator(), identity.BreakGlass{Email: "ada@example.com", Reason: in.Reason}); !fault.Is(err, fault.Conflict) {
			h.t.Fatalf("somebody's account: %v", err)
		}
		if _, err := h.SetFactorRules(ctx, ada, []permission.Role{permission.Manager}); err != nil {
			h.t.Fatal(err)
		}
		made, once, err := h.MakeGlass(ctx, h.operator(), in)
		if err != nil {
			h.t.Fatal(err)
		}
		if len(p.mails) != 1 || p.mails[0].Template != "break_glass" || p.mails[0].Email != "ada@example.com" {
			h.t.Errorf("mails: %+v", p.mails)
		}
		if open, err := h.BrokenGlass(ctx, ada); err != nil || len(open) != 1 || open[0].Reason != in.Reason {
			h.t.Errorf("what administrators see: %+v, %v", open, err)
		}
		secret, err := h.signIn(ctx, "glass@example.com", once, identity.Visit{Address: "192.0.2.1"})
		if err != nil {
			h.t.Fatal(err)
		}
		h.want(h.do("session "+secret, "GET", "/me", ""), 200, `"role":"admin"`)
		if _, err := h.signIn(ctx, "glass@example.com", once, identity.Visit{Address: "192.0.2.1"}); !fault.Is(err, fault.Unauthorized) {
			h.t.Errorf("the password twice: %v", err)
		}
		h.clock.Advance(time.Hour - time.Second)
		h.want(h.do("session "+secret, "GET", "/me", ""), 200)
		h.clock.Advance(time.Second)
		h.want(h.do("session "+secret, "GET", "/me", ""), 401) // by itself, before anything has swept
		if err := h.Sweep(ctx); err != nil {
			h.t.Fatal(err)
		}
		if u, err := h.User(ctx, h.operator(), made.UserID); err != nil || !u.Disabled {
			h.t.Errorf("after its time: %+v, %v", u, err)
		}
		h.want(h.do(h.token("ada@example.com", identity.NewToken{}), "GET", "/audit?action=break_glass,break_glass_end&limit=10", ""), 200, "break_glass_end", in.Reason)
		if open, err := h.BrokenGlass(ctx, ada); err != nil || len(open) != 0 {
			h.t.Errorf("afterwards: %+v, %v", open, err)
		}
	})
}
