// Gallery serves every component of the kit with believable data, to be looked at and to be measured. It is a
// test fixture and no part of the product.
//
//	go run ./test/gallery -listen 127.0.0.1:8099
//	go run ./test/gallery -listen 127.0.0.1:8099 -shoot test/screenshots -theme dark -lang fr -width 390
package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"vigie/internal/kit/i18n"
	"vigie/internal/kit/ui"
	"vigie/locales"
)

// now is the moment of the gallery: screenshots and golden files must not change by themselves.
var now = time.Date(2026, 11, 23, 14, 5, 0, 0, time.UTC)

func main() {
	listen := flag.String("listen", "127.0.0.1:8099", "address to listen on")
	folder := flag.String("shoot", "", "write screenshots of a running gallery into this folder, instead of serving")
	theme, lang := flag.String("theme", "light", "theme of the screenshots"), flag.String("lang", "en", "their language")
	width := flag.Int64("width", 1366, "their width")
	flag.Parse()
	if *folder != "" {
		if err := shoot("http://"+*listen, *folder, *theme, *lang, *width); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	handler, err := newGallery()
	if err == nil {
		fmt.Fprintln(os.Stderr, "gallery on http://"+*listen)
		err = http.ListenAndServe(*listen, handler)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

type gallery struct {
	bundle *i18n.Bundle
	zone   *time.Location
}

func newGallery() (http.Handler, error) {
	if err := ui.CheckAssets(); err != nil {
		return nil, err
	}
	bundle, err := i18n.Load(locales.FS)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		return nil, err
	}
	g := &gallery{bundle: bundle, zone: zone}
	mux := http.NewServeMux()
	mux.Handle("GET "+ui.AssetPrefix, ui.Assets())
	mux.Handle("POST "+ui.PreferencePath, ui.Preferences(bundle))
	mux.Handle("GET /palette", ui.Palette(g.palette))
	mux.HandleFunc("GET /{$}", g.list)
	mux.HandleFunc("GET /cis/{id}", g.record)
	mux.HandleFunc("GET /form", g.form)
	mux.HandleFunc("POST /form", g.form)
	mux.HandleFunc("GET /pictures", g.pictures)
	mux.HandleFunc("GET /states", g.states)
	mux.HandleFunc("GET /run", g.run)
	mux.HandleFunc("GET /sign-in", g.signIn)
	mux.HandleFunc("POST /sign-in", g.signIn)
	mux.HandleFunc("POST /sign-out", func(w http.ResponseWriter, r *http.Request) { ui.Redirect(w, r, "/sign-in") })
	mux.HandleFunc("/", g.fault)
	return ui.SecurityHeaders(http.NewCrossOriginProtection().Handler(mux)), nil
}

func (g *gallery) page(r *http.Request, title, active string) *ui.Page {
	p := ui.NewPage(r, g.bundle.Printer(ui.LanguageOf(r, g.bundle, ""), g.zone, now))
	p.Title, p.Active = title, active
	p.User = &ui.User{Name: "Amara Okafor", Email: "amara.okafor@northwind-msp.example", Role: say(p, "Service delivery manager", "Responsable de service")}
	p.Customers = customers
	for i := range customers {
		if customers[i].Slug == r.URL.Query().Get("customer") {
			p.Customer = &customers[i]
		}
	}
	p.Nav = nav(p)
	return p
}

// say picks the gallery's own words; the kit's come from the locales.
func say(p *ui.Page, en, fr string) string {
	if p.Lang() == "fr" {
		return fr
	}
	return en
}

func (g *gallery) list(w http.ResponseWriter, r *http.Request) {
	p := g.page(r, "", "inventory")
	p.Title = say(p, "Inventory", "Inventaire")
	ui.Render(w, r, http.StatusOK, listPage(p, inventory(p, r)))
}

func (g *gallery) record(w http.ResponseWriter, r *http.Request) {
	p := g.page(r, "prod-checkout-db", "inventory")
	p.Crumbs = []ui.Link{{Label: say(p, "Estate", "Parc"), Href: "/"}, {Label: say(p, "Inventory", "Inventaire"), Href: "/"}}
	ui.Render(w, r, http.StatusOK, recordPage(p, database(p)))
}

func (g *gallery) form(w http.ResponseWriter, r *http.Request) {
	p := g.page(r, "", "accounts")
	p.Title = say(p, "Add an account", "Ajouter un compte")
	status, faults := http.StatusOK, map[string]string{}
	if r.Method == http.MethodPost || r.URL.Query().Has("faults") {
		status = http.StatusUnprocessableEntity
		faults["role_arn"] = say(p, "This is no ARN of a role. It looks like arn:aws:iam::123456789012:role/Vigie.", "Ce n’est pas l’ARN d’un rôle. Il ressemble à arn:aws:iam::123456789012:role/Vigie.")
		faults["account_id"] = say(p, "An account number has 12 digits.", "Un numéro de compte a 12 chiffres.")
	}
	ui.Render(w, r, status, formPage(p, faults))
}

func (g *gallery) pictures(w http.ResponseWriter, r *http.Request) {
	p := g.page(r, "", "overview")
	p.Title = say(p, "Estate", "Parc")
	ui.Render(w, r, http.StatusOK, picturePage(p))
}

func (g *gallery) states(w http.ResponseWriter, r *http.Request) {
	p := g.page(r, "", "coverage")
	p.Title = say(p, "States and messages", "États et messages")
	p.Toasts = []ui.Toast{{Tone: ui.Good, Text: say(p, "Account 210987654321 added. Discovery starts now.", "Compte 210987654321 ajouté. La découverte commence.")}}
	ui.Render(w, r, http.StatusOK, statePage(p))
}

func (g *gallery) run(w http.ResponseWriter, r *http.Request) {
	ui.Render(w, r, http.StatusOK, ui.ProgressBar(g.page(r, "", ""), progress(g.page(r, "", ""))))
}

func (g *gallery) signIn(w http.ResponseWriter, r *http.Request) {
	p := g.page(r, "", "")
	p.Title, p.User, p.Nav, p.Customers = p.T("ui.sign_in.title"), nil, nil, nil
	f := ui.SignInForm{Action: "/sign-in", Next: ui.LocalPath(r.FormValue("next"))}
	status := http.StatusOK
	if r.Method == http.MethodPost || r.URL.Query().Has("faults") {
		status, f.Email = http.StatusUnauthorized, "amara.okafor@northwind-msp.example"
		f.Fault = say(p, "E-mail or password is wrong.", "Adresse e-mail ou mot de passe incorrect.")
	}
	ui.Render(w, r, status, ui.SignIn(p, f))
}

func (g *gallery) fault(w http.ResponseWriter, r *http.Request) {
	p := g.page(r, "404", "")
	f := ui.FaultPage{Status: http.StatusNotFound}
	if strings.HasSuffix(r.URL.Path, "/500") {
		p.Title = "500"
		f = ui.FaultPage{Status: http.StatusInternalServerError, ID: "019aa1f2-7c3e-7d1a-9f60-2b6f0f0f77aa"}
	}
	ui.Render(w, r, f.Status, ui.Fault(p, f))
}

func (g *gallery) palette(r *http.Request) (*ui.Page, []ui.PaletteSource) {
	p := g.page(r, "", "")
	return p, []ui.PaletteSource{func(_ context.Context, q string, limit int) ([]ui.Hit, error) {
		var hits []ui.Hit
		for _, c := range customers {
			if strings.Contains(strings.ToLower(c.Name), strings.ToLower(q)) && len(hits) < limit {
				hits = append(hits, ui.Hit{Kind: say(p, "Customers", "Clients"), Label: c.Name, Detail: c.Slug, Href: "/?customer=" + c.Slug, Icon: "building"})
			}
		}
		return hits, nil
	}, func(_ context.Context, q string, limit int) ([]ui.Hit, error) {
		var hits []ui.Hit
		for _, c := range resources {
			if strings.Contains(strings.ToLower(c.name), strings.ToLower(q)) && len(hits) < limit {
				hits = append(hits, ui.Hit{Kind: say(p, "Resources", "Ressources"), Label: c.name, Detail: c.kind + " · " + c.region, Href: "/cis/" + c.id, Icon: "server"})
			}
		}
		return hits, nil
	}}
}
