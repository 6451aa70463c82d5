package discovery

import (
	"crypto/rand"
	"encoding/hex"
	"regexp"
	"slices"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
)

// AccountStatus is what the last check of an account said.
type AccountStatus string

// The statuses of an account.
const (
	Unchecked AccountStatus = "unchecked"
	Reachable AccountStatus = "ok"
	OpenRole  AccountStatus = "open_role" // refused: the role can be assumed without the ExternalId
	NoEntry   AccountStatus = "denied"
	Broken    AccountStatus = "failed"
	Recorded  AccountStatus = "recorded" // known from a recording only; scheduled runs leave it out
)

// RoleName is the role that the templates make in a customer's accounts.
const RoleName = "VigieReadOnly"

// Account is one AWS account that Vigie reads.
type Account struct {
	CustomerID     string            `db:"customer_id"`
	ID             string            `db:"id"`
	AccountID      string            `db:"account_id"` // twelve digits
	Name           string            `db:"name"`
	RoleARN        string            `db:"role_arn"` // empty: the machine's own credentials
	ExternalID     string            `db:"external_id"`
	Regions        db.JSON[[]string] `db:"regions"` // empty: all that are enabled
	Organization   bool              `db:"organization"`
	OrganizationOf db.Null           `db:"organization_of"` // the account by whose organisation this one came
	AcceptOpenRole bool              `db:"accept_open_role"`
	Status         AccountStatus     `db:"status"`
	Message        string            `db:"message"`
	CheckedAt      db.Time           `db:"checked_at"`
	Version        int64             `db:"version"`
	CreatedAt      db.Time           `db:"created_at"`
	UpdatedAt      db.Time           `db:"updated_at"`
}

// CreateAccount is the input of a new account.
type CreateAccount struct {
	AccountID, Name, RoleARN     string
	Regions                      []string
	Organization, AcceptOpenRole bool
}

// UpdateAccount changes what is not nil.
type UpdateAccount struct {
	Name, RoleARN                *string
	Regions                      *[]string
	Organization, AcceptOpenRole *bool
	Version                      int64 // expected; 0 does not ask
}

var (
	accountNumber = regexp.MustCompile(`^[0-9]{12}$`)
	roleARN       = regexp.MustCompile(`^arn:(aws|aws-cn|aws-us-gov):iam::([0-9]{12}):role/[A-Za-z0-9+=,.@_/-]{1,576}$`)
	regionName    = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$`)
)

// Validate collects every fault of the input.
func (c CreateAccount) Validate() error {
	var f fault.Fields
	if !accountNumber.MatchString(c.AccountID) {
		f.Add("account_id", "discovery.account_id_form")
	}
	checkName(&f, c.Name)
	checkRole(&f, c.RoleARN, c.AccountID)
	checkRegions(&f, c.Regions)
	return f.Err()
}

// apply changes the account as the update says, or tells what is wrong.
func (u UpdateAccount) apply(a *Account) error {
	var f fault.Fields
	if u.Name != nil {
		checkName(&f, *u.Name)
		a.Name = *u.Name
	}
	if u.RoleARN != nil {
		checkRole(&f, *u.RoleARN, a.AccountID)
		if a.RoleARN != *u.RoleARN {
			a.Status, a.Message = Unchecked, ""
		}
		a.RoleARN = *u.RoleARN
	}
	if u.Regions != nil {
		checkRegions(&f, *u.Regions)
		a.Regions.V = tidy(*u.Regions)
	}
	if u.Organization != nil {
		if *u.Organization && a.OrganizationOf != "" {
			f.Add("organization", "discovery.member_of_organization")
		}
		a.Organization = *u.Organization
	}
	if u.AcceptOpenRole != nil {
		a.AcceptOpenRole = *u.AcceptOpenRole
		if a.Status == OpenRole {
			a.Status, a.Message = Unchecked, ""
		}
	}
	return f.Err()
}

func checkName(f *fault.Fields, name string) {
	if len(name) > 200 {
		f.Add("name", "fault.too_long", "max", 200)
	}
}

func checkRole(f *fault.Fields, arn, account string) {
	if arn == "" {
		return
	}
	m := roleARN.FindStringSubmatch(arn)
	if m == nil {
		f.Add("role_arn", "discovery.role_arn_form")
		return
	}
	if accountNumber.MatchString(account) && m[2] != account {
		f.Add("role_arn", "discovery.role_of_other_account", "account", account)
	}
}

func checkRegions(f *fault.Fields, regions []string) {
	for _, r := range regions {
		if !regionName.MatchString(r) {
			f.Add("regions", "discovery.region_form", "region", r)
		}
	}
	if len(regions) > 100 {
		f.Add("regions", "fault.too_many", "max", 100)
	}
}

func tidy(regions []string) []string {
	out := slices.Clone(regions)
	if out == nil {
		out = []string{}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// newExternalID makes the secret-like id that stands between a customer's role and everybody else who uses Vigie (the
// confused deputy problem, AWS IAM User Guide). It is never taken from a person.
func newExternalID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return "vigie-" + hex.EncodeToString(b[:])
}

// memberRole gives the role of another account of the organisation: the same name as the one given, else the templates'.
func memberRole(given, partition, member string) string {
	name := RoleName
	if m := roleARN.FindStringSubmatchIndex(given); m != nil {
		name = given[m[5]+len(":role/"):]
	}
	return "arn:" + partition + ":iam::" + member + ":role/" + name
}
