package story

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	order "encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"vigie/test/axe"
	"vigie/test/binary"
)

// named opens the demo by a name, as passkeys know no numbers, for somebody with a passkey in their browser.
func named(t *testing.T) *tab {
	t.Helper()
	b := someone(t)
	b.home = strings.Replace(base, "127.0.0.1", "localhost", 1)
	b.goes("/sign-in?next=/")
	b.do(chromedp.Func(func(ctx context.Context, at *chromedp.Target) error {
		if _, err := cdp.Call(ctx, at, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, at, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true, HasUserVerification: true,
			IsUserVerified: true, AutomaticPresenceSimulation: true}})
		return err
	}))
	return b
}

// signsIn fills the form of the first step.
func (b *tab) signsIn(email string) {
	b.t.Helper()
	b.goes("/sign-in")
	b.fills("email", email)
	b.fills("password", password)
	b.clicks(`main form:first-of-type button.btn-primary`)
}

// proves confirms who they are, on the page that asks for it.
func (b *tab) proves() {
	b.t.Helper()
	b.until(`location.pathname === "/prove"`)
	b.fills("password", password)
	b.clicks(`main form[action="/prove"] button.btn-primary`)
}

// looks checks the page for accessibility, and keeps a picture of it.
func (b *tab) looks(name string) {
	b.t.Helper()
	b.until(`document.readyState === "complete" && document.querySelector("h1")`)
	axe.Check(b.t, b.ctx)
	root, err := binary.Root()
	if err != nil {
		b.t.Fatal(err)
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	folder := filepath.Join(root, "test/screenshots")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// Sofia makes a passkey, and signs in with it: behind the password, and then without any.
func TestPasskeyInABrowser(t *testing.T) {
	t.Parallel()
	b := named(t)
	b.signsIn("sofia@vigie.example")
	b.until(`location.pathname === "/"`)
	b.goes("/account")
	b.looks("account")
	b.clicks(`a[href^="/prove"]`)
	b.looks("prove")
	b.proves()
	b.arrives("/account")
	b.until(`document.querySelector('main form[data-passkey] [name="name"]')`)
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('main form[data-passkey] [name="name"]').value = "Work laptop"`))
	b.clicks(`form[data-passkey] button`)
	b.sees("Your recovery codes")
	b.looks("recovery-codes")
	b.clicks(`a.btn-primary`)
	b.sees("Work laptop")

	b.signsOut()
	b.signsIn("sofia@vigie.example")
	b.until(`location.pathname === "/sign-in/factor"`)
	b.looks("factor-passkey")
	b.goes("/account") // half a sign-in opens nothing
	b.until(`location.pathname === "/sign-in"`)
	b.goes("/sign-in/factor?next=/")
	b.arrives("/sign-in/factor?next=/")
	b.clicks(`form[data-passkey="get"] button`)
	b.until(`location.pathname === "/"`)

	b.signsOut()
	b.arrives("/sign-in")
	b.looks("sign-in-passkey")
	b.clicks(`form[data-passkey="get"] button`)
	b.until(`location.pathname === "/"`)
}

// Hugo adds an authenticator app, and is asked for its code.
func TestAuthenticatorInABrowser(t *testing.T) {
	t.Parallel()
	b := someone(t)
	b.signsIn("hugo@meridian.example")
	b.until(`location.pathname === "/"`)
	b.goes("/account/totp")
	b.proves()
	b.until(`location.pathname === "/account/totp"`)
	b.looks("totp")
	secret := finds[string](b, `document.querySelector("details code").textContent`)
	b.fills("code", b.code(secret))
	b.clicks(`form[action="/account/totp"] button.btn-primary`)
	b.sees("Your recovery codes")
	recovery := finds[string](b, `document.querySelector(".v-codes code").textContent`)
	b.signsOut()

	b.signsIn("hugo@meridian.example")
	b.until(`location.pathname === "/sign-in/factor"`)
	b.fills("code", "000000")
	b.clicks(`form[action="/sign-in/factor"] button`)
	b.sees("This code is not right")
	b.looks("factor-refused")
	b.fills("code", recovery)
	b.clicks(`form[action="/sign-in/factor"] button`)
	b.until(`location.pathname === "/"`)
}

// code is what the app shows now, by the clock of the browser.
func (b *tab) code(secret string) string {
	b.t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		b.t.Fatal(err)
	}
	var counter [8]byte
	order.BigEndian.PutUint64(counter[:], uint64(finds[int64](b, `Math.floor(Date.now() / 30000)`)))
	mac := hmac.New(sha1.New, key)
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", order.BigEndian.Uint32(sum[at:])&0x7fffffff%1_000_000)
}

// signsOut leaves, once the page is there to be left.
func (b *tab) signsOut() {
	b.t.Helper()
	b.until(`document.readyState === "complete" && document.querySelector('form[action="/sign-out"]') !== null`)
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('form[action="/sign-out"]').submit()`))
	b.until(`location.pathname === "/sign-in"`)
}
