package question

import (
	"context"
	"maps"
	"slices"
	"time"

	"vigie/internal/kit/api"
	"vigie/internal/platform/db"
	"vigie/internal/record/link"
	"vigie/internal/trust/permission"
)

// Summary is an assessment as a list of the API has it.
type Summary struct {
	ID            string     `json:"id"`
	Customer      string     `json:"customer" doc:"Slug."`
	Kind          string     `json:"kind" enum:"base,full"`
	Title         string     `json:"title"`
	Questionnaire string     `json:"questionnaire" doc:"Id."`
	FormVersion   int64      `json:"form_version" doc:"Version of the questionnaire that answers are given to."`
	State         State      `json:"state" enum:"open,handed_in,reopened,reviewed"`
	Answered      int64      `json:"answered" doc:"Of the questions that are shown."`
	Shown         int64      `json:"shown"`
	Missing       int64      `json:"missing" doc:"Required questions without an answer."`
	Reason        string     `json:"reason" doc:"Why it was opened again, the last time."`
	HandedInAt    *time.Time `json:"handed_in_at"`
	HandedInBy    string     `json:"handed_in_by"`
	ReviewedAt    *time.Time `json:"reviewed_at"`
	ReviewedBy    string     `json:"reviewed_by"`
	Remark        string     `json:"remark" doc:"Of the review."`
	CreatedBy     string     `json:"created_by"`
	CreatedAt     db.Time    `json:"created_at"`
	UpdatedAt     db.Time    `json:"updated_at"`
	Version       int64      `json:"version"`
}

// Revision makes the ETag.
func (s Summary) Revision() int64 { return s.Version }

// Self is the record's address below /api/v1.
func (s Summary) Self() string { return "/assessments/" + s.ID }

func summary(s Assessment, slug string) Summary {
	return Summary{ID: s.ID, Customer: slug, Kind: s.Kind, Title: s.Title, Questionnaire: s.Questionnaire, FormVersion: s.FormVersion, State: s.State, Answered: s.Answered,
		Shown: s.Shown, Missing: s.Missing, Reason: s.Reason, HandedInAt: s.HandedInAt.Ptr(), HandedInBy: s.HandedInBy, ReviewedAt: s.ReviewedAt.Ptr(), ReviewedBy: s.ReviewedBy,
		Remark: s.Remark, CreatedBy: s.CreatedBy, CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt, Version: s.Version}
}

// Record is an assessment with its standing.
type Record struct {
	Summary
	Sections  map[string]Progress `json:"sections" doc:"How far each section has come, by its id."`
	Questions []string            `json:"missing_questions" nullable:"false" doc:"Required questions without an answer."`
}

func answer(w Whole) Record {
	return Record{summary(w.Assessment, w.Customer.Slug), w.Standing.Sections, w.Standing.Missing}
}

// GivenAnswer is one answer with who gave it.
type GivenAnswer struct {
	Question    string  `json:"question"`
	Value       any     `json:"value" doc:"As the type of the question says; null for an answer that was taken away."`
	FormVersion int64   `json:"form_version" doc:"Version of the questionnaire that it was given to."`
	Shown       bool    `json:"shown" doc:"False for the answer to a question that other answers hide."`
	ByKind      string  `json:"by_kind" enum:"person,token,system,link"`
	ByName      string  `json:"by_name"`
	At          db.Time `json:"at"`
	Version     int64   `json:"version"`
}

// AnswerSheet is all answers of an assessment.
type AnswerSheet struct {
	Items   []GivenAnswer `json:"items" nullable:"false"`
	Version int64         `json:"version" doc:"Of the assessment, which each answer raises."`
}

// Revision makes the ETag.
func (s AnswerSheet) Revision() int64 { return s.Version }

func sheet(w Whole) AnswerSheet {
	out := AnswerSheet{Items: []GivenAnswer{}, Version: w.Version}
	shown, _ := w.Form.Shown(values(w.Given))
	order := w.Form.names()
	names := slices.SortedFunc(maps.Keys(w.Given), func(x, y string) int { return slices.Index(order, x) - slices.Index(order, y) })
	for _, n := range names {
		g := w.Given[n]
		out.Items = append(out.Items, GivenAnswer{Question: n, Value: g.Value.V, FormVersion: g.FormVersion, Shown: shown[n], ByKind: g.ByKind, ByName: g.ByName, At: g.At, Version: g.Version})
	}
	return out
}

