package ui

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"vigie/internal/kit/i18n"
)

// Page is what the shell needs to know about one answer: the reader, the place and the words. It embeds
// the Printer, so that a template writes p.T("…") and p.Relative(t).
//
// app makes one for each request and the handler adds Title, Active and Crumbs. Every component takes it first.
type Page struct {
	*i18n.Printer

	Title  string // already in the reader's language
	Active string // ID of the NavItem that is lit
	Crumbs []Link // from the section down, without this page itself

	Path  string     // of the request
	Query url.Values // of the request

	Nav       []NavSection
	User      *User      // nil: nobody is signed in
	Customers []Customer // that the reader may choose; empty hides the switcher
	Customer  *Customer  // the one whose data is shown; nil is all
	Waiting   *Waiting   // the reader's inbox; nil for none
	Theme     Theme
	Toasts    []Toast
	Alarms    []Alarm // what the reader must know on every page
	Saved     *Saved  // saved views of the list that the page is; nil for other pages

	// Self is where the record that is shown is read by GET. A record's page that answers a POST gives it, and the browser takes it for the
	// page's own address: what is fetched again, and reloaded, is the record then, and not what was posted.
	Self   string
	posted bool

	// Live names what main shows, as "kind:id" or "kind": main is fetched again when that changes. Pages with a form leave it
	// empty. Smaller parts have data-live and an id of their own.
	Live []string
}

// LivePath is the address of the stream of changes, one for each tab.
const LivePath = "/live"

// NewPage fills in what the request tells. The rest is the caller's.
func NewPage(r *http.Request, p *i18n.Printer) *Page {
	return &Page{Printer: p, Path: r.URL.Path, Query: r.URL.Query(), Theme: ThemeOf(r), posted: r.Method == http.MethodPost}
}

// Waiting is the inbox in the header. Count is written already; empty for nothing new.
type Waiting struct{ Href, Label, Count string }

// Link is a word that leads somewhere.
type Link struct{ Label, Href string }

// NavSection is a room of the left rail. Rooms that do not exist are not given: there are no dead links.
type NavSection struct {
	Label string
	Items []NavItem
}

// NavItem is one place. Href has no customer in it: the rail adds the one that is chosen.
type NavItem struct {
	ID, Label, Href string
	Icon            string // a Tabler icon
	Go              string // the letter after g; empty for none
	Count           string // what waits there, already written; empty for nothing
}

// User is who is signed in, as the corner of the page shows it. Role is in the reader's language.
type User struct{ Name, Email, Role string }

// Customer is one choice of the switcher.
type Customer struct{ Slug, Name string }

// ToneOf messages, states and banners.
type Tone string

// The tones. Red means act now, amber soon; green is used sparingly.
const (
	Good Tone = "good"
	Soon Tone = "soon"
	Bad  Tone = "bad"
	Busy Tone = "busy"
	Off  Tone = "off"
	Info Tone = "info"
)

// Alarm stands above every page until it is over.
type Alarm struct{ Text, Href, Link string }

// Toast is a short message after an action.
type Toast struct {
	Tone Tone   `json:"tone"`
	Text string `json:"text"`
	Undo string `json:"undo,omitempty"` // address that takes back what was done, by a POST; empty for none
}

// With is the address of this page with parameters changed: pairs of name and value, where an empty value
// removes the name. The cursor always goes, since it belongs to the old order.
func (p *Page) With(pairs ...string) string {
	query := url.Values{}
	for name, values := range p.Query {
		if name != "cursor" {
			query[name] = values
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			query.Del(pairs[i])
		} else {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	return address(p.Path, query)
}

// Without is the address of this page with one value of a parameter taken out.
func (p *Page) Without(name, value string) string {
	query := url.Values{}
	for key, values := range p.Query {
		if key == "cursor" {
			continue
		}
		for _, v := range values {
			if key != name || v != value {
				query.Add(key, v)
			}
		}
	}
	return address(p.Path, query)
}

// In carries the chosen customer over to another address, so that a click never changes whose data is shown. An
// address that names a customer itself, as the palette's hits on customers do, stays as it is.
func (p *Page) In(href string) string {
	if p.Customer == nil || len(p.Customers) == 0 {
		return href
	}
	if at, err := url.Parse(href); err != nil || at.Query().Has("customer") {
		return href
	}
	return withCustomer(href, p.Customer.Slug)
}

// shortlist is how many customers the switcher names; a provider with hundreds finds the others in the palette, and no page
// carries all of them.
const shortlist = 60

// shortlist are the customers of the switcher, the chosen one among them.
func (p *Page) shortlist() []Customer {
	if len(p.Customers) <= shortlist {
		return p.Customers
	}
	list := p.Customers[:shortlist:shortlist]
	if p.Customer != nil && !slices.Contains(list, *p.Customer) {
		list = append([]Customer{*p.Customer}, list...)
	}
	return list
}

// switchTo is the address that shows another customer: the list of the same place, since a record of one
// customer is not found under another. An empty slug shows all.
func (p *Page) switchTo(slug string) string {
	for _, section := range p.Nav {
		for _, item := range section.Items {
			if item.ID == p.Active {
				return withCustomer(item.Href, slug)
			}
		}
	}
	return withCustomer("/", slug)
}

// stream is the address of the tab's stream of changes.
func (p *Page) stream() string {
	if p.User == nil {
		return ""
	}
	at := p.In(LivePath)
	sign := "?"
	if strings.Contains(at, "?") {
		sign = "&"
	}
	return at + sign + "made=" + strconv.FormatInt(p.Now().UnixMilli(), 10)
}

// at is the address that the browser takes for the page's, where it is another than the one that was asked.
func (p *Page) at() string {
	if !p.posted || p.Self == "" {
		return ""
	}
	return p.In(p.Self)
}

// mark is the attribute data-live of main.
func (p *Page) mark() string { return strings.Join(p.Live, " ") }

func withCustomer(href, slug string) string {
	at, err := url.Parse(href)
	if err != nil {
		return href
	}
	query := at.Query()
	query.Set("customer", slug)
	if slug == "" {
		query.Del("customer")
	}
	at.RawQuery = query.Encode()
	return at.String()
}

func address(path string, query url.Values) string {
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// wide tells whether the rail is short enough to show every item of every section.
func (p *Page) wide() bool {
	items := 0
	for _, section := range p.Nav {
		items += len(section.Items)
	}
	return items <= 28
}

func (s NavSection) has(id string) bool {
	for _, item := range s.Items {
		if item.ID == id {
			return true
		}
	}
	return false
}

// here is the address of this page for the forms that come back to it.
func (p *Page) here() string {
	query := p.Query.Encode()
	if query == "" {
		return p.Path
	}
	return p.Path + "?" + query
}

// initials stand for the user where there is no room for the name.
func (u *User) initials() string {
	var letters []rune
	for _, word := range strings.Fields(u.Name) {
		letters = append(letters, []rune(word)[0])
	}
	if len(letters) > 2 {
		letters = []rune{letters[0], letters[len(letters)-1]}
	}
	return strings.ToUpper(string(letters))
}
