package cmdb

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"

	"vigie/internal/kit/api"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
)

// importInput is a CSV file as the body itself, or as the first file of a form.
type importInput struct {
	Customer    string `query:"customer" doc:"Slug or id."`
	DryRun      bool   `query:"dry_run" doc:"Only check and count."`
	Key         string `query:"key" doc:"What a line is known by: external_id (default) or name."`
	ContentType string `header:"Content-Type"`
	RawBody     []byte `contentType:"text/csv"`
}

func (s *Service) registerImports(a *api.API) {
	type take func(context.Context, permission.Actor, []byte, ImportOptions) (ImportReport, error)
	register := func(path, tag, summary, columns string, f take) {
		api.Post(a, api.Op{Path: path, Tag: tag, Summary: summary, Status: 200, MaxBody: MaxImportBytes + 64<<10, Description: "The whole file is checked first; it is " +
			"applied whole or not at all. Every bad cell is one of errors, lines[N].COLUMN. " + columns},
			func(ctx context.Context, in *importInput) (ImportReport, error) {
				file, err := in.file()
				if err != nil {
					return ImportReport{}, err
				}
				report, err := f(ctx, permission.From(ctx), file, ImportOptions{Customer: in.Customer, Key: in.Key, DryRun: in.DryRun})
				return report, firstOf(err, report.Fault())
			})
	}
	register("/cis/import", cisTag, "Import CIs from CSV", "Columns: type, name, external_id, arn, account, region, environment, criticality, owner, "+
		"workload, tags (JSON), tag.KEY, attributes (JSON). An empty cell leaves a field as it is.", s.ImportCIs)
	register("/relations/import", relationsTag, "Import relations from CSV", "Columns: from, to, type, from_type, to_type, redundancy, needed.", s.ImportRelations)
}

// file gives the CSV, out of the form if it is one.
func (in importInput) file() ([]byte, error) {
	kind, params, err := mime.ParseMediaType(in.ContentType)
	if err != nil || kind != "multipart/form-data" {
		return in.RawBody, nil
	}
	form := multipart.NewReader(bytes.NewReader(in.RawBody), params["boundary"])
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			var f fault.Fields
			f.Add("file", "cmdb.fault.required")
			return nil, f.Err()
		}
		if err != nil {
			return nil, fault.New(fault.Invalid, "cmdb.fault.form").Because(err)
		}
		if part.FileName() != "" || part.FormName() == "file" {
			return io.ReadAll(part)
		}
	}
}
