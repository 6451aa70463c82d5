package customer

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/field"
	"vigie/internal/record/register"
)

// Phase is how far a customer has come with us.
type Phase string

// The phases.
const (
	Prospect    Phase = "prospect"
	Assessment  Phase = "assessment"
	Remediation Phase = "remediation"
	Live        Phase = "live"
	Ended       Phase = "ended"
)

// Phases lists all phases in the order of a customer's life.
func Phases() []Phase { return []Phase{Prospect, Assessment, Remediation, Live, Ended} }

// Customer is one customer, as stored and as answered.
type Customer struct {
	ID        string       `db:"id" json:"id" doc:"UUID."`
	Slug      string       `db:"slug" json:"slug" doc:"Short name for addresses and commands; never changes."`
	Name      string       `db:"name" json:"name"`
	Country   string       `db:"country" json:"country" doc:"ISO 3166-1, two letters; empty where unknown."`
	Language  string       `db:"language" json:"language" doc:"In which we write to them."`
	TimeZone  string       `db:"time_zone" json:"time_zone" doc:"IANA name."`
	Phase     Phase        `db:"phase" json:"phase" enum:"prospect,assessment,remediation,live,ended"`
	Rate      int64        `db:"request_rate" json:"request_rate" doc:"Requests a second that all who act for this customer only may make together; 0 for the server's default."`
	Version   int64        `db:"version" json:"version"`
	CreatedAt db.Time      `db:"created_at" json:"created_at"`
	UpdatedAt db.Time      `db:"updated_at" json:"updated_at"`
	Custom    field.Values `db:"-" json:"custom" file:"-"`
}

// Revision makes the ETag.
func (c Customer) Revision() int64 { return c.Version }

// Self is the record's address below /api/v1.
func (c Customer) Self() string { return "/customers/" + c.ID }

// Extra implements api.Extra: what files have of custom fields.
func (c Customer) Extra(column string) any { return c.Custom.Extra(column) }

// NewCustomer is the input of CreateCustomer. Slug and name suffice.
type NewCustomer struct {
	Slug     string       `json:"slug" doc:"2 to 40 lower-case letters, digits and hyphens."`
	Name     string       `json:"name"`
	Country  string       `json:"country,omitempty" doc:"ISO 3166-1, two letters."`
	Language string       `json:"language,omitempty" doc:"en or fr; default en."`
	TimeZone string       `json:"time_zone,omitempty" doc:"IANA name; default UTC."`
	Phase    string       `json:"phase,omitempty" doc:"Default prospect."`
	Custom   field.Values `json:"custom,omitempty"`
}

// Validate fills in defaults and names every bad field.
func (n *NewCustomer) Validate() error {
	var bad fault.Fields
	n.Name = strings.TrimSpace(n.Name)
	n.Language = cmpOr(n.Language, "en")
	n.TimeZone = cmpOr(n.TimeZone, "UTC")
	n.Phase = cmpOr(n.Phase, string(Prospect))
	CheckSlug(&bad, n.Slug)
	checkName(&bad, n.Name)
	checkCountry(&bad, n.Country)
	checkLanguage(&bad, n.Language)
	checkZone(&bad, n.TimeZone)
	checkPhase(&bad, n.Phase)
	checkLive(&bad, "", Phase(n.Phase))
	return bad.Err()
}

// ChangeCustomer is the input of UpdateCustomer: what is nil stays.
type ChangeCustomer struct {
	Name     *string      `json:"name,omitempty"`
	Country  *string      `json:"country,omitempty"`
	Language *string      `json:"language,omitempty"`
	TimeZone *string      `json:"time_zone,omitempty"`
	Phase    *string      `json:"phase,omitempty"`
	Rate     *int64       `json:"request_rate,omitempty" doc:"For administrators of all customers; 0 to 100000."`
	Custom   field.Values `json:"custom,omitempty"`
}

// Validate names every bad field.
func (c *ChangeCustomer) Validate() error {
	var bad fault.Fields
	if c.Name != nil {
		*c.Name = strings.TrimSpace(*c.Name)
		checkName(&bad, *c.Name)
	}
	if c.Country != nil {
		checkCountry(&bad, *c.Country)
	}
	if c.Language != nil {
		checkLanguage(&bad, *c.Language)
	}
	if c.TimeZone != nil {
		checkZone(&bad, *c.TimeZone)
	}
	if c.Phase != nil {
		checkPhase(&bad, *c.Phase)
	}
	if c.Rate != nil && (*c.Rate < 0 || *c.Rate > maxRate) {
		bad.Add("request_rate", "fault.out_of_range", "min", 0, "max", maxRate)
	}
	return bad.Err()
}

