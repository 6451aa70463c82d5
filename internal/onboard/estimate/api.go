package estimate

import (
	"context"
	"net/http"
	"time"

	"vigie/internal/kit/api"
	"vigie/internal/kit/document"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

type byRef struct {
	Ref string `path:"id" doc:"Id or reference."`
}

type ofVersion struct {
	Ref    string `path:"id" doc:"Id or reference."`
	Number int64  `query:"version" doc:"Number of a version; the latest unless said otherwise."`
}

type changeInput struct {
	Ref string `path:"id" doc:"Id or reference."`
	api.Match
	Body ChangeEstimate
}

type computeInput struct {
	Ref  string `path:"id" doc:"Id or reference."`
	Body NewVersion
}

type tryInput struct {
	Ref  string `path:"id" doc:"Id or reference."`
	Body WhatIf
}

type compareInput struct {
	Ref  string `path:"id" doc:"Id or reference."`
	With string `query:"with" doc:"Another estimate of the same customer, for the first of the two."`
	From int64  `query:"from" doc:"Number of the first version; the one before unless said otherwise."`
	To   int64  `query:"to" doc:"Number of the second version; the latest unless said otherwise."`
}

// Lines are the lines of a version, with their sums and what is missing.
type Lines struct {
	Number int64 `json:"number"`
	Result
}

// Versions are all of an estimate.
type Versions struct {
	Items []Version `json:"items"`
}

// Register adds the operations of this room.
func (s *Service) Register(a *api.API) {
	const tag = "Estimates"
	api.List(a, api.Listing[listed, Estimate]{
		Op: api.Op{Path: "/estimates", Tag: tag, Summary: "List estimates"}, Spec: Spec, Allow: permission.Need(permission.EstimateRead),
		Rows: func(_ context.Context, _ *db.Tx, rows []listed) ([]Estimate, error) {
			out := make([]Estimate, len(rows))
			for i, r := range rows {
				out[i] = r.shown()
			}
			return out, nil
		},
	})
	api.Get(a, api.Op{Path: "/estimates/{id}", Tag: tag, Summary: "Get an estimate"}, func(ctx context.Context, in *byRef) (Estimate, error) {
		return s.Estimate(ctx, permission.From(ctx), in.Ref)
	})
	api.Post(a, api.Op{Path: "/estimates", Tag: tag, Summary: "Create an estimate", Description: "From an assessment, or for a customer: then from its latest assessment, if it has one. What is not answered is assumed."},
		func(ctx context.Context, in *struct{ Body NewEstimate }) (Estimate, error) {
			return s.Create(ctx, permission.From(ctx), in.Body)
		})
	api.Patch(a, api.Op{Path: "/estimates/{id}", Tag: tag, Summary: "Change a draft"}, func(ctx context.Context, in *changeInput) (Estimate, error) {
		return s.Update(ctx, permission.From(ctx), in.Ref, in.Expected(), in.Body)
	})
	api.Get(a, api.Op{Path: "/estimates/{id}/lines", Tag: tag, Summary: "Get the lines of an estimate", Description: "Each with the answers and assumptions that made it."},
		func(ctx context.Context, in *ofVersion) (Lines, error) {
			_, v, err := s.Version(ctx, permission.From(ctx), in.Ref, in.Number)
			return Lines{v.Number, v.Result}, err
		})
	api.Get(a, api.Op{Path: "/estimates/{id}/versions", Tag: tag, Summary: "List all versions, the latest first", Description: "Each with the answers, the what-if and the result."},
		func(ctx context.Context, in *byRef) (Versions, error) {
			all, err := s.Versions(ctx, permission.From(ctx), in.Ref)
			return Versions{all}, err
		})
	api.Post(a, api.Op{Path: "/estimates/{id}/versions", Tag: tag, Summary: "Compute a draft again, as a new version", Description: "By the model and the answers of today."},
		func(ctx context.Context, in *computeInput) (Estimate, error) {
			return s.Compute(ctx, permission.From(ctx), in.Ref, 0, in.Body)
		})
	api.Post(a, api.Op{Path: "/estimates/{id}/what-if", Tag: tag, Summary: "Compute with something set otherwise, and keep nothing", Status: 200},
		func(ctx context.Context, in *tryInput) (Result, error) {
			_, _, r, err := s.Try(ctx, permission.From(ctx), in.Ref, in.Body)
			return r, err
		})
	api.Get(a, api.Op{Path: "/estimates/{id}/comparison", Tag: tag, Summary: "Compare two versions line by line", Description: "Each difference with its reasons: an answer, the what-if or the model has changed."},
		func(ctx context.Context, in *compareInput) (Comparison, error) {
			_, c, err := s.Compare(ctx, permission.From(ctx), in.Ref, in.With, in.From, in.To)
			return c, err
		})
	api.Post(a, api.Op{Path: "/estimates/{id}/issue", Tag: tag, Summary: "Issue a draft: it gets its number and is locked", Status: 200}, func(ctx context.Context, in *byRef) (Estimate, error) {
		return s.Issue(ctx, permission.From(ctx), in.Ref, 0)
	})
	api.Post(a, api.Op{Path: "/estimates/{id}/revise", Tag: tag, Summary: "Make a draft that takes the place of an issued estimate"}, func(ctx context.Context, in *byRef) (Estimate, error) {
		return s.Revise(ctx, permission.From(ctx), in.Ref)
	})
	api.Get(a, api.Op{Path: "/estimate-model", Tag: tag, Summary: "Get the model by which estimates are made today"}, func(ctx context.Context, _ *struct{}) (Model, error) {
		return s.model, permission.From(ctx).Require(permission.EstimateRead)
	})
	api.Stream(a, api.Op{Path: "/estimates/{id}/document", Tag: tag, Summary: "Get an estimate as PDF or XLSX", Description: "In the customer's language. format=pdf (the default) or xlsx, or Accept."}, document.PDFType, s.stream)
}

func (s *Service) stream(w http.ResponseWriter, r *http.Request) error {
	format, err := document.Format(r.URL.Query().Get("format"), r.Header.Get("Accept"))
	if err != nil {
		return err
	}
	if format == "" {
		format = "pdf"
	}
	who := permission.From(r.Context())
	d, language, err := s.Document(r.Context(), who, r.PathValue("id"), 0)
	if err != nil {
		return err
	}
	return d.Send(w, format, s.Bundle.Printer(language, time.UTC, s.Clock.Now()))
}
