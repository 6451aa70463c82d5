package document

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"vigie/internal/kit/i18n"
)

// XLSX writes the document as a workbook: a sheet with title, facts and text, and one for each table and chart, whose cells are numbers
// and dates.
func (d Document) XLSX(w io.Writer, p *i18n.Printer) error {
	f := excelize.NewFile()
	defer f.Close()
	b := book{file: f, p: p, names: map[string]bool{}}
	if err := b.write(d); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	_, err := f.WriteTo(w)
	return err
}

type book struct {
	file  *excelize.File
	p     *i18n.Printer
	names map[string]bool
	title string // of the last heading: the name of a sheet
	bold  int
	big   int
	style map[string]int
}

func (b *book) write(d Document) (err error) {
	if b.bold, err = b.file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}}); err != nil {
		return err
	}
	if b.big, err = b.file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true, Size: 16}}); err != nil {
		return err
	}
	b.style = map[string]int{}
	first := b.sheet(d.Title)
	if err := b.file.SetSheetName("Sheet1", first); err != nil {
		return err
	}
	if err := b.file.SetDocProps(&excelize.DocProperties{Title: d.Title, Subject: d.Subtitle, Creator: d.From, Language: b.p.Lang(),
		Created: d.At.UTC().Format(time.RFC3339), Modified: d.At.UTC().Format(time.RFC3339)}); err != nil {
		return err
	}
	row := 1
	line := func(style int, values ...any) error {
		for i, v := range values {
			if err := b.cell(first, i+1, row, v, Date); err != nil {
				return err
			}
		}
		if style != 0 {
			at, _ := excelize.CoordinatesToCellName(1, row)
			if err := b.file.SetCellStyle(first, at, at, style); err != nil {
				return err
			}
		}
		row++
		return nil
	}
	if err := line(b.big, d.Title); err != nil {
		return err
	}
	if d.Subtitle != "" {
		if err := line(0, d.Subtitle); err != nil {
			return err
		}
	}
	for _, block := range d.Blocks {
		switch block := block.(type) {
		case Heading:
			b.title = block.Text
			row++
			err = line(b.bold, block.Text)
		case Facts:
			for _, f := range block {
				if err = line(0, f.Label, f.Value); err != nil {
					break
				}
			}
		case Text:
			for _, para := range block.parse() {
				if err = line(0, para.plain()); err != nil {
					break
				}
			}
		case Signature:
			err = line(0, block.Role, block.Name, block.Note)
		case Table:
			if len(block.Rows) == 0 && block.Empty != "" {
				err = line(0, block.Empty)
			} else {
				err = b.table(block)
			}
		case Chart:
			err = b.table(block.table())
		}
		if err != nil {
			return err
		}
	}
	return b.file.SetColWidth(first, "A", "A", 32)
}

// plain is a paragraph without its looks.
func (p paragraph) plain() string {
	var b strings.Builder
	if p.mark != "" {
		b.WriteString(p.mark + " ")
	}
	for _, s := range p.spans {
		b.WriteString(s.text)
	}
	return b.String()
}

// sheet makes up a name that Excel takes and no other sheet has.
func (b *book) sheet(title string) string {
	clean := strings.Trim(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]`, r) {
			return ' '
		}
		return r
	}, title), "' ")
	if clean == "" {
		clean = "-"
	}
	for n := 1; ; n++ {
		name, tail := clean, ""
		if n > 1 {
			tail = " " + strconv.Itoa(n)
		}
		for utf8.RuneCountInString(name)+len(tail) > 31 {
			_, size := utf8.DecodeLastRuneInString(name)
			name = name[:len(name)-size]
		}
		if name += tail; !b.names[strings.ToLower(name)] {
			b.names[strings.ToLower(name)] = true
			return name
		}
	}
}

func (b *book) table(t Table) error {
	title := t.Caption
	if title == "" {
		title = b.title
	}
	name := b.sheet(title)
	if _, err := b.file.NewSheet(name); err != nil {
		return err
	}
	for i, c := range t.Columns {
		if err := b.cell(name, i+1, 1, c.Label, Words); err != nil {
			return err
		}
		column, _ := excelize.ColumnNumberToName(i + 1)
		width := float64(utf8.RuneCountInString(c.Label)) + 4
		for _, row := range t.Rows {
			if i < len(row) {
				width = max(width, float64(utf8.RuneCountInString(written(b.p, row[i], c.Kind)))+3)
			}
		}
		if err := b.file.SetColWidth(name, column, column, min(width, 60)); err != nil {
			return err
		}
	}
	last, _ := excelize.CoordinatesToCellName(len(t.Columns), 1)
	if err := b.file.SetCellStyle(name, "A1", last, b.bold); err != nil {
		return err
	}
	for y, row := range t.Rows {
		for x, v := range row {
			if err := b.cell(name, x+1, y+2, v, t.Columns[x].Kind); err != nil {
				return err
			}
		}
	}
	end, _ := excelize.CoordinatesToCellName(len(t.Columns), len(t.Rows)+1)
	if err := b.file.AutoFilter(name, "A1:"+end, nil); err != nil {
		return err
	}
	return b.file.SetPanes(name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

// cell writes a value as what it is.
func (b *book) cell(sheet string, x, y int, v any, k Kind) error {
	at, err := excelize.CoordinatesToCellName(x, y)
	if err != nil {
		return err
	}
	format := ""
	switch value := v.(type) {
	case nil:
		return nil
	case Money:
		n, err := strconv.ParseFloat(value.Amount, 64)
		if err != nil {
			return b.file.SetCellStr(sheet, at, value.Amount)
		}
		// Excel reckons with 15 digits: more stay text rather than become another amount.
		if len(strings.Trim(value.Amount, "-.")) > 15 {
			return b.file.SetCellStr(sheet, at, value.Amount+" "+value.Currency)
		}
		v, format = n, `#,##0.00 "`+strings.ReplaceAll(value.Currency, `"`, "")+`"`
	case time.Time:
		if value.IsZero() {
			return nil
		}
		// A workbook has no zones: the moment is as the reader's clock shows it.
		local := value.In(b.p.Zone())
		v = time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), local.Second(), 0, time.UTC)
		if format = "yyyy-mm-dd hh:mm"; k == Date {
			format = "yyyy-mm-dd"
		}
	case int, int64, float64:
	default:
		return b.file.SetCellStr(sheet, at, fmt.Sprint(v)) // never a formula
	}
	if err := b.file.SetCellValue(sheet, at, v); err != nil || format == "" {
		return err
	}
	style, ok := b.style[format]
	if !ok {
		if style, err = b.file.NewStyle(&excelize.Style{CustomNumFmt: &format}); err != nil {
			return err
		}
		b.style[format] = style
	}
	return b.file.SetCellStyle(sheet, at, at, style)
}
