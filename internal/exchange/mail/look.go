package mail

import (
	_ "embed"
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"vigie/internal/kit/i18n"
)

// Look is how a customer's mail shows itself.
type Look struct {
	Name   string // of the sender
	Logo   string // words in the place of a logo
	Color  string // #rrggbb
	Footer string
}

const defaultColor = "#1f4b99"

//go:embed message.html
var messageHTML string

// page is parsed once. Its escaping is by context: what people wrote stays text, wherever it stands.
var page = sync.OnceValue(func() *template.Template { return template.Must(template.New("mail").Parse(messageHTML)) })

// html writes the parts for mail clients: tables and inline style, which is what they show; nothing is loaded from outside.
func (p Parts) html(l Look, w *i18n.Printer) (string, error) {
	var b strings.Builder
	err := page().Execute(&b, map[string]any{
		"Parts": p, "Look": l, "Color": l.color(), "On": l.on(), "Copy": w.T("mail.frame.copy"), "Automatic": w.T("mail.frame.automatic", "sender", l.Name),
		"Footer": lines(l.Footer), "Preview": first(p.Body),
	})
	if err != nil {
		return "", fmt.Errorf("write mail: %w", err)
	}
	return b.String(), nil
}

// text writes the parts to be read as they are: lines of at most 76 characters, the link on a line of its own, unbroken.
func (p Parts) text(l Look, w *i18n.Printer) string {
	var b strings.Builder
	paragraph := func(s string) {
		for _, line := range strings.Split(s, "\n") {
			b.WriteString(fold(line, 76) + "\n")
		}
		b.WriteByte('\n')
	}
	paragraph(p.Greeting)
	for _, s := range p.Body {
		paragraph(s)
	}
	if p.Link != "" {
		b.WriteString(w.T("mail.frame.label", "label", p.Button) + "\n" + p.Link + "\n\n")
	}
	for _, s := range p.Note {
		paragraph(s)
	}
	b.WriteString("-- \n") // as RFC 3676 has it: clients know what follows for a signature
	if l.Footer != "" {
		paragraph(l.Footer)
	}
	b.WriteString(fold(w.T("mail.frame.automatic", "sender", l.Name), 76) + "\n")
	return b.String()
}

// fold breaks a line at its spaces. A word longer than the line stays whole: it is an address.
func fold(line string, width int) string {
	var b strings.Builder
	at := 0
	for i, word := range strings.Split(strings.TrimSpace(line), " ") {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case at+1+n > width:
			b.WriteByte('\n')
			at = 0
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += n
	}
	return b.String()
}

func (l Look) color() string {
	if validColor(l.Color) {
		return l.Color
	}
	return defaultColor
}

// on is the colour of words on the look's colour: the one of black and white that is read better.
func (l Look) on() string {
	n, err := strconv.ParseUint(l.color()[1:], 16, 32)
	if err != nil {
		return "#ffffff"
	}
	// Brightness as eyes have it; 0.179 is where the contrasts of WCAG with black and with white are equal.
	light := 0.2126*linear(n>>16&255) + 0.7152*linear(n>>8&255) + 0.0722*linear(n&255)
	if light > 0.179 {
		return "#000000"
	}
	return "#ffffff"
}

func linear(c uint64) float64 {
	s := float64(c) / 255
	return s * s * (0.305306011*s + 0.682171111) // a good fit of sRGB's curve
}

func validColor(s string) bool {
	if len(s) != 7 || s[0] != '#' {
		return false
	}
	_, err := strconv.ParseUint(s[1:], 16, 32)
	return err == nil
}

func first(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[0]
}

func lines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}
