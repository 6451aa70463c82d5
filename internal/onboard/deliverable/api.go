package deliverable

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"vigie/internal/kit/api"
	"vigie/internal/kit/document"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
)

// Answer is a deliverable as callers of the API see it.
type Answer struct {
	ID             string  `json:"id"`
	Customer       string  `json:"customer" doc:"Slug."`
	Kind           string  `json:"kind" enum:"contacts,workflow,alerts,requests,incident_report,service_review"`
	Title          string  `json:"title"`
	Language       string  `json:"language"`
	Number         int64   `json:"number" doc:"Of the latest version."`
	Status         Status  `json:"status" enum:"draft,in_approval,approved,superseded,returned" doc:"Of the latest version."`
	ApprovedNumber int64   `json:"approved_number" doc:"Of the version that was signed last; 0 for none."`
	Version        int64   `json:"version"`
	CreatedAt      db.Time `json:"created_at"`
	UpdatedAt      db.Time `json:"updated_at"`
}

// Revision makes the ETag.
func (d Answer) Revision() int64 { return d.Version }

// Self is the record's address below /api/v1.
func (d Answer) Self() string { return "/deliverables/" + d.ID }

func answer(d Deliverable) Answer {
	return Answer{ID: d.ID, Customer: d.Customer, Kind: d.Kind, Title: d.Title, Language: d.Language, Number: d.Number, Status: d.Status, ApprovedNumber: d.ApprovedNumber,
		Version: d.Version, CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt}
}

// Shown is a deliverable with one version of it.
type Shown struct {
	Answer
	Data    any           `json:"data" doc:"What the version says; its members depend on the kind."`
	Shown   VersionAnswer `json:"shown" doc:"The version that data are of."`
	Missing []Gap         `json:"missing" nullable:"false" doc:"What keeps the version from being approved."`
}

// Gap is a value that is missing or does not fit.
type Gap struct {
	Field string `json:"field" doc:"As levels[0].name."`
	Code  string `json:"code"`
}

// VersionAnswer is one version without what it says.
type VersionAnswer struct {
	Number    int64   `json:"number"`
	Status    Status  `json:"status" enum:"draft,in_approval,approved,superseded,returned"`
	Note      string  `json:"note"`
	Approval  string  `json:"approval" doc:"Id of its approval; empty for none."`
	SHA256    string  `json:"sha256" doc:"Of the text that was put before the signer."`
	Signer    string  `json:"signer" doc:"Who signed or refused."`
	Reason    string  `json:"reason" doc:"Of a refusal or withdrawal."`
	ClosedAt  db.Time `json:"closed_at"`
	FilledAt  db.Time `json:"filled_at" doc:"When it was last filled from live data."`
	CreatedBy string  `json:"created_by"`
	CreatedAt db.Time `json:"created_at"`
	UpdatedAt db.Time `json:"updated_at"`
}

func versionAnswer(v Version) VersionAnswer {
	return VersionAnswer{v.Number, v.Status, v.Note, string(v.ApprovalID), v.SHA256, v.Signer, v.Reason, v.ClosedAt, v.FilledAt, v.CreatedBy, v.CreatedAt, v.UpdatedAt}
}

func shown(w Whole) Shown {
	out := Shown{Answer: answer(w.Deliverable), Data: w.Content, Shown: versionAnswer(w.V), Missing: []Gap{}}
	for _, f := range w.Faults {
		out.Missing = append(out.Missing, Gap{f.Path, f.Key})
	}
	return out
}

// Refilled is what filling again did, or would do.
type Refilled struct {
	Applied bool     `json:"applied"`
	Changes []Change `json:"changes" nullable:"false"`
	Version int64    `json:"version" doc:"Of the deliverable now."`
}

type byID struct {
	ID string `path:"id" doc:"Id."`
}

type oneVersion struct {
	ID     string `path:"id" doc:"Id."`
	Number int64  `query:"number" doc:"Of the version; the latest by default."`
}

type acted struct {
	ID string `path:"id" doc:"Id."`
	api.Match
}

