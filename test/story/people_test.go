package story

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	order "encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"vigie/test/axe"
	"vigie/test/binary"
)

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
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('form[action="/sign-out"]').submit()`))
	b.until(`location.pathname === "/sign-in"`)

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
