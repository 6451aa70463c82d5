package mail

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// A calendar stands beside the text, where clients look for invitations, and is a file as well.
func TestCalendarIsAnAlternativeAndAFile(t *testing.T) {
	t.Parallel()
	l := letter{id: "1", from: Address{"Vigie", "vigie@msp.example"}, to: Address{"Zoe", "zoe@acme.example"}, subject: "Invitation", text: "text", html: "<p>text</p>", at: time.Unix(1e9, 0),
		attach: []Attachment{{Name: "invite.ics", MediaType: "text/calendar; method=REQUEST", Content: []byte("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n")}}}
	m, err := l.compose()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	raw := b.String()
	mixed, alternative := strings.Index(raw, "multipart/mixed"), strings.Index(raw, "multipart/alternative")
	first, file := strings.Index(raw, "Content-Type: text/calendar; method=REQUEST"), strings.Index(raw, `filename="invite.ics"`)
	if mixed < 0 || alternative < mixed || first < alternative || file < first || strings.Count(raw, "text/calendar; method=REQUEST") < 2 {
		t.Errorf("mixed at %d, alternative at %d, calendar at %d, file at %d:\n%s", mixed, alternative, first, file, raw)
	}
}
