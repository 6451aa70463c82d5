package identity

import (
	"net/mail"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones must mean the same on every machine
	"unicode/utf8"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
)

// emailTaken is the key of the fault of a second person with one e-mail.
const emailTaken = "trust.email_taken"

// user is a row of app_user.
type user struct {
	ID           string          `db:"id"`
	Email        string          `db:"email"`
	Name         string          `db:"name"`
	PasswordHash string          `db:"password_hash"`
	Role         permission.Role `db:"role"`
	CustomerID   db.Null         `db:"customer_id"`
	Limited      bool            `db:"limited"`
	Language     string          `db:"language"`
	TimeZone     string          `db:"time_zone"`
	Theme        string          `db:"theme"`
	DisabledAt   db.Time         `db:"disabled_at"`
	ExpiresAt    db.Time         `db:"expires_at"`
	Version      int64           `db:"version"`
	CreatedAt    db.Time         `db:"created_at"`
	UpdatedAt    db.Time         `db:"updated_at"`
}

// User is a person as others see them.
type User struct {
	ID        string          `json:"id"`
	Email     string          `json:"email"`
	Name      string          `json:"name"`
	Role      permission.Role `json:"role" enum:"admin,manager,engineer,agent,sales,auditor,approver,requester,viewer"`
	Customers []string        `json:"customers" nullable:"false" doc:"Slugs of the customers that the person is limited to; empty is all of them, for provider roles."`
	Language  string          `json:"language"`
	TimeZone  string          `json:"time_zone"`
	Theme     string          `json:"theme"`
	Disabled  bool            `json:"disabled"`
	Invited   db.Time         `json:"invited_until" doc:"Until when the invitation that waits for the person works; null if none waits."`
	Version   int64           `json:"version"`
	CreatedAt db.Time         `json:"created_at"`
	UpdatedAt db.Time         `json:"updated_at"`
}

// Revision makes the ETag.
func (u User) Revision() int64 { return u.Version }

// Self is the record's address below /api/v1.
func (u User) Self() string { return "/users/" + u.ID }

func (u user) shown(slugs []string) User {
	if slugs == nil {
		slugs = []string{}
	}
	return User{ID: u.ID, Email: u.Email, Name: u.Name, Role: u.Role, Customers: slugs, Language: u.Language, TimeZone: u.TimeZone, Theme: u.Theme,
		Disabled: !u.DisabledAt.IsZero(), Version: u.Version, CreatedAt: u.CreatedAt, UpdatedAt: u.UpdatedAt}
}

// NewUser is the input of CreateUser.
type NewUser struct {
	Email     string          `json:"email"`
	Name      string          `json:"name"`
	Role      permission.Role `json:"role"`
	Customers []string        `json:"customers,omitempty" doc:"Slugs. Exactly one for approver, requester and viewer; for the others, the customers that they are limited to."`
	Customer  string          `json:"customer,omitempty" doc:"Short for customers with one entry."`
	Password  string          `json:"password,omitempty" doc:"12 to 200 characters; never shown again."`
	Invite    bool            `json:"invite,omitempty" doc:"Instead of a password: a mail with a link by which the person sets one."`
	Language  string          `json:"language,omitempty" doc:"en or fr; default en."`
	TimeZone  string          `json:"time_zone,omitempty" doc:"IANA name; default UTC."`
}

// Validate fills in defaults and names every bad field.
func (n *NewUser) Validate() error {
	var bad fault.Fields
	n.Email = strings.ToLower(strings.TrimSpace(n.Email))
	n.Name = strings.TrimSpace(n.Name)
	if n.Language == "" {
		n.Language = "en"
	}
	if n.TimeZone == "" {
		n.TimeZone = "UTC"
	}
	if n.Customer != "" && !slices.Contains(n.Customers, n.Customer) {
		n.Customers = append(n.Customers, n.Customer)
	}
	if !validEmail(n.Email) {
		bad.Add("email", "trust.field.email")
	}
	checkName(&bad, n.Name)
	checkRole(&bad, n.Role)
	checkCustomers(&bad, n.Role, len(n.Customers))
	switch {
	case n.Invite && n.Password != "":
		bad.Add("invite", "trust.field.invite")
	case !n.Invite:
		checkPassword(&bad, "password", n.Password, n.Email, n.Name)
	}
	checkPreferences(&bad, &n.Language, &n.TimeZone, nil)
	return bad.Err()
}

