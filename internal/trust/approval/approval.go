package approval

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/permission"
)

// State is how far a request has come.
type State string

// The states.
const (
	Requested State = "requested"
	Signed    State = "signed"
	Refused   State = "refused"
	Withdrawn State = "withdrawn"
	Expired   State = "expired"
)

// States lists all states.
func States() []State { return []State{Requested, Signed, Refused, Withdrawn, Expired} }

func stateNames() []string {
	var out []string
	for _, s := range States() {
		out = append(out, string(s))
	}
	return out
}

// next is the state machine: only a request that is open and has not run out can be answered. Faults: conflict.
func next(from State, expires db.Time, to State, now db.Time) (State, error) {
	late := !expires.IsZero() && !now.Before(expires.Time)
	switch {
	case from != Requested:
		closed := "approval.closed_" + string(from) // i18n: approval.closed_*
		return from, fault.New(fault.Conflict, closed)
	case to == Expired && !late, to == Requested:
		return from, fault.New(fault.Conflict, "approval.open")
	case to != Expired && late:
		return from, fault.New(fault.Conflict, "approval.closed_expired")
	}
	return to, nil
}

// Approval is one request and what became of it, as stored.
type Approval struct {
	CustomerID      string                     `db:"customer_id"`
	ID              string                     `db:"id"`
	Purpose         string                     `db:"purpose"`
	RecordType      string                     `db:"record_type"`
	RecordID        string                     `db:"record_id"`
	Title           string                     `db:"title"`
	Content         string                     `db:"content"`
	MediaType       string                     `db:"media_type"`
	SHA256          string                     `db:"sha256"`
	Statement       string                     `db:"statement"`
	Roles           db.JSON[[]permission.Role] `db:"roles"`
	RequestedBy     string                     `db:"requested_by"`
	RequestedByName string                     `db:"requested_by_name"`
	RequestedAt     db.Time                    `db:"requested_at"`
	ExpiresAt       db.Time                    `db:"expires_at"`
	State           State                      `db:"state"`
	SignerID        string                     `db:"signer_id"`
	SignerName      string                     `db:"signer_name"`
	Method          string                     `db:"method"`
	ClosedAt        db.Time                    `db:"closed_at"`
	Reason          string                     `db:"reason"`
	EntryID         db.Null                    `db:"entry_id"`
	Version         int64                      `db:"version"`
}

// NewApproval asks for a signature.
type NewApproval struct {
	Purpose    string // of the room that asks: "removal"
	RecordType string // what it is about; may be empty
	RecordID   string
	Title      string
	Content    []byte // exactly what will be shown and signed: UTF-8
	MediaType  string // text/plain, text/markdown or application/json
	Statement  string // what the signer confirms, in the signer's language
	Roles      []permission.Role
	Expires    time.Time // zero: never
}

// The media types that can be shown so that nothing of the content is hidden.
const (
	Plain    = "text/plain"
	Markdown = "text/markdown"
	JSON     = "application/json"
)

// Bounds of a request.
const (
	maxContent = 256 << 10
	maxText    = 200
	maxClaim   = 1000
)

// Validate fills in defaults and names every bad field.
func (n *NewApproval) Validate(now time.Time) error {
	var bad fault.Fields
	n.Title, n.Statement = strings.TrimSpace(n.Title), strings.TrimSpace(n.Statement)
	if n.MediaType == "" {
		n.MediaType = Plain
	}
	if len(n.Roles) == 0 {
		n.Roles = []permission.Role{permission.Approver}
	}
	text := func(path, value string, least, most int) {
		if c := utf8.RuneCountInString(value); c < least || c > most || !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
			bad.Add(path, "approval.field.text", "min", least, "max", most)
		}
	}
	text("purpose", n.Purpose, 1, 60)
	text("title", n.Title, 1, maxText)
	text("statement", n.Statement, 1, maxClaim)
	text("record_type", n.RecordType, 0, 60)
	text("record_id", n.RecordID, 0, 60)
	switch {
	case len(n.Content) == 0, len(n.Content) > maxContent:
		bad.Add("content", "approval.field.size", "max", maxContent)
	case !utf8.Valid(n.Content) || hidden(string(n.Content)):
		bad.Add("content", "approval.field.content")
	case n.MediaType == JSON && !json.Valid(n.Content):
		bad.Add("content", "approval.field.json")
	}
	if !slices.Contains([]string{Plain, Markdown, JSON}, n.MediaType) {
		bad.Add("media_type", "approval.field.media_type", "values", list.Join(Plain, Markdown, JSON))
	}
	for _, r := range n.Roles {
		if !permission.Allowed(r, permission.ApprovalSign) {
			bad.Add("roles", "approval.field.roles", "role", string(r))
		}
	}
	if !n.Expires.IsZero() && !n.Expires.After(now) {
		bad.Add("expires_at", "approval.field.past")
	}
	return bad.Err()
}

