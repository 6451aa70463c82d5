package document

import (
	"fmt"
	"strings"
	"time"

	"vigie/internal/kit/i18n"
)

// Document is a content, whatever it becomes.
type Document struct {
	Title, Subtitle string
	// From is whose document it is: the words in the head of each page of the PDF.
	From   string
	Color  string // #rrggbb of the line below the head; empty for ours
	At     time.Time
	Blocks []Block
}

// Block is one part of a document.
type Block interface{ block() }

// Heading parts a document; Level 2 and 3, as 1 is the title.
type Heading struct {
	Level int
	Text  string
}

// Text is Markdown, as far as the package knows it.
type Text string

// Facts are names and values, side by side.
type Facts []Fact

// Fact is a name and a value, which is of the kinds that cells have.
type Fact struct {
	Label string
	Value any
}

// Kind says what the cells of a column are.
type Kind string

// The kinds. The zero kind is text.
const (
	Words  Kind = ""
	Number Kind = "number" // int, int64 or float64
	Amount Kind = "money"  // Money
	Date   Kind = "date"   // time.Time, the day of it
	Moment Kind = "moment" // time.Time
)

// Money is an exact amount with its currency.
type Money struct{ Amount, Currency string }

// Column is one column of a table.
type Column struct {
	Label string
	Kind  Kind
}

// Table is rows of cells: string, int, int64, float64, Money or time.Time; nil is an empty cell.
type Table struct {
	Caption string
	Columns []Column
	Rows    [][]any
	// Empty is said in place of a table without rows.
	Empty string
}

// Shape is how a chart is drawn.
type Shape string

// The shapes.
const (
	Bars Shape = "bars" // one bar for each point, against the largest
	Line Shape = "line" // the points in order, joined
)

// Chart is a picture of numbers, with its table.
type Chart struct {
	Caption      string
	Shape        Shape
	Label, Value string // headings of the table's two columns
	Points       []Point
}

// Point is one number of a chart.
type Point struct {
	Label string
	Value float64
	Text  string // the value as written; empty writes it as a number
}

// Signature is a place to sign, on paper or by what is said there.
type Signature struct {
	Role, Name string
	// Note is what an electronic signature says: who, when and of what; empty leaves a line to sign on.
	Note string
}

// Break begins a new page in print.
type Break struct{}

func (Heading) block()   {}
func (Text) block()      {}
func (Facts) block()     {}
func (Table) block()     {}
func (Chart) block()     {}
func (Signature) block() {}
func (Break) block()     {}

// table is the chart as the table that stands beside it.
func (c Chart) table() Table {
	t := Table{Caption: c.Caption, Columns: []Column{{Label: c.Label}, {Label: c.Value, Kind: Number}}}
	for _, p := range c.Points {
		t.Rows = append(t.Rows, []any{p.Label, p.Value})
	}
	return t
}

func (c Chart) most() (top float64) {
	for _, p := range c.Points {
		top = max(top, p.Value)
	}
	return top
}

func (p Point) words(w *i18n.Printer) string {
	if p.Text != "" {
		return p.Text
	}
	return written(w, p.Value, Number)
}

// written writes a cell in the printer's language.
func written(w *i18n.Printer, v any, k Kind) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case int:
		return w.Number(v)
	case int64:
		return w.Number(int(v))
	case float64:
		if v == float64(int(v)) {
			return w.Number(int(v))
		}
		return w.Decimal(v, 2)
	case Money:
		if v.Amount == "" {
			return ""
		}
		return w.Money(v.Amount, v.Currency)
	case time.Time:
		if k == Date {
			return w.Date(v)
		}
		return w.DateTime(v)
	}
	return fmt.Sprint(v)
}

// right tells whether the column is set to the right.
func (k Kind) right() bool { return k == Number || k == Amount }

// name is a file name for the document: letters, digits and hyphens.
func (d Document) name() string {
	var b strings.Builder
	for _, c := range strings.ToLower(d.Title) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	if s := strings.Trim(b.String(), "-"); s != "" {
		return s
	}
	return "document"
}