// apply gives the customer as it will be.
func (c ChangeCustomer) apply(to Customer) Customer {
	set(&to.Name, c.Name)
	set(&to.Country, c.Country)
	set(&to.Language, c.Language)
	set(&to.TimeZone, c.TimeZone)
	if c.Phase != nil {
		to.Phase = Phase(*c.Phase)
	}
	if c.Rate != nil {
		to.Rate = *c.Rate
	}
	return to
}

func set(to, from *string) {
	if from != nil {
		*to = *from
	}
}

func cmpOr(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// CheckSlug notes what is wrong with the slug of a new customer.
func CheckSlug(bad *fault.Fields, slug string) {
	switch {
	case !slugs.MatchString(slug) || strings.Contains(slug, "--"):
		bad.Add("slug", "customer.field.slug")
	case slices.Contains(reserved, slug) || looksLikeID(slug):
		bad.Add("slug", "customer.field.slug_reserved")
	}
}

var slugs = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$`)

// reserved words stand at the place of a slug in addresses or commands, or would read as "everything".
var reserved = []string{
	"all", "any", "none", "me", "new", "edit", "import", "export", "api", "admin", "system", "vigie", "assets", "static", "null", "undefined", "instance",
}

// looksLikeID keeps slugs and ids apart where both may stand.
func looksLikeID(s string) bool { return len(s) == 36 && strings.Count(s, "-") == 4 }

func checkName(bad *fault.Fields, name string) {
	if n := utf8.RuneCountInString(name); n < 1 || n > maxName {
		bad.Add("name", "customer.field.name", "max", maxName)
	}
}

const (
	maxName = 200
	maxRate = 100_000
)

func checkCountry(bad *fault.Fields, c string) {
	if c != "" && !register.IsCountry(c) {
		bad.Add("country", "customer.field.country")
	}
}

func checkLanguage(bad *fault.Fields, l string) {
	if l != "en" && l != "fr" {
		bad.Add("language", "customer.field.language")
	}
}

func checkZone(bad *fault.Fields, z string) {
	if !register.IsZone(z) {
		bad.Add("time_zone", "customer.field.time_zone")
	}
}

func checkPhase(bad *fault.Fields, p string) {
	if !slices.Contains(Phases(), Phase(p)) {
		bad.Add("phase", "customer.field.phase", "values", phaseList())
	}
}

// checkLive refuses to put a customer into service by hand: that takes a launch that both sides have signed, see GoLive.
func checkLive(bad *fault.Fields, from, to Phase) {
	if to == Live && from != Live {
		bad.Add("phase", "customer.field.phase_live")
	}
}

func phaseNames() []string {
	out := make([]string, len(Phases()))
	for i, p := range Phases() {
		out[i] = string(p)
	}
	return out
}

func phaseList() string { return strings.Join(phaseNames(), ", ") }

// Spec is how customers are listed.
var Spec = list.Spec{
	From: "{customer} c", Columns: db.Columns[Customer]("c."), Key: "c.id", Sort: "name",
	Fields: []list.Field{
		{Name: "id", Column: "c.id", Kind: list.ID, Filter: true},
		{Name: "slug", Column: "c.slug", Kind: list.Text, Sort: true, Filter: true},
		{Name: "name", Column: "c.name", Kind: list.Text, Sort: true, Filter: true},
		{Name: "country", Column: "c.country", Kind: list.Choice, Sort: true, Filter: true},
		{Name: "language", Column: "c.language", Kind: list.Choice, Filter: true},
		{Name: "time_zone", Column: "c.time_zone", Kind: list.Choice, Filter: true},
		{Name: "phase", Column: "c.phase", Kind: list.Choice, Values: phaseNames(), Sort: true, Filter: true},
		{Name: "request_rate", Column: "c.request_rate", Kind: list.Number, Filter: true},
		{Name: "created_at", Column: "c.created_at", Kind: list.Time, Sort: true, Filter: true},
		{Name: "updated_at", Column: "c.updated_at", Kind: list.Time, Sort: true, Filter: true},
	},
	Search: list.Words("c.name", "c.slug"),
}
