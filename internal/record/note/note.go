package note

import (
	"strings"
	"time"
	"unicode/utf8"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
)

// Note is one note as callers see it.
type Note struct {
	ID         string   `json:"id"`
	Customer   string   `json:"customer" doc:"Slug."`
	RecordType string   `json:"record_type"`
	RecordID   string   `json:"record_id"`
	Public     bool     `json:"public" doc:"The customer's people see it."`
	Body       string   `json:"body" doc:"Markdown; empty once the note is removed."`
	Author     string   `json:"author" doc:"Name."`
	AuthorID   string   `json:"author_id" doc:"Of the user; empty for the system."`
	Staff      bool     `json:"staff" doc:"Written by the provider."`
	Removed    bool     `json:"removed"`
	Unreached  []string `json:"unreached" nullable:"false" doc:"Mentions of the request by which nobody was found who can see the note."`
	Version    int64    `json:"version"`
	CreatedAt  db.Time  `json:"created_at"`
	EditedAt   db.Time  `json:"edited_at"`
}

// Revision makes the ETag.
func (n Note) Revision() int64 { return n.Version }

// Self is the note's address below /api/v1.
func (n Note) Self() string { return "/notes/" + n.ID }

// row is a note as stored.
type row struct {
	CustomerID string  `db:"customer_id"`
	ID         string  `db:"id"`
	RecordType string  `db:"record_type"`
	RecordID   string  `db:"record_id"`
	Public     bool    `db:"public"`
	Body       string  `db:"body"`
	AuthorID   db.Null `db:"author_id"`
	AuthorName string  `db:"author_name"`
	Staff      bool    `db:"staff"`
	Version    int64   `db:"version"`
	CreatedAt  db.Time `db:"created_at"`
	EditedAt   db.Time `db:"edited_at"`
	RemovedAt  db.Time `db:"removed_at"`
	RemovedBy  string  `db:"removed_by"`
}

// listed is a row with the slug of its customer.
type listed struct {
	row
	Slug string `db:"slug"`
}

func (r row) shown(slug string) Note {
	return Note{ID: r.ID, Customer: slug, RecordType: r.RecordType, RecordID: r.RecordID, Public: r.Public, Body: r.Body, Author: r.AuthorName, AuthorID: string(r.AuthorID),
		Staff: r.Staff, Removed: !r.RemovedAt.IsZero(), Unreached: []string{}, Version: r.Version, CreatedAt: r.CreatedAt, EditedAt: r.EditedAt}
}

// editable is how long an author may correct a note, and take it back.
const editable = 15 * time.Minute

// mayEdit tells whether somebody may still correct a note.
func (r row) mayEdit(actor string, now time.Time) bool {
	return r.RemovedAt.IsZero() && actor != "" && string(r.AuthorID) == actor && now.Before(r.CreatedAt.Add(editable))
}

// NewNote is the input of Write.
type NewNote struct {
	RecordType string `json:"record_type" doc:"Type of the record: customer, contact, workload, ci, account, ..."`
	RecordID   string `json:"record_id"`
	Body       string `json:"body" doc:"Markdown. @Name mentions somebody who can see the note."`
	Public     bool   `json:"public,omitempty" doc:"Send it to the customer. What people of a customer write always is public."`
}

// ChangeNote is the input of Edit.
type ChangeNote struct {
	Body string `json:"body"`
}

const maxBody = 20_000

// clean gives a body as it is kept, or the fault of the field.
func clean(body string) (string, error) {
	body = strings.TrimSpace(strings.ReplaceAll(body, "\r\n", "\n"))
	var bad fault.Fields
	switch {
	case body == "":
		bad.Add("body", "api.field.required")
	case utf8.RuneCountInString(body) > maxBody:
		bad.Add("body", "fault.too_long", "max", maxBody)
	}
	return body, bad.Err()
}

// excerpt is the first words of a note, for a list.
func excerpt(body string) string {
	const most = 160
	line := strings.Join(strings.Fields(body), " ")
	if utf8.RuneCountInString(line) <= most {
		return line
	}
	return strings.TrimSpace(string([]rune(line)[:most])) + "…"
}

// Spec is how notes are listed.
var Spec = list.Spec{
	From: "{note} n JOIN {customer} k ON k.id = n.customer_id", Columns: db.Columns[row]("n.") + ", k.slug", Key: "n.id", Sort: "-created_at",
	Fields: []list.Field{
		{Name: "record_type", Column: "n.record_type", Kind: list.Choice, Filter: true},
		{Name: "record_id", Column: "n.record_id", Kind: list.ID, Filter: true},
		{Name: "author_id", Column: "n.author_id", Kind: list.ID, Filter: true, Nullable: true},
		{Name: "public", Column: "n.public", Kind: list.Bool, Filter: true},
		{Name: "staff", Column: "n.staff", Kind: list.Bool, Filter: true},
		{Name: "created_at", Column: "n.created_at", Kind: list.Time, Sort: true, Filter: true},
	},
	Search: list.Words("n.body", "n.author_name"),
}
