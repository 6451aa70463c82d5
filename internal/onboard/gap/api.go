package gap

import (
	"context"
	"time"

	"vigie/catalogue"
	"vigie/internal/kit/api"
	"vigie/internal/onboard/control"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
)

// Answer is a gap as callers of the API see it.
type Answer struct {
	ID          string           `json:"id"`
	Customer    string           `json:"customer" doc:"Slug."`
	Workload    *string          `json:"workload" doc:"Id."`
	Control     string           `json:"control" doc:"Id of the control."`
	Subject     string           `json:"subject" doc:"Name of what is judged."`
	SubjectKind control.Kind     `json:"subject_kind" enum:"ci,workload,account,customer"`
	CI          *string          `json:"ci" doc:"Id, where a CI is judged."`
	Account     string           `json:"account"`
	Environment string           `json:"environment"`
	Area        control.Area     `json:"area"`
	Severity    control.Severity `json:"severity" enum:"critical,high,medium,low"`
	Verdict     control.Verdict  `json:"verdict" enum:"pass,fail,unknown,not_applicable,accepted"`
	Judged      control.Verdict  `json:"judged" enum:"pass,fail,unknown,not_applicable" doc:"What the control says by itself, acceptances aside."`
	Reason      string           `json:"reason" doc:"Of unknown: what kind of evidence is missing. Of not_applicable: condition or gone."`
	Evidence    control.Evidence `json:"evidence" doc:"What was looked at, and what is missing."`
	Measure     *string          `json:"measure" doc:"Id of the measure that closes it."`
	Acceptance  *string          `json:"acceptance" doc:"Id of the last acceptance."`
	Run         string           `json:"run" doc:"Evaluation that last changed it."`
	Since       db.Time          `json:"since" doc:"Since when it has this verdict."`
	Version     int64            `json:"version"`
}

// Revision makes the ETag.
func (v Answer) Revision() int64 { return v.Version }

// Self is the record's address below /api/v1.
func (v Answer) Self() string { return "/gaps/" + v.ID }

func answer(r Row) Answer {
	return Answer{ID: r.ID, Customer: r.Slug, Workload: r.WorkloadID.Pointer(), Control: r.Control, Subject: r.SubjectName, SubjectKind: r.SubjectKind, CI: r.CIID.Pointer(), Account: r.Account,
		Environment: r.Environment, Area: r.Area, Severity: r.Severity, Verdict: r.Verdict, Judged: r.Judged, Reason: r.Reason, Evidence: r.Evidence.V, Measure: r.MeasureID.Pointer(),
		Acceptance: r.AcceptanceID.Pointer(), Run: r.RunID, Since: r.Since, Version: r.Version}
}

// RunAnswer is an evaluation.
type RunAnswer struct {
	ID           string                  `json:"id"`
	Customer     string                  `json:"customer" doc:"Slug."`
	State        State                   `json:"state" enum:"queued,running,done,failed"`
	Trigger      Trigger                 `json:"trigger" enum:"discovery,requirement,manual"`
	RequestedBy  string                  `json:"requested_by"`
	DiscoveryRun *string                 `json:"discovery_run"`
	Controls     int64                   `json:"controls"`
	Subjects     int64                   `json:"subjects"`
	Counts       map[control.Verdict]int `json:"counts" doc:"How many verdicts of each sort the controls gave."`
	Changed      int64                   `json:"changed"`
	Drifted      int64                   `json:"drifted" doc:"Passes that turned fail after the launch."`
	CreatedAt    db.Time                 `json:"created_at"`
	StartedAt    *time.Time              `json:"started_at"`
	FinishedAt   *time.Time              `json:"finished_at"`
	version      int64
}

// Revision makes the ETag.
func (v RunAnswer) Revision() int64 { return v.version }

// Self is the record's address below /api/v1.
func (v RunAnswer) Self() string { return "/gap-runs/" + v.ID }

