package document

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gobolditalic"
	"golang.org/x/image/font/gofont/goitalic"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"

	"vigie/internal/kit/i18n"
)

// Sizes of a page of A4, in millimetres.
const (
	margin = 18.0
	inner  = 210 - 2*margin
	bottom = 20.0
	line   = 5.0
)

// PDF writes the document on pages of A4, with the reader's language in it, and the fonts that it needs.
func (d Document) PDF(w io.Writer, p *i18n.Printer) error {
	s := &sheet{Fpdf: fpdf.New("P", "mm", "A4", ""), p: p, d: d}
	for style, font := range map[string][]byte{"": goregular.TTF, "B": gobold.TTF, "I": goitalic.TTF, "BI": gobolditalic.TTF} {
		s.AddUTF8FontFromBytes("go", style, font)
	}
	s.AddUTF8FontFromBytes("mono", "", gomono.TTF)
	s.SetTitle(clean(d.Title), true)
	s.SetSubject(clean(d.Subtitle), true)
	s.SetAuthor(clean(d.From), true)
	s.SetLang(p.Lang())
	s.SetCatalogSort(true)
	s.SetCreationDate(d.At.UTC())
	s.SetModificationDate(d.At.UTC())
	s.SetMargins(margin, margin+8, margin)
	s.SetCellMargin(0)
	s.SetAutoPageBreak(true, bottom)
	s.AliasNbPages("{nb}")
	s.SetHeaderFunc(s.head)
	s.SetFooterFunc(s.foot)
	s.AddPage()
	s.title()
	for _, b := range d.Blocks {
		switch b := b.(type) {
		case Heading:
			s.heading(b)
		case Text:
			s.text(b)
		case Facts:
			s.facts(b)
		case Table:
			s.table(b)
		case Chart:
			s.chart(b)
		case Signature:
			s.signature(b)
		case Break:
			s.AddPage()
		}
	}
	if err := s.Output(w); err != nil {
		return fmt.Errorf("write pdf: %w", err)
	}
	return nil
}

type sheet struct {
	*fpdf.Fpdf
	p *i18n.Printer
	d Document
}

// clean takes out what the fonts lack: the narrow no-break space becomes the ordinary one, and what stands beyond the first plane a mark.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\u202f' || r == '\u2009':
			return '\u00a0'
		case r == '\u2011':
			return '-'
		case r > 0xffff:
			return '?'
		case r < ' ' && r != '\n':
			return ' '
		}
		return r
	}, s)
}

func (s *sheet) ink(grey int)                    { s.SetTextColor(grey, grey, grey) }
func (s *sheet) font(style string, size float64) { s.SetFont("go", style, size) }

// colour gives the document's colour, or ours.
func (d Document) colour() (r, g, b int) {
	n, err := strconv.ParseUint(strings.TrimPrefix(d.Color, "#"), 16, 32)
	if err != nil || len(d.Color) != 7 {
		n = 0x1f4b99
	}
	return int(n >> 16 & 255), int(n >> 8 & 255), int(n & 255)
}

func (s *sheet) head() {
	s.SetY(10)
	s.font("B", 9)
	s.ink(60)
	s.CellFormat(inner/2, 6, clean(s.d.From), "", 0, "L", false, 0, "")
	s.font("", 9)
	s.ink(110)
	s.CellFormat(inner/2, 6, clean(s.d.Title), "", 0, "R", false, 0, "")
	r, g, b := s.d.colour()
	s.SetDrawColor(r, g, b)
	s.SetLineWidth(0.6)
	s.Line(margin, 17, 210-margin, 17)
	s.SetLineWidth(0.2)
	s.SetY(margin + 8)
}

func (s *sheet) foot() {
	s.SetY(-14)
	s.font("", 8)
	s.ink(110)
	s.CellFormat(inner/2, 5, clean(s.p.DateTime(s.d.At)), "", 0, "L", false, 0, "")
	page := s.p.T("document.page", "page", strconv.Itoa(s.PageNo()), "of", "{nb}")
	s.CellFormat(inner/2, 5, clean(page), "", 0, "R", false, 0, "")
}

func (s *sheet) title() {
	s.ink(25)
	s.font("B", 20)
	s.MultiCell(inner, 9, clean(s.d.Title), "", "L", false)
	if s.d.Subtitle != "" {
		s.ink(90)
		s.font("", 11)
		s.MultiCell(inner, 6, clean(s.d.Subtitle), "", "L", false)
	}
	s.Ln(4)
}

// room begins a new page unless so much height is left.
func (s *sheet) room(height float64) {
	if s.GetY()+height > 297-bottom {
		s.AddPage()
	}
}

func (s *sheet) heading(h Heading) {
	if h.Level > 2 { // a heading does not stand alone at the foot of a page, nor with the next one alone
		s.room(26)
	} else {
		s.room(42)
	}
	s.Ln(3)
	s.ink(25)
	size := 14.0
	if h.Level > 2 {
		size = 11.5
	}
	s.font("B", size)
	s.MultiCell(inner, 7, clean(h.Text), "", "L", false)
	s.Bookmark(clean(h.Text), max(h.Level-2, 0), -1)
	s.Ln(1)
}

