package deliverable

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"vigie/internal/kit/document"
	"vigie/internal/kit/i18n"
	"vigie/internal/trust/permission"
)

// i18n: deliverable.part.*
// i18n: deliverable.field.*
// i18n: deliverable.value.*
// i18n: deliverable.status.*
func partWord(p *i18n.Printer, part string) string   { return p.T("deliverable.part." + part) }
func fieldWord(p *i18n.Printer, field string) string { return p.T("deliverable.field." + field) }

// cell writes the text of a field for people.
func (f field) cell(p *i18n.Printer, s string) string {
	switch {
	case f.form == choice && s != "":
		return p.Or("deliverable.value."+f.name+"."+s, s)
	case f.form == yesno && s == "true":
		return p.T("deliverable.yes")
	case f.form == yesno:
		return p.T("deliverable.no")
	}
	return s
}

// blocks set a content out: one section for each part.
func (k kind) blocks(p *i18n.Printer, c Content) (out []document.Block) {
	s := sheetOf(k.shape, c)
	for _, part := range k.shape {
		switch rows := s[part.name]; {
		case !part.rows:
			for _, f := range part.shown() {
				if f.form == long {
					out = append(out, document.Text(rows[0][f.name]))
				} else {
					out = append(out, document.Facts{{Label: fieldWord(p, f.name), Value: f.cell(p, rows[0][f.name])}})
				}
			}
		case part.cards:
			out = append(out, document.Heading{Level: 2, Text: partWord(p, part.name)})
			if len(rows) == 0 {
				out = append(out, document.Text(p.T("deliverable.no_rows")))
			}
			for _, r := range rows {
				out = append(out, part.card(p, r)...)
			}
		default:
			out = append(out, document.Heading{Level: 2, Text: partWord(p, part.name)}, part.table(p, rows))
		}
	}
	return out
}

// card shows a row with long texts: its name, its short fields, its texts.
func (p part) card(w *i18n.Printer, r row) []document.Block {
	out := []document.Block{document.Heading{Level: 3, Text: r[p.title()]}}
	var facts document.Facts
	var texts []document.Block
	for _, f := range p.shown() {
		value := f.cell(w, r[f.name])
		switch {
		case f.title || f.key, value == "":
		case f.form == long:
			texts = append(texts, document.Text("**"+fieldWord(w, f.name)+"**\n\n"+value))
		default:
			facts = append(facts, document.Fact{Label: fieldWord(w, f.name), Value: value})
		}
	}
	if len(facts) > 0 {
		out = append(out, facts)
	}
	return append(out, texts...)
}

func (p part) table(w *i18n.Printer, rows []row) document.Table {
	t := document.Table{Caption: partWord(w, p.name), Empty: w.T("deliverable.no_rows")}
	for i, f := range p.shown() {
		c := document.Column{Label: fieldWord(w, f.name)}
		if f.form == number && i > 0 {
			c.Kind = document.Number
		}
		t.Columns = append(t.Columns, c)
	}
	for _, r := range rows {
		line := []any{}
		for i, f := range p.shown() {
			if n, err := strconv.Atoi(r[f.name]); f.form == number && i > 0 && err == nil {
				line = append(line, n)
				continue
			}
			line = append(line, f.cell(w, r[f.name]))
		}
		t.Rows = append(t.Rows, line)
	}
	return t
}

// Document sets a version out in the deliverable's own language; number 0 is the latest. Faults: not_found, forbidden.
func (s *Service) Document(ctx context.Context, a permission.Actor, ref string, number int64) (document.Document, *i18n.Printer, error) {
	w, err := s.Get(ctx, a, ref, number)
	if err != nil {
		return document.Document{}, nil, err
	}
	d, p := s.document(w)
	return d, p, nil
}

func (s *Service) document(w Whole) (document.Document, *i18n.Printer) {
	p := s.Bundle.Printer(w.Language, s.Clock.Now().UTC().Location(), s.Clock.Now())
	d := document.Document{Title: w.Title, Subtitle: w.CustomerName + " · " + p.T("deliverable.version_n", "number", w.V.Number) + " · " + p.T("deliverable.status."+string(w.V.Status)),
		From: w.CustomerName, At: w.V.UpdatedAt.Time, Blocks: w.kind.blocks(p, w.Content)}
	if w.V.Status == Approved || w.V.Status == Superseded {
		d.Blocks = append(d.Blocks, document.Signature{Role: p.T("deliverable.for_customer"), Name: w.V.Signer,
			Note: p.T("deliverable.signed_note", "name", w.V.Signer, "at", p.DateTime(w.V.ClosedAt.Time), "sha256", w.V.SHA256)})
	}
	return d, p
}

// mostShown is how much of a content a signer is shown; approvals take no more. Beyond it the text names the parts, and the hash stands for
// what they say.
const mostShown = 200 << 10

// signedText is the one text that a version has for its signature: what it says, and the hash of its data.
func (w Whole) signedText(p *i18n.Printer) (string, error) {
	raw, err := canonical(w.Content)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(raw)
	head := "# " + w.Title + "\n\n" + w.CustomerName + " · " + p.T("deliverable.version_n", "number", w.V.Number) + "\n\n"
	foot := "\n" + p.T("deliverable.data_hash", "sha256", hex.EncodeToString(sum[:])) + "\n"
	var b strings.Builder
	s := sheetOf(w.kind.shape, w.Content)
	for _, part := range w.kind.shape {
		part.write(&b, p, s[part.name])
	}
	if b.Len() <= mostShown {
		return head + b.String() + foot, nil
	}
	b.Reset()
	b.WriteString(p.T("deliverable.too_long") + "\n\n")
	for _, part := range w.kind.shape {
		if part.rows {
			b.WriteString("- " + p.T("deliverable.line", "field", partWord(p, part.name), "value", p.Number(len(s[part.name]))) + "\n")
		}
	}
	return head + b.String() + foot, nil
}

// write sets a part out as Markdown, every field in its order.
func (p part) write(b *strings.Builder, w *i18n.Printer, rows []row) {
	if p.rows {
		b.WriteString("## " + partWord(w, p.name) + "\n\n")
	}
	for _, r := range rows {
		if p.rows {
			b.WriteString("### " + oneLine(r[p.title()]) + "\n\n")
		}
		listed := false // a paragraph right after a list would be taken for a part of its last point
		for _, f := range p.shown() {
			value := f.cell(w, r[f.name])
			switch {
			case value == "" || f.title && p.rows:
			case f.form == long:
				if listed {
					b.WriteString("\n")
				}
				b.WriteString("**" + fieldWord(w, f.name) + "**\n\n" + value + "\n\n")
				listed = false
			default:
				b.WriteString("- " + w.T("deliverable.line", "field", fieldWord(w, f.name), "value", oneLine(value)) + "\n")
				listed = true
			}
		}
		b.WriteString("\n")
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
