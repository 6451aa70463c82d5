package ui

import (
	"net/url"
	"strings"
)

// Saved is what the head of a list knows about its saved views. web.Shell fills it.
type Saved struct {
	List     string // name of the list
	Views    []SavedView
	Now      *SavedView // the one that is open; nil for none
	Changed  bool       // the list shows something else than the view holds
	Default  bool       // it opened by itself
	Standard bool       // the address asks for the list as it is
	Missing  bool       // the address names a view that is not there
	Share    bool       // the reader may share
	Left     []string   // filters of the view that exist no longer
}

// SavedView is one view of the menu.
type SavedView struct {
	ID, Slug, Name, Customer string
	Shared, Mine, Default    bool
}

// Open is the address that shows the view.
func (s *Saved) Open(p *Page, slug, customer string) string {
	q := url.Values{"view": {slug}}
	if p.Customer != nil && len(p.Customers) > 0 {
		q.Set("customer", p.Customer.Slug)
	} else if customer != "" {
		q.Set("customer", customer)
	}
	return address(p.Path, q)
}

// query is what a view of the list as it stands would hold.
func (s *Saved) query(p *Page) string {
	q := url.Values{}
	for name, values := range p.Query {
		switch name {
		case "view", "changed", "customer", "cursor", "format", "limit":
		default:
			q[name] = values
		}
	}
	return q.Encode()
}

func (s *Saved) label(p *Page) string {
	if s.Now != nil {
		return s.Now.Name
	}
	return p.T("view.list")
}

func (s *Saved) left() string { return strings.Join(s.Left, ", ") }
