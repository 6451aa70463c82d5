package cmdb

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"vigie/internal/kit/api"
	"vigie/internal/platform/fault"
)

// The most that one file may hold.
const (
	MaxImportBytes = 16 << 20
	MaxImportLines = 50_000
)

// ImportOptions says how a file is taken in.
type ImportOptions struct {
	Customer string // slug or id
	Key      string // "external_id" (default) or "name": by what a line finds what is there already
	DryRun   bool   // only check and count
}

// ImportReport tells what a file does, or would do.
type ImportReport struct {
	DryRun    bool          `json:"dry_run"`
	Lines     int           `json:"lines" doc:"Lines of the file, without its head"`
	Created   int           `json:"created"`
	Updated   int           `json:"updated"`
	Unchanged int           `json:"unchanged"`
	Errors    []ImportError `json:"-"` // if there is any, nothing is applied
}

// ImportError is one bad field of a file. Line counts from the head, which is 1; Key and Args are the message.
type ImportError struct {
	Line   int
	Column string
	Key    string
	Args   map[string]any
}

// Fault turns the errors of a report into one fault whose fields are "lines[3].owner".
func (r ImportReport) Fault() error {
	if len(r.Errors) == 0 {
		return nil
	}
	e := fault.New(fault.Invalid, "cmdb.fault.import", "count", len(r.Errors))
	for _, x := range r.Errors {
		path := fmt.Sprintf("lines[%d]", x.Line)
		if x.Column != "" {
			path += "." + x.Column
		}
		e.Fields = append(e.Fields, fault.Field{Path: path, Key: x.Key, Args: x.Args})
	}
	return e
}

// sheet is a file cut into cells.
type sheet struct {
	columns []string
	rows    []sheetRow
	errors  []ImportError
	broken  bool // its lines cannot be read
}

type sheetRow struct {
	line  int
	cells map[string]string // only those that are not empty
}

func (s *sheet) bad(line int, column, key string, pairs ...any) {
	var f fault.Fields
	f.Add(column, key, pairs...)
	s.errors = append(s.errors, ImportError{Line: line, Column: column, Key: key, Args: f[0].Args})
}

// take notes bad fields under the line that they stand on.
func (s *sheet) take(line int, fields fault.Fields) {
	for _, f := range fields {
		s.errors = append(s.errors, ImportError{Line: line, Column: f.Path, Key: f.Key, Args: f.Args})
	}
}

// readSheet reads CSV with a head. Commas or semicolons separate, as spreadsheets of different countries write; a byte order
// mark is allowed. known tells whether a column is understood, and whether it is read (others come from exports).
func readSheet(file []byte, known func(column string) bool, need ...string) sheet {
	s := sheet{broken: true}
	file = bytes.TrimPrefix(file, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(file) || bytes.IndexByte(file, 0) >= 0 {
		s.bad(1, "", "cmdb.fault.encoding")
		return s
	}
	r := csv.NewReader(bytes.NewReader(file))
	r.FieldsPerRecord = -1
	r.ReuseRecord = true
	head, _, _ := bytes.Cut(file, []byte("\n"))
	if bytes.Count(head, []byte(";")) > bytes.Count(head, []byte(",")) {
		r.Comma = ';'
	}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			s.bad(broken.Line, "", "cmdb.fault.csv")
			return s // nothing behind a broken quote can be trusted
		}
		line, _ := r.FieldPos(0)
		if s.columns == nil {
			if !s.head(line, record, known, need) {
				return s
			}
			continue
		}
		if len(record) > len(s.columns) {
			s.bad(line, "", "cmdb.fault.columns", "count", len(record), "want", len(s.columns))
			continue
		}
		row := sheetRow{line: line, cells: map[string]string{}}
		for i, cell := range record {
			if cell = strings.TrimSpace(api.PlainCell(cell)); cell != "" {
				row.cells[s.columns[i]] = cell
			}
		}
		if len(row.cells) == 0 {
			continue
		}
		if s.rows = append(s.rows, row); len(s.rows) > MaxImportLines {
			s.bad(line, "", "cmdb.fault.too_many", "max", MaxImportLines)
			return s
		}
	}
	if s.columns == nil {
		s.bad(1, "", "cmdb.fault.empty_file")
		return s
	}
	s.broken = false
	return s
}

func (s *sheet) head(line int, record []string, known func(string) bool, need []string) bool {
	s.columns = make([]string, len(record))
	for i, c := range record {
		c = strings.TrimSpace(c)
		if !strings.HasPrefix(c, "tag.") {
			c = strings.ToLower(c)
		}
		switch {
		case !known(c):
			s.bad(line, c, "cmdb.fault.unknown_column")
		case slices.Contains(s.columns[:i], c):
			s.bad(line, c, "cmdb.fault.twice")
		}
		s.columns[i] = c
	}
	for _, n := range need {
		if !slices.Contains(s.columns, n) {
			s.bad(line, n, "cmdb.fault.missing_column")
		}
	}
	return len(s.errors) == 0
}

// ciColumn tells the columns that a file of CIs may have; those that only exports write are left aside.
func ciColumn(c string) bool {
	return strings.HasPrefix(c, "tag.") && len(c) > 4 || slices.Contains([]string{
		"type", "name", "external_id", "arn", "account", "region", "environment", "criticality", "owner", "workload", "tags", "attributes",
		"id", "customer", "status", "source", "first_seen", "last_seen", "workload_name", "workload_by", "differing", "pinned", "version", "created_at", "updated_at",
	}, c)
}

// ciOf reads one line.
func (s *sheet) ciOf(row sheetRow) NewCI {
	c := row.cells
	n := NewCI{Type: c["type"], Name: c["name"], ExternalID: c["external_id"], ARN: c["arn"], Account: c["account"], Region: c["region"],
		Environment: c["environment"], Criticality: c["criticality"], Owner: c["owner"], Workload: c["workload"]}
	if n.Workload == "" {
		n.Workload = c["workload_name"]
	}
	if text := c["tags"]; text != "" {
		if err := json.Unmarshal([]byte(text), &n.Tags); err != nil {
			s.bad(row.line, "tags", "cmdb.fault.json_texts")
		}
	}
	if text := c["attributes"]; text != "" {
		if err := json.Unmarshal([]byte(text), &n.Attributes); err != nil {
			s.bad(row.line, "attributes", "cmdb.fault.json")
		}
	}
	for column, value := range c {
		if key, ok := strings.CutPrefix(column, "tag."); ok {
			if n.Tags == nil {
				n.Tags = map[string]string{}
			}
			n.Tags[key] = value
		}
	}
	return n
}