func answerRun(r RunRow) RunAnswer {
	return RunAnswer{ID: r.ID, Customer: r.Slug, State: r.State, Trigger: r.Trigger, RequestedBy: r.RequestedBy, DiscoveryRun: r.DiscoveryRunID.Pointer(), Controls: r.Controls, Subjects: r.Subjects,
		Counts: r.Counts.V, Changed: r.Changed, Drifted: r.Drifted, CreatedAt: r.CreatedAt, StartedAt: r.StartedAt.Ptr(), FinishedAt: r.FinishedAt.Ptr(), version: r.Version}
}

// AcceptanceAnswer is a failure that is lived with.
type AcceptanceAnswer struct {
	ID          string     `json:"id"`
	Customer    string     `json:"customer" doc:"Slug."`
	Gap         string     `json:"gap"`
	Control     string     `json:"control"`
	Subject     string     `json:"subject"`
	Reason      string     `json:"reason"`
	Until       db.Time    `json:"until"`
	State       string     `json:"state" enum:"requested,signed,expired"`
	RequestedBy string     `json:"requested_by"`
	Approval    string     `json:"approval" doc:"Id of the approval by which it is signed."`
	SignedBy    string     `json:"signed_by"`
	SignedAt    *time.Time `json:"signed_at"`
	CreatedAt   db.Time    `json:"created_at"`
	version     int64
}

// Revision makes the ETag.
func (v AcceptanceAnswer) Revision() int64 { return v.version }

// Self is the record's address below /api/v1.
func (v AcceptanceAnswer) Self() string { return "/acceptances/" + v.ID }

func answerAcceptance(r AcceptanceRow) AcceptanceAnswer {
	return AcceptanceAnswer{ID: r.ID, Customer: r.Slug, Gap: r.GapID, Control: r.Control, Subject: r.Subject, Reason: r.Reason, Until: r.Until, State: r.State, RequestedBy: r.RequestedBy,
		Approval: r.ApprovalID, SignedBy: r.SignedBy, SignedAt: r.SignedAt.Ptr(), CreatedAt: r.CreatedAt, version: r.Version}
}

// ControlAnswer is a control of the catalogue.
type ControlAnswer struct {
	ID         string              `json:"id"`
	Title      catalogue.Text      `json:"title"`
	Rationale  catalogue.Text      `json:"rationale"`
	Area       control.Area        `json:"area"`
	Severity   control.Severity    `json:"severity"`
	To         control.Kind        `json:"applies_to" enum:"ci,workload,account,customer"`
	Types      []string            `json:"types" nullable:"false"`
	When       string              `json:"when" doc:"CEL; empty: always."`
	Pass       string              `json:"pass" doc:"CEL."`
	Effort     string              `json:"effort" doc:"ISO 8601."`
	Remedy     catalogue.Text      `json:"remedy"`
	Terraform  string              `json:"terraform"`
	CLI        string              `json:"cli"`
	Frameworks []control.Reference `json:"frameworks" nullable:"false"`
}

func answerControl(c *control.Control) ControlAnswer {
	return ControlAnswer{ID: c.ID, Title: c.Title, Rationale: c.Rationale, Area: c.Area, Severity: c.Severity, To: c.Applies.To, Types: append([]string{}, c.Applies.Types...), When: c.Applies.When, Pass: c.Pass,
		Effort: c.Effort, Remedy: c.Remedy, Terraform: c.Terraform, CLI: c.CLI, Frameworks: append([]control.Reference{}, c.Frameworks...)}
}

type byID struct {
	ID string `path:"id"`
}

type controlList struct {
	Items []ControlAnswer `json:"items" nullable:"false"`
}

