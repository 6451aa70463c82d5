package live

import (
	"strings"

	"vigie/internal/platform/db"
	"vigie/internal/platform/id"
)

// Message says that a record has changed.
type Message struct {
	ID       string // of the message, a UUIDv7: Last-Event-ID
	Customer string // id; empty for what belongs to the instance
	Kind     string // type of the record: "ci"
	Record   string // id of the record; empty for many of the kind
	Staff    bool   // the provider's people only
	// Resync stands for everything: messages were lost, or never kept.
	Resync bool
}

// Changed tells that a record of the transaction's customer has changed, or that many have (no id).
func Changed(tx *db.Tx, kind, record string) { tx.Tell(message(tx, kind, record, false).text()) }

// ChangedForStaff is Changed for what only the provider's people may see, such as an internal note.
func ChangedForStaff(tx *db.Tx, kind, record string) {
	tx.Tell(message(tx, kind, record, true).text())
}

func message(tx *db.Tx, kind, record string, staff bool) Message {
	customer, _ := tx.Scope().One()
	return Message{ID: id.New(), Customer: customer, Kind: kind, Record: record, Staff: staff}
}

// text is the message as it travels between replicas: words with blanks between, "-" for none.
func (m Message) text() string {
	who := "all"
	if m.Staff {
		who = "staff"
	}
	return strings.Join([]string{"live", m.ID, dash(m.Customer), dash(m.Kind), dash(m.Record), who}, " ")
}

// parse reads a text; ok is false for news of others. Missed is a Resync.
func parse(text string) (m Message, ok bool) {
	if text == db.Missed {
		return Message{ID: id.New(), Resync: true}, true
	}
	words := strings.Split(text, " ")
	if len(words) != 6 || words[0] != "live" {
		return Message{}, false
	}
	return Message{ID: words[1], Customer: undash(words[2]), Kind: undash(words[3]), Record: undash(words[4]), Staff: words[5] == "staff"}, true
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func undash(s string) string {
	if s == "-" {
		return ""
	}
	return s
}
