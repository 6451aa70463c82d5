package intake

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"vigie/internal/kit/api"
	"vigie/internal/platform/fault"
)

// The most that one file may hold.
const (
	MaxBytes   = 16 << 20
	MaxRows    = 50_000
	maxColumns = 500
	// maxProblems ends a check that finds no end: who has that many mends the column, not the cells.
	maxProblems = 5_000
)

// Sheet is a file whose columns are laid on fields.
type Sheet struct {
	Key      string // by what rows find records
	Rows     []Row
	problems []Problem
}

// Row is one line of the file.
type Row struct {
	Line  int // counts from the head, which is 1
	cells map[string]string
}

// NewRow makes a row for tests.
func NewRow(line int, cells map[string]string) Row { return Row{line, cells} }

// Get is the cell of a field, trimmed; empty where there is none.
func (r Row) Get(field string) string { return r.cells[field] }

// Cells are all cells that are not empty, by field; those of prefixed columns by the column's name.
func (r Row) Cells() map[string]string { return r.cells }

// Problem is one bad cell, or one bad line where Field is empty. Key and Args are the message.
type Problem struct {
	Line  int
	Field string
	Key   string
	Args  map[string]any
}

// path is the problem's place as programs are told it: lines[3].owner.
func (p Problem) path() string {
	path := "lines[" + strconv.Itoa(p.Line) + "]"
	if p.Field != "" {
		path += "." + p.Field
	}
	return path
}

// Bad notes a bad cell; pairs are the arguments of the message.
func (s *Sheet) Bad(line int, field, key string, pairs ...any) {
	var f fault.Fields
	f.Add(field, key, pairs...)
	s.Take(line, f)
}

// Take notes the bad fields of a line, as the Validate of an input gives them.
func (s *Sheet) Take(line int, fields fault.Fields) {
	for _, f := range fields {
		if len(s.problems) < maxProblems {
			s.problems = append(s.problems, Problem{line, f.Path, f.Key, f.Args})
		}
	}
}

// Failed tells whether anything is wrong so far.
func (s *Sheet) Failed() bool { return len(s.problems) > 0 }

// Problems are all of them, in order of lines.
func (s *Sheet) Problems() []Problem {
	slices.SortStableFunc(s.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Field, b.Field))
	})
	return s.problems
}

// table is a file cut into cells, before anybody said what the columns are.
type table struct {
	encoding  string
	delimiter rune
	headings  []string
	lines     []int
	records   [][]string
}

// cut decodes a file and cuts it into cells. The delimiter is found if it is zero. What cannot be read is noted in the sheet.
func cut(file []byte, delimiter rune, s *Sheet) (t table) {
	text, encoding, ok := decode(file)
	t.encoding = encoding
	if !ok {
		s.Bad(1, "", "intake.fault.encoding")
		return t
	}
	if t.delimiter = delimiter; delimiter == 0 {
		t.delimiter = delimiterOf(text)
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord, r.Comma = -1, t.delimiter
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			line := 1
			var broken *csv.ParseError
			if errors.As(err, &broken) {
				line = broken.Line
			}
			s.Bad(line, "", "intake.fault.csv") // nothing behind a broken quote can be trusted
			return t
		}
		line, _ := r.FieldPos(0)
		if t.headings == nil {
			if len(record) > maxColumns {
				s.Bad(line, "", "intake.fault.too_wide", "max", maxColumns)
				return t
			}
			for _, h := range record {
				t.headings = append(t.headings, strings.TrimSpace(h))
			}
			continue
		}
		if len(record) > len(t.headings) {
			s.Bad(line, "", "intake.fault.columns", "count", len(record), "want", len(t.headings))
			continue
		}
		if !fill(record) {
			continue
		}
		if len(t.records) == MaxRows {
			s.Bad(line, "", "intake.fault.too_many", "max", MaxRows)
			return t
		}
		t.lines, t.records = append(t.lines, line), append(t.records, record)
	}
	if t.headings == nil {
		s.Bad(1, "", "intake.fault.empty")
	}
	return t
}

// fill takes the cells as people meant them, and tells whether any has something in it.
func fill(record []string) (some bool) {
	for i, cell := range record {
		record[i] = strings.TrimSpace(api.PlainCell(cell))
		some = some || record[i] != ""
	}
	return some
}

// sample is the first cell of a column that has something in it.
func (t table) sample(column int) string {
	for _, record := range t.records[:min(len(t.records), 200)] {
		if column < len(record) && record[column] != "" {
			return clip(record[column], 80)
		}
	}
	return ""
}

func clip(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// lay gives the rows by field.
func (t table) lay(columns []Column, s *Sheet) {
	s.Rows = make([]Row, len(t.records))
	for i, record := range t.records {
		cells := map[string]string{}
		for j, cell := range record {
			if cell != "" && columns[j].Field != "" {
				cells[columns[j].Field] = cell
			}
		}
		s.Rows[i] = Row{t.lines[i], cells}
	}
	s.Rows = slices.DeleteFunc(s.Rows, func(r Row) bool { return len(r.cells) == 0 })
}