// PrivateLink is a link as callers see it.
type PrivateLink struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Email      string     `json:"email"`
	Language   string     `json:"language"`
	Sections   []string   `json:"sections" nullable:"false" doc:"That it reaches; empty for all."`
	State      link.State `json:"state" enum:"valid,expired,revoked"`
	ExpiresAt  db.Time    `json:"expires_at"`
	RevokedAt  *time.Time `json:"revoked_at"`
	Opened     int64      `json:"opened" doc:"How often a page of it was opened."`
	LastUsedAt *time.Time `json:"last_used_at"`
	CreatedBy  string     `json:"created_by"`
	CreatedAt  db.Time    `json:"created_at"`
	Address    string     `json:"address,omitempty" doc:"Only in the answer that made it; it is not shown again."`
}

// PrivateLinks are the links to an assessment.
type PrivateLinks struct {
	Items []PrivateLink `json:"items" nullable:"false"`
}

func shownLink(l link.Link, now time.Time, address string) PrivateLink {
	return PrivateLink{ID: l.ID, Name: l.Name, Email: l.Email, Language: l.Language, Sections: append([]string{}, l.Parts.V...), State: l.State(now), ExpiresAt: l.ExpiresAt, RevokedAt: l.RevokedAt.Ptr(),
		Opened: l.Opened, LastUsedAt: l.LastUsedAt.Ptr(), CreatedBy: l.CreatedBy, CreatedAt: l.CreatedAt, Address: address}
}

// Questionnaires are the newest versions.
type Questionnaires struct {
	Items []Questionnaire `json:"items" nullable:"false"`
}

type byID struct {
	ID string `path:"id" doc:"Id."`
}

type byLink struct {
	ID   string `path:"id" doc:"Id."`
	Link string `path:"link" doc:"Id of the link."`
}

type changeInput struct {
	ID string `path:"id" doc:"Id."`
	api.Match
	Body ChangeAssessment
}

type answerInput struct {
	ID string `path:"id" doc:"Id."`
	api.Match
	Body struct {
		Answers map[string]any `json:"answers" doc:"Values by question; null takes an answer away. Questions that are not named keep theirs."`
	}
}

type reopenInput struct {
	ID   string `path:"id" doc:"Id."`
	Body struct {
		Reason string `json:"reason" doc:"For the customer."`
	}
}

type reviewInput struct {
	ID   string `path:"id" doc:"Id."`
	Body struct {
		Remark string `json:"remark,omitempty"`
	}
}

type linkInput struct {
	ID   string `path:"id" doc:"Id."`
	Body NewLink
}

