package archive

import (
	"vigie/internal/platform/db"
)

// Format is the number of this form; a Reader takes no other.
const Format = 1

// Kind says what an archive is of.
type Kind string

// The kinds.
const (
	Backup   Kind = "backup"   // a whole instance
	Customer Kind = "customer" // all of one customer
)

// Manifest says what is in an archive.
type Manifest struct {
	Format   int      `json:"format"`
	Kind     Kind     `json:"kind"`
	Made     db.Time  `json:"made"`   // the instant of the snapshot
	Vigie    string   `json:"vigie"`  // version of the program
	Schema   int64    `json:"schema"` // newest migration
	Engine   string   `json:"engine"` // sqlite or postgres, for the reader
	Customer *Subject `json:"customer,omitempty"`
	// MasterKey is the id of the key under which what is sealed was sealed; the key itself is never in an archive.
	MasterKey string   `json:"master_key,omitempty"`
	Tables    []Table  `json:"tables"`
	Members   []Member `json:"members"`
}

// Subject is the customer of an archive.
type Subject struct {
	ID   string `json:"id"`
	Slug string `json:"slug"`
	Name string `json:"name"`
}

// Table is one table of an archive, in the order in which tables can be loaded.
type Table struct {
	Name    string      `json:"name"`
	Columns []db.Column `json:"columns"`
	Rows    int64       `json:"rows"`
	Left    []string    `json:"left,omitempty"` // columns whose values were left out, as they are sealed
}

// Member is one file of an archive.
type Member struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // hex
}

const manifestName = "manifest.json"

func dataName(table string) string { return "data/" + table + ".jsonl" }

// FileName is the member of a file by the SHA-256 of its content.
func FileName(hash string) string { return "files/" + hash }
