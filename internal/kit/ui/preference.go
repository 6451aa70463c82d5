package ui

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"vigie/internal/kit/i18n"
)

// Theme is light, dark, or as the system says.
type Theme string

// The themes.
const (
	Auto  Theme = "auto"
	Light Theme = "light"
	Dark  Theme = "dark"
)

const (
	themeCookie    = "vigie_theme"
	languageCookie = "vigie_lang"
	flashCookie    = "vigie_flash"
)

// ThemeOf is the reader's theme. It is a cookie, not part of the profile, since the same person may want
// dark on the phone; the server reads it before the first byte, so that no page flashes.
func ThemeOf(r *http.Request) Theme {
	if c, err := r.Cookie(themeCookie); err == nil {
		if t := Theme(c.Value); t == Light || t == Dark {
			return t
		}
	}
	return Auto
}

// LanguageOf is the reader's language: the switch, otherwise the profile (which may be empty), otherwise the browser.
func LanguageOf(r *http.Request, b *i18n.Bundle, profile string) string {
	if c, err := r.Cookie(languageCookie); err == nil && b.Has(c.Value) {
		return c.Value
	}
	if b.Has(profile) {
		return profile
	}
	return b.Negotiate(r.Header.Get("Accept-Language"))
}

// PreferencePath takes the forms of the theme and language switches, signed in or not.
const PreferencePath = "/preferences"

// Preferences answers POST PreferencePath: theme=, lang=, and back=, the page to return to.
func Preferences(b *i18n.Bundle) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
		Prefer(w, r, b.Has, Theme(r.PostFormValue("theme")), r.PostFormValue("lang"))
		http.Redirect(w, r, comeFrom(r), http.StatusSeeOther)
	})
}

// Prefer keeps the reader's theme and language in this browser; what is no theme or language changes nothing.
func Prefer(w http.ResponseWriter, r *http.Request, known func(string) bool, theme Theme, language string) {
	switch theme {
	case Light, Dark, Auto:
		setPreference(w, r, themeCookie, string(theme))
	}
	if known(language) {
		setPreference(w, r, languageCookie, language)
	}
}

// comeFrom is the page that the reader was on: as the browser tells it, since a list that was sorted or filtered in place
// has another address than when its forms were drawn, otherwise as the form does.
func comeFrom(r *http.Request) string {
	if at, err := url.Parse(r.Referer()); err == nil && at.Host == r.Host && at.Path != "" {
		return LocalPath(at.RequestURI())
	}
	return LocalPath(r.PostFormValue("back"))
}

func setPreference(w http.ResponseWriter, r *http.Request, name, value string) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: 365 * 24 * 3600,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil})
}

// LocalPath keeps a path of this site and turns everything else into "/": an address that a form or a query
// carries must not send the reader elsewhere.
func LocalPath(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return "/"
	}
	return path
}

// Flash keeps a message for the page after a redirect.
func Flash(w http.ResponseWriter, r *http.Request, t Toast) {
	text, err := json.Marshal(t)
	if err != nil {
		return
	}
	http.SetCookie(w, &http.Cookie{Name: flashCookie, Value: base64.RawURLEncoding.EncodeToString(text), Path: "/",
		MaxAge: 60, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil})
}

// liveHeader is what a tab sends when it fetches parts of its page again, because something has changed.
const liveHeader = "X-Live"

// TakeFlash gives the message that Flash kept, once. It leaves it to the page that people go to: a tab that refreshes its parts just then
// would throw it away.
func TakeFlash(w http.ResponseWriter, r *http.Request) []Toast {
	c, err := r.Cookie(flashCookie)
	if err != nil || r.Header.Get(liveHeader) != "" {
		return nil
	}
	http.SetCookie(w, &http.Cookie{Name: flashCookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	text, err := base64.RawURLEncoding.DecodeString(c.Value)
	var t Toast
	if err != nil || json.Unmarshal(text, &t) != nil || t.Text == "" {
		return nil
	}
	return []Toast{t}
}
