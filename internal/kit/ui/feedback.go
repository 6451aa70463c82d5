package ui

import (
	"slices"
	"strings"
)

// Empty says what belongs in an empty place and how to begin.
type Empty struct {
	Title, Text string
	Action      Link // the way to begin; empty for readers who may not
}

// Doomed is what a destructive act destroys, one line each: "214 CIs", "3 accounts".
type Doomed struct {
	ID      string // of the dialog; DialogButton of the same opens it
	Title   string // "Delete customer Acme?"
	Text    string // what cannot be undone
	Things  []string
	Action  string    // where the form posts
	Confirm string    // the verb on the button: "Delete Acme"
	Hidden  []TagPair // hidden fields of the form, as the version of the record
}

// Progress is the state of long work. While it is not Done the part asks its own address every second.
type Progress struct {
	ID       string
	URL      string // answers this same component; empty stops asking
	Label    string
	Done     int
	Total    int // zero when nobody knows
	Detail   string
	Finished bool
}

// FaultPage is what went wrong, for the reader. Detail is for 400 and 409 and the like; ID finds the log line of a 500.
type FaultPage struct {
	Status     int
	Detail, ID string
}

const (
	slash = "/"
	// undoKey is the letter of the undo of a toast.
	undoKey = "z"
	csv     = "CSV"
	xlsx    = "XLSX"
)

// joints cuts an identifier behind its separators, where the piece before has some length: AWS:: stands with what follows.
func joints(s string) []string {
	var parts []string
	start := 0
	for i, letter := range s {
		if i-start < 6 {
			continue
		}
		last := i+1 == len(s)
		if strings.ContainsRune(":/-_.", letter) && !last && !strings.ContainsRune(":/-_.", rune(s[i+1])) {
			parts = append(parts, s[start:i+1])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}

func has(list []string, value string) bool { return slices.Contains(list, value) }

// Title is what the page says first, in the reader's language; the browser's tab shows it too.
func (f FaultPage) Title(p *Page) string { return p.T(f.key("title")) }

// i18n: ui.fault.*
func (f FaultPage) key(part string) string {
	known := map[int]string{400: "bad", 401: "signed_out", 403: "forbidden", 404: "missing", 405: "bad",
		409: "conflict", 412: "conflict", 413: "large", 422: "bad", 429: "busy", 503: "down"}
	name := known[f.Status]
	if name == "" {
		name = "broken"
	}
	return "ui.fault." + name + "." + part
}