// Register adds the operations of this room.
func (s *Service) Register(a *api.API) {
	const tag = "Assessments"
	api.Get(a, api.Op{Path: "/questionnaires", Tag: tag, Summary: "List questionnaires", Description: "The newest version of each."}, func(ctx context.Context, _ *struct{}) (Questionnaires, error) {
		all, err := s.Questionnaires(permission.From(ctx))
		return Questionnaires{append([]Questionnaire{}, all...)}, err
	})
	api.Get(a, api.Op{Path: "/questionnaires/{id}", Tag: tag, Summary: "Get a questionnaire"}, func(ctx context.Context, in *byID) (Questionnaire, error) {
		return s.Questionnaire(permission.From(ctx), in.ID)
	})
	api.List(a, api.Listing[row, Summary]{
		Op: api.Op{Path: "/assessments", Tag: tag, Summary: "List assessments"}, Spec: Spec, Allow: permission.Need(permission.AssessmentRead),
		Rows: func(_ context.Context, _ *db.Tx, rows []row) ([]Summary, error) {
			out := make([]Summary, len(rows))
			for i, r := range rows {
				out[i] = summary(r.Assessment, r.Slug)
			}
			return out, nil
		},
	})
	api.Post(a, api.Op{Path: "/assessments", Tag: tag, Summary: "Put a questionnaire to a customer"}, func(ctx context.Context, in *struct{ Body NewAssessment }) (Record, error) {
		w, err := s.Create(ctx, permission.From(ctx), in.Body)
		return answer(w), err
	})
	api.Get(a, api.Op{Path: "/assessments/{id}", Tag: tag, Summary: "Get an assessment"}, func(ctx context.Context, in *byID) (Record, error) {
		w, err := s.Assessment(ctx, permission.From(ctx), in.ID)
		return answer(w), err
	})
	api.Patch(a, api.Op{Path: "/assessments/{id}", Tag: tag, Summary: "Change an assessment"}, func(ctx context.Context, in *changeInput) (Record, error) {
		w, err := s.Update(ctx, permission.From(ctx), in.ID, in.Expected(), in.Body)
		return answer(w), err
	})
	api.Get(a, api.Op{Path: "/assessments/{id}/answers", Tag: tag, Summary: "Get the answers of an assessment"}, func(ctx context.Context, in *byID) (AnswerSheet, error) {
		w, err := s.Assessment(ctx, permission.From(ctx), in.ID)
		if err != nil {
			return AnswerSheet{}, err
		}
		return sheet(w), nil
	})
	api.Patch(a, api.Op{Path: "/assessments/{id}/answers", Tag: tag, Summary: "Answer questions",
		Description: "All that are named, or none; questions that are not named keep their answers. 409 once the assessment is handed in."},
		func(ctx context.Context, in *answerInput) (AnswerSheet, error) {
			w, _, err := s.Answer(ctx, permission.From(ctx), in.ID, Fill{Answers: in.Body.Answers, Version: in.Expected()})
			if err != nil {
				return AnswerSheet{}, err
			}
			return sheet(w), nil
		})
	api.Post(a, api.Op{Path: "/assessments/{id}/hand-in", Tag: tag, Summary: "Hand an assessment in", Description: "Locks the answers. 422 names each required question that has none.", Status: 200},
		func(ctx context.Context, in *byID) (Record, error) {
			w, err := s.HandIn(ctx, permission.From(ctx), in.ID)
			return answer(w), err
		})
	api.Post(a, api.Op{Path: "/assessments/{id}/reopen", Tag: tag, Summary: "Open an assessment again", Status: 200}, func(ctx context.Context, in *reopenInput) (Record, error) {
		w, err := s.Reopen(ctx, permission.From(ctx), in.ID, in.Body.Reason)
		return answer(w), err
	})
	api.Post(a, api.Op{Path: "/assessments/{id}/review", Tag: tag, Summary: "Say that the answers were reviewed", Status: 200}, func(ctx context.Context, in *reviewInput) (Record, error) {
		w, err := s.Review(ctx, permission.From(ctx), in.ID, in.Body.Remark)
		return answer(w), err
	})
	s.registerLinks(a, tag)
}

func (s *Service) registerLinks(a *api.API, tag string) {
	api.Get(a, api.Op{Path: "/assessments/{id}/links", Tag: tag, Summary: "List the private links to an assessment"}, func(ctx context.Context, in *byID) (PrivateLinks, error) {
		all, err := s.PrivateLinks(ctx, permission.From(ctx), in.ID)
		out := PrivateLinks{[]PrivateLink{}}
		for _, l := range all {
			out.Items = append(out.Items, shownLink(l, s.Links.Clock.Now(), ""))
		}
		return out, err
	})
	api.Post(a, api.Op{Path: "/assessments/{id}/links", Tag: tag, Summary: "Make a private link", Description: "Whoever has its address can answer, without an account. It is mailed where an e-mail address is given.", Secret: true},
		func(ctx context.Context, in *linkInput) (PrivateLink, error) {
			l, address, err := s.CreateLink(ctx, permission.From(ctx), in.ID, in.Body)
			return shownLink(l, s.Links.Clock.Now(), address), err
		})
	api.Post(a, api.Op{Path: "/assessments/{id}/links/{link}/revoke", Tag: tag, Summary: "Revoke a private link", Status: 200}, func(ctx context.Context, in *byLink) (PrivateLink, error) {
		l, err := s.RevokeLink(ctx, permission.From(ctx), in.ID, in.Link)
		return shownLink(l, s.Links.Clock.Now(), ""), err
	})
}
