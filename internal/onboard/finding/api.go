package finding

import (
	"context"
	"time"

	"vigie/internal/kit/api"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

// Answer is a finding as callers of the API see it.
type Answer struct {
	ID           string      `json:"id"`
	Customer     string      `json:"customer" doc:"Slug."`
	Source       Source      `json:"source" enum:"securityhub,prowler,ocsf,sarif"`
	Product      string      `json:"product"`
	ExternalID   string      `json:"external_id" doc:"Id that the source gives it."`
	Rule         string      `json:"rule" doc:"Check or control of the source."`
	Title        string      `json:"title"`
	Description  string      `json:"description"`
	Remedy       string      `json:"remedy"`
	URL          string      `json:"url"`
	Severity     Severity    `json:"severity" enum:"critical,high,medium,low"`
	Status       Status      `json:"status" enum:"open,suppressed,resolved"`
	Account      string      `json:"account"`
	Region       string      `json:"region"`
	Resource     string      `json:"resource" doc:"As the source names it."`
	ResourceType string      `json:"resource_type"`
	CI           *string     `json:"ci" doc:"Id of the CI that it is about."`
	Control      *string     `json:"control" doc:"Control of ours that judges the same on the same subject."`
	Frameworks   []Framework `json:"frameworks" nullable:"false"`
	Evidence     any         `json:"evidence" doc:"What the source sent, cut to 16 KiB, without quoted code."`
	Import       string      `json:"import" doc:"Import that last had it."`
	FirstSeen    db.Time     `json:"first_seen"`
	LastSeen     db.Time     `json:"last_seen"`
	Version      int64       `json:"version"`
}

// Revision makes the ETag.
func (v Answer) Revision() int64 { return v.Version }

// Self is the record's address below /api/v1.
func (v Answer) Self() string { return "/findings/" + v.ID }

func answer(r Row) Answer {
	return Answer{ID: r.ID, Customer: r.Slug, Source: r.Source, Product: r.Product, ExternalID: r.ExternalID, Rule: r.Rule, Title: r.Title, Description: r.Description, Remedy: r.Remedy, URL: r.URL,
		Severity: r.Severity, Status: r.Status, Account: r.Account, Region: r.Region, Resource: r.Resource, ResourceType: r.ResourceType, CI: r.CIID.Pointer(), Control: r.Control.Pointer(),
		Frameworks: append([]Framework{}, r.Frameworks.V...), Evidence: r.Evidence.V, Import: r.ImportID, FirstSeen: r.FirstSeen, LastSeen: r.LastSeen, Version: r.Version}
}

// ImportAnswer is an import as callers see it.
type ImportAnswer struct {
	ID          string     `json:"id"`
	Customer    string     `json:"customer" doc:"Slug."`
	Source      Source     `json:"source"`
	Product     string     `json:"product"`
	File        string     `json:"file" doc:"Empty where Security Hub was asked."`
	Complete    bool       `json:"complete"`
	State       State      `json:"state" enum:"queued,running,done,failed"`
	RequestedBy string     `json:"requested_by"`
	Counts      Counts     `json:"counts"`
	Message     string     `json:"message" doc:"Why there is nothing: no_hub (discovery has seen none) or nothing (no place answered)."`
	Outcomes    []Outcome  `json:"outcomes" nullable:"false" doc:"What each account and region answered."`
	CreatedAt   db.Time    `json:"created_at"`
	FinishedAt  *time.Time `json:"finished_at"`
	version     int64
}

// Revision makes the ETag.
func (v ImportAnswer) Revision() int64 { return v.version }

// Self is the record's address below /api/v1.
func (v ImportAnswer) Self() string { return "/finding-imports/" + v.ID }

func answerImport(r ImportRow) ImportAnswer {
	return ImportAnswer{ID: r.ID, Customer: r.Slug, Source: r.Source, Product: r.Product, File: r.File, Complete: r.Complete, State: r.State, RequestedBy: r.RequestedBy, Counts: r.Counts.V, Message: r.Message,
		Outcomes: append([]Outcome{}, r.Outcomes.V...), CreatedAt: r.CreatedAt, FinishedAt: r.FinishedAt.Ptr(), version: r.Version}
}

type byID struct {
	ID string `path:"id"`
}

// input is a file as the body itself.
type input struct {
	Customer string `query:"customer" doc:"Slug or id."`
	File     string `query:"file" doc:"Name of the file, for the list of imports."`
	Complete bool   `query:"complete" doc:"The file holds all that its source has of each account in it: what it lacks is resolved."`
	DryRun   bool   `query:"dry_run" doc:"Only check and count."`
	RawBody  []byte `contentType:"application/octet-stream"`
}

// Register adds the operations of this room.
func (s *Service) Register(a *api.API) {
	const tag = "Findings"
	api.List(a, api.Listing[Row, Answer]{Op: api.Op{Path: "/findings", Tag: tag, Summary: "List findings from outside", Description: "The worst first. status=open lists what is to be done; control.empty=true those that no control of ours says as well."},
		Spec: Spec, Allow: permission.Need(permission.FindingRead), Rows: each(answer)})
	api.Get(a, api.Op{Path: "/findings/{id}", Tag: tag, Summary: "Get a finding from outside"}, func(ctx context.Context, in *byID) (Answer, error) {
		v, err := s.Finding(ctx, permission.From(ctx), in.ID)
		return answer(v), err
	})
	api.Post(a, api.Op{Path: "/findings/import", Tag: tag, Summary: "Take findings in from a file", Status: 200, MaxBody: MaxBytes,
		Description: "ASFF of Security Hub (one finding, a list, Findings, or one on each line), OCSF of Prowler and others, or SARIF 2.1.0; which, is found out. The whole file is checked first. Findings known by source and id are changed, not doubled."},
		func(ctx context.Context, in *input) (Result, error) {
			return s.Take(ctx, permission.From(ctx), File{Customer: in.Customer, Name: in.File, Data: in.RawBody, Complete: in.Complete, DryRun: in.DryRun})
		})
	api.Post(a, api.Op{Path: "/finding-imports", Tag: tag, Summary: "Ask Security Hub for its findings now",
		Description: "In every account and region where discovery has seen a hub, by the role that discovery uses; it needs securityhub:GetFindings. One is open for each customer at most: who asks while it is, gets that one."},
		func(ctx context.Context, in *struct {
			Body struct {
				Customer string `json:"customer" doc:"Slug or id."`
			}
		}) (ImportAnswer, error) {
			a := permission.From(ctx)
			imp, err := s.Pull(ctx, a, in.Body.Customer)
			if err != nil {
				return ImportAnswer{}, err
			}
			row, err := s.ImportOf(ctx, a, imp.ID)
			return answerImport(row), err
		})
	api.List(a, api.Listing[ImportRow, ImportAnswer]{Op: api.Op{Path: "/finding-imports", Tag: tag, Summary: "List imports of findings"}, Spec: ImportSpec, Allow: permission.Need(permission.FindingRead), Rows: each(answerImport)})
	api.Get(a, api.Op{Path: "/finding-imports/{id}", Tag: tag, Summary: "Get an import of findings"}, func(ctx context.Context, in *byID) (ImportAnswer, error) {
		v, err := s.ImportOf(ctx, permission.From(ctx), in.ID)
		return answerImport(v), err
	})
}

// each turns rows into answers one by one.
func each[R, D any](f func(R) D) func(context.Context, *db.Tx, []R) ([]D, error) {
	return func(_ context.Context, _ *db.Tx, rows []R) ([]D, error) {
		out := make([]D, len(rows))
		for i, r := range rows {
			out[i] = f(r)
		}
		return out, nil
	}
}