// Register adds the operations of this room.
func (s *Service) Register(a *api.API) {
	const tag = "Deliverables"
	api.List(a, api.Listing[Deliverable, Answer]{
		Op:   api.Op{Path: "/deliverables", Tag: tag, Summary: "List deliverables", Description: "The documents by which the service of a customer is run, at most six for each."},
		Spec: Spec, Allow: permission.Need(permission.DeliverableRead),
		Rows: func(_ context.Context, _ *db.Tx, rows []Deliverable) ([]Answer, error) { return answers(rows), nil },
	})
	api.Get(a, api.Op{Path: "/deliverables/{id}", Tag: tag, Summary: "Get a deliverable"}, func(ctx context.Context, in *oneVersion) (Shown, error) {
		w, err := s.Get(ctx, permission.From(ctx), in.ID, in.Number)
		return shown(w), err
	})
	api.Get(a, api.Op{Path: "/deliverables/{id}/versions", Tag: tag, Summary: "List the versions of a deliverable", Description: "The latest first."},
		func(ctx context.Context, in *byID) (struct {
			Items []VersionAnswer `json:"items" nullable:"false"`
		}, error) {
			out := struct {
				Items []VersionAnswer `json:"items" nullable:"false"`
			}{Items: []VersionAnswer{}}
			all, err := s.Versions(ctx, permission.From(ctx), in.ID)
			for _, v := range all {
				out.Items = append(out.Items, versionAnswer(v))
			}
			return out, err
		})
	api.Stream(a, api.Op{Path: "/deliverables/{id}/document", Tag: tag, Summary: "Get a deliverable as PDF or XLSX",
		Description: "In the deliverable's language. format=pdf (the default) or xlsx, or Accept; number is that of a version."}, document.PDFType, s.stream)
	api.Post(a, api.Op{Path: "/deliverables", Tag: tag, Summary: "Draft a deliverable", Description: "From the template of its kind and the live data, in the customer's language."},
		func(ctx context.Context, in *struct{ Body NewDeliverable }) (Answer, error) {
			d, err := s.Create(ctx, permission.From(ctx), in.Body)
			return answer(d), err
		})
	api.Patch(a, api.Op{Path: "/deliverables/{id}", Tag: tag, Summary: "Change what a deliverable says",
		Description: "data replaces all that it says. One that was approved or returned gets its next version by that."}, func(ctx context.Context, in *struct {
		ID string `path:"id" doc:"Id."`
		api.Match
		Body struct {
			Data *any    `json:"data,omitempty" doc:"As in the answer of GET."`
			Note *string `json:"note,omitempty" doc:"What is new in this version."`
		}
	}) (Answer, error) {
		change := ChangeDeliverable{Note: in.Body.Note}
		if in.Body.Data != nil {
			raw, err := json.Marshal(*in.Body.Data)
			if err != nil {
				return Answer{}, err
			}
			change.Data = (*json.RawMessage)(&raw)
		}
		d, err := s.Change(ctx, permission.From(ctx), in.ID, in.Expected(), change)
		return answer(d), err
	})
	api.Post(a, api.Op{Path: "/deliverables/{id}/fill", Tag: tag, Summary: "Fill a deliverable again from live data", Status: http.StatusOK,
		Description: "What was changed by hand stays. Without apply it only tells what would change."}, func(ctx context.Context, in *struct {
		ID string `path:"id" doc:"Id."`
		api.Match
		Body struct {
			Apply bool `json:"apply,omitempty"`
		}
	}) (Refilled, error) {
		who := permission.From(ctx)
		out := Refilled{Applied: in.Body.Apply, Changes: []Change{}}
		var found []Change
		if in.Body.Apply {
			d, changes, err := s.Refill(ctx, who, in.ID, in.Expected())
			if err != nil {
				return out, err
			}
			found, out.Version = changes, d.Version
		} else {
			w, changes, err := s.Preview(ctx, who, in.ID)
			if err != nil {
				return out, err
			}
			found, out.Version = changes, w.Version
		}
		out.Changes = append(out.Changes, found...)
		return out, nil
	})
	api.Post(a, api.Op{Path: "/deliverables/{id}/approval", Tag: tag, Summary: "Put a deliverable before the customer", Status: http.StatusOK,
		Description: "The customer's approvers are asked to sign the latest version. 422 names what it lacks."}, func(ctx context.Context, in *acted) (Answer, error) {
		d, err := s.Ask(ctx, permission.From(ctx), in.ID, in.Expected())
		return answer(d), err
	})
	api.Post(a, api.Op{Path: "/deliverables/{id}/withdraw", Tag: tag, Summary: "Take a deliverable back from approval", Status: http.StatusOK}, func(ctx context.Context, in *struct {
		ID   string `path:"id" doc:"Id."`
		Body struct {
			Reason string `json:"reason" doc:"For the customer."`
		}
	}) (Shown, error) {
		who := permission.From(ctx)
		if err := s.TakeBack(ctx, who, in.ID, in.Body.Reason); err != nil {
			return Shown{}, err
		}
		w, err := s.Get(ctx, who, in.ID, 0)
		return shown(w), err
	})
}

func answers(rows []Deliverable) []Answer {
	out := make([]Answer, len(rows))
	for i, d := range rows {
		out[i] = answer(d)
	}
	return out
}

func (s *Service) stream(w http.ResponseWriter, r *http.Request) error {
	format, err := document.Format(r.URL.Query().Get("format"), r.Header.Get("Accept"))
	if err != nil {
		return err
	}
	number, err := numberOf(r.URL.Query().Get("number"))
	if err != nil {
		return err
	}
	if format == "" {
		format = "pdf"
	}
	d, p, err := s.Document(r.Context(), permission.From(r.Context()), r.PathValue("id"), number)
	if err != nil {
		return err
	}
	return d.Send(w, format, p)
}

// numberOf reads the number of a version; 0 for none.
func numberOf(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		var bad fault.Fields
		bad.Add("number", "deliverable.bad.version")
		return 0, bad.Err()
	}
	return n, nil
}
