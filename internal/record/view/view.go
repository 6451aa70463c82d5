package view

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
)

// Audience says who sees a view besides its owner.
type Audience string

// The audiences.
const (
	Private   Audience = "private"
	Staff     Audience = "staff"     // the provider's people
	Everybody Audience = "everybody" // whoever sees the customer
)

// List is a list that has views. Its name is the address of its page without the first slash: "cis".
type List struct {
	Name string
	Need permission.Action
}

// View is one saved view, as stored.
type row struct {
	ID         string   `db:"id"`
	List       string   `db:"list"`
	Slug       string   `db:"slug"`
	Name       string   `db:"name"`
	OwnerID    string   `db:"owner_id"`
	Audience   Audience `db:"audience"`
	CustomerID db.Null  `db:"customer_id"`
	Query      string   `db:"query"`
	Version    int64    `db:"version"`
	CreatedAt  db.Time  `db:"created_at"`
	UpdatedAt  db.Time  `db:"updated_at"`
}

// View is one saved view, as answered.
type View struct {
	ID        string   `json:"id"`
	List      string   `json:"list" doc:"The list that it is of: cis, workloads, customers..."`
	Slug      string   `json:"slug" doc:"In addresses: ?view=SLUG."`
	Name      string   `json:"name"`
	Owner     string   `json:"owner" doc:"Name of the person who made it."`
	Audience  Audience `json:"audience" enum:"private,staff,everybody"`
	Customer  string   `json:"customer" doc:"Slug; empty for all customers."`
	Query     string   `json:"query" doc:"Filters, search, sort and columns, as in the list's address."`
	Default   bool     `json:"default" doc:"Whether the list opens with it for the caller."`
	Roles     []string `json:"roles" doc:"Roles for whom the list opens with it."`
	Mine      bool     `json:"mine"`
	Version   int64    `json:"version"`
	CreatedAt db.Time  `json:"created_at"`
	UpdatedAt db.Time  `json:"updated_at"`
	owner     string
	customer  string
}

// Revision makes the ETag.
func (v View) Revision() int64 { return v.Version }

// Self is the record's address below /api/v1.
func (v View) Self() string { return "/views/" + v.ID }

// NewView is the input of Create.
type NewView struct {
	List     string `json:"list"`
	Name     string `json:"name"`
	Query    string `json:"query,omitempty" doc:"As in the list's address: status=active&sort=-name."`
	Audience string `json:"audience,omitempty" doc:"private (default), staff or everybody."`
	Customer string `json:"customer,omitempty" doc:"Slug or id; empty for all customers."`
	Default  bool   `json:"default,omitempty" doc:"Open the list with it, for oneself."`
}

// ChangeView is the input of Change: what is nil stays.
type ChangeView struct {
	Name     *string   `json:"name,omitempty"`
	Query    *string   `json:"query,omitempty"`
	Audience *string   `json:"audience,omitempty"`
	Default  *bool     `json:"default,omitempty" doc:"For the caller."`
	Roles    *[]string `json:"roles,omitempty" doc:"Roles for whom the list opens with it."`
}

const (
	maxName  = 80
	maxQuery = 4000
)

// foreign are parameters of a page that belong to no view.
var foreign = []string{"view", "changed", "customer", "cursor", "format", "limit"}

// clean gives the part of a query that a view keeps, in one order.
func clean(q url.Values) url.Values {
	out := url.Values{}
	for name, values := range q {
		if slices.Contains(foreign, name) {
			continue
		}
		for _, v := range values {
			if v != "" {
				out.Add(name, v)
			}
		}
	}
	return out
}

func checkName(bad *fault.Fields, name string) {
	if n := utf8.RuneCountInString(name); n < 1 || n > maxName || !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }) {
		bad.Add("name", "view.field.name", "max", maxName)
	}
}

func checkQuery(bad *fault.Fields, text string) string {
	q, err := url.ParseQuery(strings.TrimPrefix(text, "?"))
	if err != nil || len(text) > maxQuery || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		bad.Add("query", "view.field.query")
		return ""
	}
	return clean(q).Encode()
}

func checkAudience(bad *fault.Fields, text string) Audience {
	switch to := Audience(text); to {
	case "", Private:
		return Private
	case Staff, Everybody:
		return to
	}
	bad.Add("audience", "view.field.audience")
	return Private
}

// slugOf makes the name of a view in addresses. The tail of its id keeps it its own, so that nobody learns what others call theirs.
func slugOf(name, id string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 40 {
			break
		}
	}
	return strings.TrimPrefix(strings.Trim(b.String(), "-")+"-"+id[len(id)-6:], "-")
}