// ChangeUser is the input of UpdateUser: what is nil stays.
type ChangeUser struct {
	Name      *string          `json:"name,omitempty"`
	Role      *permission.Role `json:"role,omitempty"`
	Customers *[]string        `json:"customers,omitempty" doc:"Slugs; replaces all. Empty is all customers, for provider roles."`
	Password  *string          `json:"password,omitempty" doc:"Ends every session of the person."`
	Disabled  *bool            `json:"disabled,omitempty" doc:"A disabled person is out at once, with every session and token."`
	Language  *string          `json:"language,omitempty"`
	TimeZone  *string          `json:"time_zone,omitempty"`
	Theme     *string          `json:"theme,omitempty" doc:"light, dark or auto."`
}

// Preferences is what people set for themselves.
type Preferences struct {
	Name     *string `json:"name,omitempty"`
	Language *string `json:"language,omitempty" doc:"en or fr."`
	TimeZone *string `json:"time_zone,omitempty" doc:"IANA name."`
	Theme    *string `json:"theme,omitempty" doc:"light, dark or auto."`
}

// validate names every bad field of a change to this user, who has so many customers afterwards.
func (c ChangeUser) validate(before user, customers int) error {
	var bad fault.Fields
	role := before.Role
	if c.Name != nil {
		checkName(&bad, strings.TrimSpace(*c.Name))
	}
	if c.Role != nil {
		role = *c.Role
		checkRole(&bad, role)
	}
	checkCustomers(&bad, role, customers)
	if c.Password != nil {
		checkPassword(&bad, "password", *c.Password, before.Email, before.Name)
	}
	checkPreferences(&bad, c.Language, c.TimeZone, c.Theme)
	return bad.Err()
}

func checkName(bad *fault.Fields, name string) {
	if n := utf8.RuneCountInString(name); n < 1 || n > 200 {
		bad.Add("name", "trust.field.name")
	}
}

func checkRole(bad *fault.Fields, r permission.Role) {
	if !r.Valid() {
		bad.Add("role", "trust.field.role", "values", roleList())
	}
}

func checkCustomers(bad *fault.Fields, r permission.Role, n int) {
	if r.Customer() && n != 1 {
		bad.Add("customers", "trust.field.one_customer", "role", string(r))
	}
}

func checkPreferences(bad *fault.Fields, language, zone, theme *string) {
	if language != nil && *language != "en" && *language != "fr" {
		bad.Add("language", "trust.field.language")
	}
	if zone != nil {
		if _, err := time.LoadLocation(*zone); err != nil || *zone == "" || *zone == "Local" {
			bad.Add("time_zone", "trust.field.time_zone")
		}
	}
	if theme != nil && *theme != "light" && *theme != "dark" && *theme != "auto" {
		bad.Add("theme", "trust.field.theme")
	}
}

func validEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= 254
}

func roleList() string {
	var out []string
	for _, r := range permission.Roles() {
		out = append(out, string(r))
	}
	return strings.Join(out, ", ")
}

// Spec is how users are listed.
var Spec = list.Spec{
	From: "{app_user} u", Columns: db.Columns[user]("u."), Key: "u.id", Sort: "name",
	Fields: []list.Field{
		{Name: "id", Column: "u.id", Kind: list.ID, Filter: true},
		{Name: "email", Column: "u.email", Kind: list.Text, Sort: true, Filter: true},
		{Name: "name", Column: "u.name", Kind: list.Text, Sort: true, Filter: true},
		{Name: "role", Column: "u.role", Kind: list.Choice, Sort: true, Filter: true, Values: strings.Split(roleList(), ", ")},
		{Name: "created_at", Column: "u.created_at", Kind: list.Time, Sort: true, Filter: true},
		{Name: "disabled_at", Column: "u.disabled_at", Kind: list.Time, Filter: true, Nullable: true},
		{Name: "invited_until", Column: "(SELECT MAX(l.expires_at) FROM {sign_in_link} l WHERE l.user_id = u.id AND l.purpose = 'invitation')", Kind: list.Time, Filter: true, Nullable: true},
	},
	Search: list.Words("u.name", "u.email"),
}
