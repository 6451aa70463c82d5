package ui

import (
	"time"

	"github.com/a-h/templ"
)

// Record is the frame of one thing's page.
type Record struct {
	Kind      string // "EC2 instance", "Incident"
	Icon      string
	Reference string // "INC-1042"; empty where people do not use one
	Title     string
	Status    templ.Component // ui.Status(…); nil for none
	Actions   templ.Component // buttons; nil for none
	Facts     []Fact          // the few that matter, in one line under the title
	Tabs      []Tab
	Panels    []Panel // on the right: what it touches
	// Live makes head and panels fetch themselves again when the record changes, "kind:id"; what stands between them is the caller's.
	Live string
}

// Fact is a name and a value.
type Fact struct {
	Label string
	Value templ.Component
}

// Tab is a part of a record's page. Tabs have addresses of their own, so that they can be sent and work without a script.
type Tab struct {
	Label, Href, Count string
	Active             bool
}

// Panel is a small part on the right. Other rooms offer panels for a record; app hangs them on.
type Panel struct {
	Title, Href, Count string
	Body               templ.Component
}

// Entry is one thing that happened.
type Entry struct {
	Icon    string
	Actor   string // who; empty where the Text says it
	Text    string // what, in the reader's language
	At      time.Time
	Changes []Change        // of fields
	Body    templ.Component // a note or a mail; nil for none
	Public  bool            // the note is seen by the customer
}

// Change is a field with its value before and after, both already written for the reader.
type Change struct{ Field, Before, After string }