// Register adds the operations of this room.
func (s *Service) Register(a *api.API) {
	const tag = "Gaps"
	api.Get(a, api.Op{Path: "/controls", Tag: tag, Summary: "List the controls of the catalogue"}, func(ctx context.Context, _ *struct{}) (controlList, error) {
		out := controlList{Items: []ControlAnswer{}}
		if err := permission.From(ctx).Require(permission.GapRead); err != nil {
			return out, err
		}
		for _, c := range s.catalogue.All() {
			out.Items = append(out.Items, answerControl(c))
		}
		return out, nil
	})
	api.Get(a, api.Op{Path: "/controls/{control}", Tag: tag, Summary: "Get a control"}, func(ctx context.Context, in *struct {
		Control string `path:"control"`
	}) (ControlAnswer, error) {
		if err := permission.From(ctx).Require(permission.GapRead); err != nil {
			return ControlAnswer{}, err
		}
		c := s.catalogue.Find(in.Control)
		if c == nil {
			return ControlAnswer{}, fault.New(fault.NotFound, "fault.not_found")
		}
		return answerControl(c), nil
	})
	api.List(a, api.Listing[Row, Answer]{Op: api.Op{Path: "/gaps", Tag: tag, Summary: "List the verdicts of controls", Description: "The worst first. verdict=fail lists what is to be done."},
		Spec: s.Spec(), Allow: permission.Need(permission.GapRead), Rows: each(answer)})
	api.Get(a, api.Op{Path: "/gaps/{id}", Tag: tag, Summary: "Get a verdict with its evidence"}, func(ctx context.Context, in *byID) (Answer, error) {
		g, err := s.Gap(ctx, permission.From(ctx), in.ID)
		return answer(g), err
	})
	api.List(a, api.Listing[RunRow, RunAnswer]{Op: api.Op{Path: "/gap-runs", Tag: tag, Summary: "List evaluations"}, Spec: RunSpec, Allow: permission.Need(permission.GapRead), Rows: each(answerRun)})
	api.Get(a, api.Op{Path: "/gap-runs/{id}", Tag: tag, Summary: "Get an evaluation"}, func(ctx context.Context, in *byID) (RunAnswer, error) {
		r, err := s.Run(ctx, permission.From(ctx), in.ID)
		return answerRun(r), err
	})
	api.Post(a, api.Op{Path: "/gap-runs", Tag: tag, Summary: "Judge a customer's estate now"}, func(ctx context.Context, in *struct {
		Body struct {
			Customer string `json:"customer" doc:"Slug or id."`
		}
	}) (RunAnswer, error) {
		a := permission.From(ctx)
		r, err := s.Evaluate(ctx, a, in.Body.Customer)
		if err != nil {
			return RunAnswer{}, err
		}
		row, err := s.Run(ctx, a, r.ID)
		return answerRun(row), err
	})
	api.List(a, api.Listing[AcceptanceRow, AcceptanceAnswer]{Op: api.Op{Path: "/acceptances", Tag: tag, Summary: "List failures that are lived with"}, Spec: AcceptanceSpec,
		Allow: permission.Need(permission.GapRead), Rows: each(answerAcceptance)})
	api.Get(a, api.Op{Path: "/acceptances/{id}", Tag: tag, Summary: "Get an acceptance"}, func(ctx context.Context, in *byID) (AcceptanceAnswer, error) {
		x, err := s.Acceptance(ctx, permission.From(ctx), in.ID)
		return answerAcceptance(x), err
	})
	api.Post(a, api.Op{Path: "/acceptances", Tag: tag, Summary: "Ask the customer to live with a failure", Description: "An approver of the customer signs the approval that the answer names."},
		func(ctx context.Context, in *struct{ Body NewAcceptance }) (AcceptanceAnswer, error) {
			a := permission.From(ctx)
			g, err := s.Gap(ctx, a, in.Body.Gap)
			if err != nil {
				return AcceptanceAnswer{}, err
			}
			x, err := s.Accept(ctx, a, in.Body, s.languageOf(ctx, a, g.CustomerID))
			if err != nil {
				return AcceptanceAnswer{}, err
			}
			row, err := s.Acceptance(ctx, a, x.ID)
			return answerAcceptance(row), err
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