// hidden tells of characters that are not shown, or that turn the order of what is shown around: nobody signs what they cannot see.
func hidden(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		switch {
		case r == '\n', r == '\t', r == '\r':
			return false
		case r < 0x20, r >= 0x7f && r < 0xa0, r == 0xfeff:
			return true
		}
		return r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2060 && r <= 0x2069
	})
}

// Sum is the hash of some content, as Signed asks for it.
func Sum(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func (n NewApproval) row(a permission.Actor, now db.Time) Approval {
	out := Approval{ID: id.New(), Purpose: n.Purpose, RecordType: n.RecordType, RecordID: n.RecordID, Title: n.Title, Content: string(n.Content), MediaType: n.MediaType,
		SHA256: Sum(n.Content), Statement: n.Statement, RequestedBy: a.ID, RequestedByName: a.Name, RequestedAt: now, ExpiresAt: db.At(n.Expires), State: Requested, Version: 1}
	out.Roles.V = n.Roles
	return out
}

// fact is what the log holds of a signature, and the receipt repeats: all that matters, by itself.
type fact struct {
	Approval   string `json:"approval"`
	Customer   string `json:"customer_id"`
	Purpose    string `json:"purpose"`
	RecordType string `json:"record_type"`
	RecordID   string `json:"record_id"`
	Title      string `json:"title"`
	MediaType  string `json:"media_type"`
	SHA256     string `json:"sha256"`
	Statement  string `json:"statement"`
	Signer     string `json:"signer"`
	SignerID   string `json:"signer_id"`
	Email      string `json:"email"`
	Role       string `json:"role"`
	Method     string `json:"method"`
	SignedAt   string `json:"signed_at"`
	Requester  string `json:"requested_by"`
	Requested  string `json:"requested_at"`
}

func (v Approval) fact(a permission.Actor, method string, now db.Time) fact {
	return fact{Approval: v.ID, Customer: v.CustomerID, Purpose: v.Purpose, RecordType: v.RecordType, RecordID: v.RecordID, Title: v.Title, MediaType: v.MediaType, SHA256: v.SHA256,
		Statement: v.Statement, Signer: a.Name, SignerID: a.ID, Email: a.Email, Role: string(a.Role()), Method: method, SignedAt: now.UTC().Format(time.RFC3339Nano),
		Requester: v.RequestedByName, Requested: v.RequestedAt.UTC().Format(time.RFC3339Nano)}
}

// may tells whether a role is among those that were asked.
func (v Approval) may(a permission.Actor) bool {
	return a.May(permission.ApprovalSign) && slices.Contains(v.Roles.V, a.Role())
}

// pretty sets JSON out on lines, for reading; what is signed stays as it came.
func pretty(content string) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(content), "", "  ") != nil {
		return content
	}
	return b.String()
}

// Spec is how approvals are listed.
var Spec = list.Spec{
	From: "{approval} v JOIN {customer} c ON c.id = v.customer_id", Columns: db.Columns[Approval]("v.") + ", c.slug", Key: "v.id", Sort: "-requested_at",
	Fields: []list.Field{
		{Name: "id", Column: "v.id", Kind: list.ID, Filter: true},
		{Name: "title", Column: "v.title", Kind: list.Text, Sort: true, Filter: true},
		{Name: "purpose", Column: "v.purpose", Kind: list.Choice, Filter: true},
		{Name: "state", Column: "v.state", Kind: list.Choice, Filter: true, Values: stateNames()},
		{Name: "record_type", Column: "v.record_type", Kind: list.Choice, Filter: true},
		{Name: "record_id", Column: "v.record_id", Kind: list.Choice, Filter: true},
		{Name: "requested_by", Column: "v.requested_by", Kind: list.Choice, Filter: true},
		{Name: "signer_id", Column: "v.signer_id", Kind: list.Choice, Filter: true},
		{Name: "sha256", Column: "v.sha256", Kind: list.Choice, Filter: true},
		{Name: "requested_at", Column: "v.requested_at", Kind: list.Time, Sort: true, Filter: true},
		{Name: "closed_at", Column: "v.closed_at", Kind: list.Time, Filter: true, Nullable: true},
	},
	Search: list.Words("v.title", "v.signer_name", "v.requested_by_name"),
}
