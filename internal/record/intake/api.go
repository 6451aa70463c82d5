package intake

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"
	"unicode/utf8"

	"vigie/internal/kit/api"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
)

// input is a CSV file as the body itself, or as the first file of a form.
type input struct {
	Customer    string   `query:"customer" doc:"Slug or id."`
	DryRun      bool     `query:"dry_run" doc:"Only check and count."`
	Key         string   `query:"key" doc:"The field by which a line finds the record that it changes."`
	Delimiter   string   `query:"delimiter" doc:"Between cells; found by itself if left out. tab for a tab."`
	Columns     []string `query:"column,explode" doc:"HEADING=FIELD lays a column on a field, HEADING= leaves it aside. Others are guessed."`
	ContentType string   `header:"Content-Type"`
	RawBody     []byte   `contentType:"text/csv"`
}

// Register adds one operation for each target: POST /LIST/import.
func (s *Service) Register(a *api.API) {
	for _, t := range s.targets {
		k := t.Kind()
		api.Post(a, api.Op{Path: "/" + k.List + "/import", Tag: k.Tag, Summary: "Import from CSV: " + k.List, Status: 200, MaxBody: MaxBytes + 64<<10,
			Description: "The whole file is checked first; it is applied whole or not at all. Every bad cell is one of errors, lines[N].FIELD. " +
				"UTF-8, UTF-16 or Windows-1252; columns are known by the names of fields, or by their words in English or French."},
			func(ctx context.Context, in *input) (Report, error) {
				file, err := in.file()
				if err != nil {
					return Report{}, err
				}
				o := Options{Customer: in.Customer, Key: in.Key, DryRun: in.DryRun, Columns: map[string]string{}}
				for _, c := range in.Columns {
					if at := strings.LastIndexByte(c, '='); at >= 0 {
						o.Columns[c[:at]] = c[at+1:]
					}
				}
				if o.Delimiter, err = delimiterNamed(in.Delimiter); err != nil {
					return Report{}, err
				}
				report, err := s.Take(ctx, permission.From(ctx), k.List, file, o)
				if err == nil {
					err = report.Fault()
				}
				return report, err
			})
	}
}

func delimiterNamed(text string) (rune, error) {
	switch text {
	case "":
		return 0, nil
	case "tab":
		return '\t', nil
	}
	r, size := utf8.DecodeRuneInString(text)
	if size == len(text) && bytes.ContainsRune([]byte(delimiters), r) {
		return r, nil
	}
	var bad fault.Fields
	bad.Add("delimiter", "intake.fault.delimiter")
	return 0, bad.Err()
}

// file gives the CSV, out of the form if it is one.
func (in input) file() ([]byte, error) {
	kind, params, err := mime.ParseMediaType(in.ContentType)
	if err != nil || kind != "multipart/form-data" {
		return in.RawBody, nil
	}
	form := multipart.NewReader(bytes.NewReader(in.RawBody), params["boundary"])
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			var f fault.Fields
			f.Add("file", "intake.fault.no_file")
			return nil, f.Err()
		}
		if err != nil {
			return nil, fault.New(fault.Invalid, "intake.fault.form").Because(err)
		}
		if part.FileName() != "" || part.FormName() == "file" {
			return io.ReadAll(part)
		}
	}
}