func (s *sheet) text(t Text) {
	s.ink(35)
	all := t.parse()
	for i, para := range all {
		if i+1 < len(all) && para.title() {
			s.room(3*line + 4)
		}
		left := margin + 6*float64(para.indent)
		s.SetLeftMargin(left)
		s.SetX(left)
		if para.mark != "" {
			s.font("", 10)
			s.SetX(left - 5)
			s.Write(line, para.mark)
			s.SetX(left)
		}
		for _, sp := range para.spans {
			style := ""
			if sp.bold {
				style += "B"
			}
			if sp.italic {
				style += "I"
			}
			s.font(style, 10)
			if sp.code {
				s.SetFont("mono", "", 9)
			}
			if sp.href != "" {
				s.SetTextColor(20, 70, 160)
				s.WriteLinkString(line, clean(sp.text), sp.href)
				s.ink(35)
			} else {
				s.Write(line, clean(sp.text))
			}
			if sp.newline {
				s.Ln(line)
			}
		}
		s.Ln(line + 2)
	}
	s.SetLeftMargin(margin)
	s.SetX(margin)
}

// title tells whether a paragraph is only bold words: it belongs to what follows.
func (p paragraph) title() bool {
	return len(p.spans) > 0 && !slices.ContainsFunc(p.spans, func(x span) bool { return !x.bold && strings.TrimSpace(x.text) != "" })
}

func (s *sheet) facts(f Facts) {
	const step = line + 0.6
	for _, x := range f {
		value := written(s.p, x.Value, Date)
		if value == "" {
			value = "–"
		}
		s.font("", 10)
		labels, values := s.wrap(clean(x.Label), 50), s.wrap(clean(value), inner-52)
		height := step * float64(max(len(labels), len(values), 1))
		s.room(height)
		y := s.GetY()
		s.ink(100)
		for i, l := range labels {
			s.SetXY(margin, y+float64(i)*step)
			s.CellFormat(50, step, l, "", 0, "L", false, 0, "")
		}
		s.ink(30)
		for i, l := range values {
			s.SetXY(margin+52, y+float64(i)*step)
			s.CellFormat(inner-52, step, l, "", 0, "L", false, 0, "")
		}
		s.SetXY(margin, y+height)
	}
	s.Ln(3)
}

// The sizes of a table's words: the first at which no word has to be broken, else the last.
var tableSizes = []float64{9, 8, 7.2}

func (s *sheet) chart(c Chart) {
	s.ink(60)
	s.font("B", 9.5)
	s.room(40)
	s.MultiCell(inner, line, clean(c.Caption), "", "L", false)
	s.Ln(1)
	if c.Shape == Line {
		s.lines(c)
		s.table(c.table())
		return
	}
	r, g, b := s.d.colour()
	for _, p := range c.Points {
		s.font("", 9)
		label := s.wrap(clean(p.Label), 58)
		s.room(4.4*float64(max(len(label), 1)) + 1)
		y := s.GetY()
		s.ink(30)
		for i, l := range label {
			s.SetXY(margin, y+4.4*float64(i))
			s.CellFormat(60, 5, l, "", 0, "L", false, 0, "")
		}
		s.SetFillColor(236, 238, 241)
		s.Rect(margin+62, y+1, 80, 3, "F")
		if top := c.most(); top > 0 {
			s.SetFillColor(r, g, b)
			s.Rect(margin+62, y+1, 80*p.Value/top, 3, "F")
		}
		s.SetXY(margin+144, y)
		s.CellFormat(inner-144, 5, clean(p.words(s.p)), "", 0, "R", false, 0, "")
		s.SetXY(margin, y+4.4*float64(max(len(label), 1))+0.6)
	}
	s.Ln(4)
}

// lines draws the points in order.
func (s *sheet) lines(c Chart) {
	const height = 38.0
	s.room(height + 10)
	y, top := s.GetY(), c.most()
	s.SetDrawColor(150, 156, 164)
	s.Line(margin, y+height, 210-margin, y+height)
	r, g, b := s.d.colour()
	s.SetDrawColor(r, g, b)
	s.SetLineWidth(0.5)
	x0, y0 := 0.0, 0.0
	for i, p := range c.Points {
		x, at := margin, y+height
		if len(c.Points) > 1 {
			x += inner * float64(i) / float64(len(c.Points)-1)
		}
		if top > 0 {
			at -= height * p.Value / top
		}
		if i > 0 {
			s.Line(x0, y0, x, at)
		}
		x0, y0 = x, at
	}
	s.SetLineWidth(0.2)
	s.SetXY(margin, y+height+3)
}

func (s *sheet) signature(x Signature) {
	s.room(34)
	s.Ln(8)
	s.ink(30)
	s.font("", 10)
	if x.Note != "" {
		s.MultiCell(90, line, clean(x.Note), "", "L", false)
	} else {
		s.Ln(12)
		s.SetDrawColor(90, 90, 90)
		s.Line(margin, s.GetY(), margin+80, s.GetY())
		s.Ln(1)
	}
	s.font("B", 10)
	s.MultiCell(90, line, clean(x.Name), "", "L", false)
	s.font("", 9)
	s.ink(100)
	s.MultiCell(90, line, clean(x.Role), "", "L", false)
	s.Ln(3)
}
