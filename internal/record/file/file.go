package file

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
)

// File is an attachment as callers see it.
type File struct {
	ID         string  `json:"id"`
	Customer   string  `json:"customer" doc:"Slug."`
	RecordType string  `json:"record_type" doc:"Type of the record that it is attached to: contact, ci, ..."`
	RecordID   string  `json:"record_id"`
	Name       string  `json:"name"`
	MediaType  string  `json:"media_type" doc:"As the content shows it."`
	Size       int64   `json:"size" doc:"Bytes."`
	SHA256     string  `json:"sha256"`
	Public     bool    `json:"public" doc:"The customer's people see it."`
	Preview    bool    `json:"preview" doc:"There is a small image of it."`
	AddedBy    string  `json:"added_by" doc:"Name of the person."`
	Version    int64   `json:"version"`
	CreatedAt  db.Time `json:"created_at"`
}

// Revision makes the ETag.
func (f File) Revision() int64 { return f.Version }

// Self is the file's address below /api/v1.
func (f File) Self() string { return "/attachments/" + f.ID }

// row is a file as stored.
type row struct {
	CustomerID  string  `db:"customer_id"`
	ID          string  `db:"id"`
	RecordType  string  `db:"record_type"`
	RecordID    string  `db:"record_id"`
	Name        string  `db:"name"`
	MediaType   string  `db:"media_type"`
	Size        int64   `db:"size"`
	Hash        string  `db:"hash"`
	PreviewHash db.Null `db:"preview_hash"`
	PreviewType string  `db:"preview_type"`
	PreviewSize int64   `db:"preview_size"`
	Public      bool    `db:"public"`
	AddedBy     db.Null `db:"added_by"`
	AddedName   string  `db:"added_name"`
	Version     int64   `db:"version"`
	CreatedAt   db.Time `db:"created_at"`
}

// listed is a row with the slug of its customer.
type listed struct {
	row
	Slug string `db:"slug"`
}

func (r row) shown(slug string) File {
	return File{ID: r.ID, Customer: slug, RecordType: r.RecordType, RecordID: r.RecordID, Name: r.Name, MediaType: r.MediaType, Size: r.Size, SHA256: r.Hash,
		Public: r.Public, Preview: r.PreviewHash != "", AddedBy: r.AddedName, Version: r.Version, CreatedAt: r.CreatedAt}
}

// Spec is how files are listed.
var Spec = list.Spec{
	From: "{file} f JOIN {customer} k ON k.id = f.customer_id", Columns: db.Columns[row]("f.") + ", k.slug", Key: "f.id", Sort: "-created_at",
	Fields: []list.Field{
		{Name: "record_type", Column: "f.record_type", Kind: list.Choice, Filter: true},
		{Name: "record_id", Column: "f.record_id", Kind: list.ID, Filter: true},
		{Name: "name", Column: "f.name", Kind: list.Text, Sort: true, Filter: true},
		{Name: "media_type", Column: "f.media_type", Kind: list.Text, Sort: true, Filter: true},
		{Name: "size", Column: "f.size", Kind: list.Number, Sort: true, Filter: true},
		{Name: "public", Column: "f.public", Kind: list.Bool, Filter: true},
		{Name: "created_at", Column: "f.created_at", Kind: list.Time, Sort: true, Filter: true},
	},
	Search: list.Words("f.name", "f.added_name"),
}

// maxName is the length of a file's name in characters.
const maxName = 150

// reserved are names that Windows does not take, with any ending.
var reserved = map[string]bool{"CON": true, "PRN": true, "AUX": true, "NUL": true, "COM1": true, "COM2": true, "COM3": true, "COM4": true, "LPT1": true, "LPT2": true, "LPT3": true}

// CleanName makes a name that is a name on any system and reads as what it is: no folders, no control characters, nothing that turns
// the direction of writing ("gpj.exe" shown as "exe.jpg"), no end in a dot or blank. ending is put behind a name that is left empty.
func CleanName(name, ending string) string {
	name = strings.ToValidUTF8(name, "")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(c rune) rune {
		switch {
		// Format characters (bidi marks, zero width) and others that show nothing go; blanks of any kind become one.
		case unicode.IsControl(c), unicode.Is(unicode.Cf, c), unicode.Is(unicode.Co, c), unicode.Is(unicode.Zl, c), unicode.Is(unicode.Zp, c):
			return -1
		case unicode.IsSpace(c):
			return ' '
		case strings.ContainsRune(`<>:"|?*`, c):
			return '_'
		}
		return c
	}, name)
	name = strings.Trim(name, ". ")
	if name == "" {
		name = "file" + ending
	}
	if stem, _, _ := strings.Cut(name, "."); reserved[strings.ToUpper(strings.TrimSpace(stem))] {
		name = "_" + name
	}
	return shorten(name)
}

// shorten cuts the middle, so that the ending stays.
func shorten(name string) string {
	if utf8.RuneCountInString(name) <= maxName {
		return name
	}
	ext := []rune(path.Ext(name))
	if len(ext) > 12 {
		ext = nil
	}
	stem := []rune(strings.TrimSuffix(name, string(ext)))
	return strings.TrimRight(string(stem[:maxName-len(ext)]), ". ") + string(ext)
}
