package customer

import (
	"net/mail"
	"strings"
	"unicode/utf8"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
)

// Contact is a person at a customer. They need no sign-in; somebody who has one is a user, of package identity.
type Contact struct {
	ID        string  `json:"id"`
	Customer  string  `json:"customer" doc:"Slug."`
	Name      string  `json:"name"`
	Email     string  `json:"email"`
	Phone     string  `json:"phone"`
	Job       string  `json:"job"`
	Version   int64   `json:"version"`
	CreatedAt db.Time `json:"created_at"`
	UpdatedAt db.Time `json:"updated_at"`
}

// Revision makes the ETag.
func (c Contact) Revision() int64 { return c.Version }

// Self is the record's address below /api/v1.
func (c Contact) Self() string { return "/contacts/" + c.ID }

// contactRow is a contact as stored.
type contactRow struct {
	CustomerID string  `db:"customer_id"`
	ID         string  `db:"id"`
	Name       string  `db:"name"`
	Email      string  `db:"email"`
	Phone      string  `db:"phone"`
	Job        string  `db:"job"`
	Version    int64   `db:"version"`
	CreatedAt  db.Time `db:"created_at"`
	UpdatedAt  db.Time `db:"updated_at"`
}

func (r contactRow) shown(slug string) Contact {
	return Contact{ID: r.ID, Customer: slug, Name: r.Name, Email: r.Email, Phone: r.Phone, Job: r.Job, Version: r.Version, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt}
}

// NewContact is the input of CreateContact.
type NewContact struct {
	Customer string `json:"customer" doc:"Slug or id."`
	Name     string `json:"name"`
	Email    string `json:"email,omitempty"`
	Phone    string `json:"phone,omitempty"`
	Job      string `json:"job,omitempty"`
}

// Validate names every bad field.
func (n *NewContact) Validate() error {
	var bad fault.Fields
	n.Name, n.Email, n.Phone, n.Job = strings.TrimSpace(n.Name), strings.TrimSpace(n.Email), strings.TrimSpace(n.Phone), strings.TrimSpace(n.Job)
	checkName(&bad, n.Name)
	checkContact(&bad, n.Email, n.Phone, n.Job)
	return bad.Err()
}

// ChangeContact is the input of UpdateContact: what is nil stays.
type ChangeContact struct {
	Name  *string `json:"name,omitempty"`
	Email *string `json:"email,omitempty"`
	Phone *string `json:"phone,omitempty"`
	Job   *string `json:"job,omitempty"`
}

// apply gives the contact as it will be, or the fault of its fields.
func (c ChangeContact) apply(to contactRow) (contactRow, error) {
	for field, value := range map[*string]*string{&to.Name: c.Name, &to.Email: c.Email, &to.Phone: c.Phone, &to.Job: c.Job} {
		if value != nil {
			*field = strings.TrimSpace(*value)
		}
	}
	var bad fault.Fields
	checkName(&bad, to.Name)
	checkContact(&bad, to.Email, to.Phone, to.Job)
	return to, bad.Err()
}

func checkContact(bad *fault.Fields, email, phone, job string) {
	if email != "" {
		if a, err := mail.ParseAddress(email); err != nil || a.Address != email || len(email) > 254 {
			bad.Add("email", "customer.field.email")
		}
	}
	if !isPhone(phone) {
		bad.Add("phone", "customer.field.phone")
	}
	if utf8.RuneCountInString(job) > maxName {
		bad.Add("job", "customer.field.long", "max", maxName)
	}
}

// isPhone takes numbers as people write them; empty is none.
func isPhone(s string) bool {
	digits := 0
	for _, c := range s {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case !strings.ContainsRune("+-/(). extEXT#*", c):
			return false
		}
	}
	return s == "" || digits >= 2 && len(s) <= 50
}

// ContactSpec is how contacts are listed.
var ContactSpec = list.Spec{
	From: "{contact} c", Columns: db.Columns[contactRow]("c."), Key: "c.id", Sort: "name",
	Fields: []list.Field{
		{Name: "id", Column: "c.id", Kind: list.ID, Filter: true},
		{Name: "name", Column: "c.name", Kind: list.Text, Sort: true, Filter: true},
		{Name: "email", Column: "c.email", Kind: list.Text, Sort: true, Filter: true},
		{Name: "job", Column: "c.job", Kind: list.Text, Sort: true, Filter: true},
		{Name: "created_at", Column: "c.created_at", Kind: list.Time, Sort: true, Filter: true},
		{Name: "updated_at", Column: "c.updated_at", Kind: list.Time, Sort: true, Filter: true},
	},
	Search: list.Words("c.name", "c.email", "c.job", "c.phone"),
}
