package api

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2/negotiation"
	"github.com/xuri/excelize/v2"

	"vigie/internal/platform/fault"
)

const (
	jsonType = "application/json"
	csvType  = "text/csv"
	xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	// maxSheet is the most rows that a sheet of XLSX can have, its head included.
	maxSheet = 1_048_576
)

func formatOf(name, accept string) (string, error) {
	switch name {
	case "":
		if t := negotiation.SelectQValue(accept, []string{jsonType, csvType, xlsxType}); t != "" {
			return t, nil
		}
		return jsonType, nil
	case "json":
		return jsonType, nil
	case "csv":
		return csvType, nil
	case "xlsx":
		return xlsxType, nil
	}
	var bad fault.Fields
	bad.Add("format", "api.list.choice", "values", "json, csv, xlsx")
	return "", bad.Err()
}

// export writes rows as a file. Its columns are the JSON members of D, in their order. An error before the first byte is a
// problem; one after it breaks the connection off, so that nobody takes a half for the whole.
//
// more are columns behind them that a D gives by name (Extra).
func export[D any](w http.ResponseWriter, format, name string, more []string, rows func(func(D) error) error) error {
	if format == xlsxType {
		return exportXLSX(w, name, more, rows)
	}
	columns := columnsOf(reflect.TypeFor[D](), more)
	out := csv.NewWriter(w)
	out.UseCRLF = true // RFC 4180
	begun := false
	begin := func() error {
		begun = true
		head(w, csvType+"; charset=utf-8", name+".csv")
		return out.Write(columns.names)
	}
	err := rows(func(d D) error {
		if !begun {
			if err := begin(); err != nil {
				return err
			}
		}
		cells := columns.cells(d)
		record := make([]string, len(cells))
		for i, c := range cells {
			switch c := c.(type) {
			case string:
				record[i] = Cell(c)
			default:
				record[i] = fmt.Sprint(c)
			}
		}
		return out.Write(record)
	})
	if err == nil && !begun {
		err = begin()
	}
	out.Flush()
	if err != nil && begun {
		panic(http.ErrAbortHandler)
	}
	return err
}

// Cell makes a text safe for spreadsheets, which take what begins with = + - @ for a formula: it gets an apostrophe in front.
// Numbers are not texts and stay as they are.
func Cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// PlainCell undoes Cell, for imports of what was exported.
func PlainCell(s string) string {
	if len(s) > 1 && s[0] == '\'' && Cell(s[1:]) == s {
		return s[1:]
	}
	return s
}

func exportXLSX[D any](w http.ResponseWriter, name string, more []string, rows func(func(D) error) error) error {
	columns := columnsOf(reflect.TypeFor[D](), more)
	f := excelize.NewFile()
	defer f.Close()
	sheet, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	line := 1
	write := func(cells []any) error {
		if line > maxSheet {
			return fault.New(fault.Invalid, "api.problem.sheet")
		}
		at, err := excelize.CoordinatesToCellName(1, line)
		if err != nil {
			return err
		}
		line++
		return sheet.SetRow(at, cells)
	}
	names := make([]any, len(columns.names))
	for i, n := range columns.names {
		names[i] = n
	}
	if err := write(names); err != nil {
		return err
	}
	if err := rows(func(d D) error {
		cells := columns.cells(d)
		for i, c := range cells {
			switch c := c.(type) {
			case string:
				cells[i] = c[:min(len(c), excelize.TotalCellChars)]
			case json.Number:
				if f, err := c.Float64(); err == nil {
					cells[i] = f
				}
			}
		}
		return write(cells)
	}); err != nil {
		return err
	}
	if err := sheet.Flush(); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	head(w, xlsxType, name+".xlsx")
	if err := f.Write(w); err != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}

func head(w http.ResponseWriter, contentType, file string) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Disposition", `attachment; filename="`+file+`"`)
	w.Header().Add("Vary", "Accept")
}

// Extra is a row that files have more columns of than its members. Members tagged file:"-" are in no column of their own then.
type Extra interface {
	// Extra gives the cell of a column: a text, or a number as a json.Number.
	Extra(column string) any
}

type columns struct {
	names []string
	index [][]int
	more  []string
}

func columnsOf(t reflect.Type, more []string) columns {
	c := columns{more: more}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" || !f.IsExported() || f.Tag.Get("file") == "-" {
			continue
		}
		c.names = append(c.names, name)
		c.index = append(c.index, f.Index)
	}
	c.names = append(c.names, more...)
	return c
}

func (c columns) cells(row any) []any {
	v := reflect.ValueOf(row)
	out := make([]any, len(c.index))
	for i, index := range c.index {
		f, err := v.FieldByIndexErr(index)
		if err != nil {
			out[i] = ""
			continue
		}
		out[i] = cell(f)
	}
	if x, ok := row.(Extra); ok {
		for _, name := range c.more {
			out = append(out, x.Extra(name))
		}
	}
	return out
}

// cell is one value as a spreadsheet has it: text, number or bool.
func cell(v reflect.Value) any {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	switch x := v.Interface().(type) {
	case time.Time:
		if x.IsZero() {
			return ""
		}
		return x.UTC().Format(time.RFC3339)
	case []string:
		return strings.Join(x, ",")
	case interface{ Cell() string }: // a type that knows how spreadsheets have it
		return x.Cell()
	}
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return v.Uint()
	case reflect.Float32, reflect.Float64:
		return v.Float()
	case reflect.Map, reflect.Slice:
		if v.Len() == 0 {
			return ""
		}
	}
	b, err := json.Marshal(v.Interface())
	if err != nil || string(b) == "null" {
		return ""
	}
	if len(b) > 1 && b[0] == '"' { // a type that writes itself as text
		var s string
		if json.Unmarshal(b, &s) == nil {
			return s
		}
	}
	return string(b)
}
