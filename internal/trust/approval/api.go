package approval

import (
	"context"
	"time"

	"vigie/internal/kit/api"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

// Answer is an approval as callers of the API see it.
type Answer struct {
	ID          string            `json:"id"`
	Customer    string            `json:"customer" doc:"Slug."`
	Purpose     string            `json:"purpose"`
	RecordType  string            `json:"record_type"`
	RecordID    string            `json:"record_id"`
	Title       string            `json:"title"`
	Content     string            `json:"content" doc:"Exactly what is shown and signed."`
	MediaType   string            `json:"media_type" enum:"text/plain,text/markdown,application/json"`
	SHA256      string            `json:"sha256" doc:"Of the content, in hex."`
	Statement   string            `json:"statement" doc:"What the signer confirms."`
	Roles       []permission.Role `json:"roles" nullable:"false" doc:"Who may sign."`
	State       State             `json:"state" enum:"requested,signed,refused,withdrawn,expired"`
	RequestedBy string            `json:"requested_by"`
	RequestedAt db.Time           `json:"requested_at"`
	ExpiresAt   *time.Time        `json:"expires_at"`
	Signer      string            `json:"signer" doc:"Who signed or refused."`
	Method      string            `json:"method" doc:"By what the signer showed who they are."`
	ClosedAt    *time.Time        `json:"closed_at"`
	Reason      string            `json:"reason" doc:"Of a refusal or withdrawal."`
	EntryID     string            `json:"entry_id" doc:"Of the signature's entry in the audit trail."`
	Version     int64             `json:"version"`
}

// Revision makes the ETag.
func (v Answer) Revision() int64 { return v.Version }

// Self is the record's address below /api/v1.
func (v Answer) Self() string { return "/approvals/" + v.ID }

func answer(v Approval, slug string) Answer {
	return Answer{ID: v.ID, Customer: slug, Purpose: v.Purpose, RecordType: v.RecordType, RecordID: v.RecordID, Title: v.Title, Content: v.Content, MediaType: v.MediaType,
		SHA256: v.SHA256, Statement: v.Statement, Roles: v.Roles.V, State: v.State, RequestedBy: v.RequestedByName, RequestedAt: v.RequestedAt, ExpiresAt: v.ExpiresAt.Ptr(),
		Signer: v.SignerName, Method: v.Method, ClosedAt: v.ClosedAt.Ptr(), Reason: v.Reason, EntryID: string(v.EntryID), Version: v.Version}
}

type byID struct {
	ID string `path:"id" doc:"Id."`
}

// CreateApproval is what the API takes to ask for a signature.
type CreateApproval struct {
	Customer   string            `json:"customer" doc:"Slug or id."`
	Purpose    string            `json:"purpose,omitempty" doc:"What it is for, as programs say it; default document."`
	RecordType string            `json:"record_type,omitempty"`
	RecordID   string            `json:"record_id,omitempty"`
	Title      string            `json:"title"`
	Content    string            `json:"content" doc:"At most 256 KiB."`
	MediaType  string            `json:"media_type,omitempty" doc:"text/plain (default), text/markdown or application/json."`
	Statement  string            `json:"statement" doc:"What the signer confirms, in the signer's language."`
	Roles      []permission.Role `json:"roles,omitempty" doc:"Who may sign: approver (default), manager, admin."`
	ExpiresAt  *time.Time        `json:"expires_at,omitempty"`
}

func (c CreateApproval) input() NewApproval {
	in := NewApproval{Purpose: c.Purpose, RecordType: c.RecordType, RecordID: c.RecordID, Title: c.Title, Content: []byte(c.Content), MediaType: c.MediaType, Statement: c.Statement, Roles: c.Roles}
	if in.Purpose == "" {
		in.Purpose = "document"
	}
	if c.ExpiresAt != nil {
		in.Expires = *c.ExpiresAt
	}
	return in
}

type reasoned struct {
	ID   string `path:"id" doc:"Id."`
	Body struct {
		Reason string `json:"reason" doc:"For the other side."`
	}
}

// Register adds the operations of this room. Signing is not among them: it needs a person at a browser.
func (s *Service) Register(a *api.API) {
	const tag = "Approvals"
	api.List(a, api.Listing[row, Answer]{
		Op:   api.Op{Path: "/approvals", Tag: tag, Summary: "List approvals", Description: "Newest first."},
		Spec: Spec, Allow: permission.Need(permission.ApprovalRead),
		Rows: func(_ context.Context, _ *db.Tx, rows []row) ([]Answer, error) {
			out := make([]Answer, len(rows))
			for i, r := range rows {
				out[i] = answer(r.Approval, r.Slug)
			}
			return out, nil
		},
	})
	api.Get(a, api.Op{Path: "/approvals/{id}", Tag: tag, Summary: "Get an approval"}, func(ctx context.Context, in *byID) (Answer, error) {
		v, slug, err := s.Approval(ctx, permission.From(ctx), in.ID)
		return answer(v, slug), err
	})
	api.Get(a, api.Op{Path: "/approvals/{id}/receipt", Tag: tag, Summary: "Get the receipt of a signature",
		Description: "Content, signature, proof and signed checkpoint. vigie audit verify --receipt checks it anywhere. 409 unless signed."},
		func(ctx context.Context, in *byID) (Receipt, error) {
			return s.Receipt(ctx, permission.From(ctx), in.ID)
		})
	api.Post(a, api.Op{Path: "/approvals", Tag: tag, Summary: "Ask for a signature", Description: "The content never changes afterwards. Signing is done by a person at a browser, with a fresh sign-in."},
		func(ctx context.Context, in *struct{ Body CreateApproval }) (Answer, error) {
			v, slug, err := s.Create(ctx, permission.From(ctx), in.Body.Customer, in.Body.input())
			return answer(v, slug), err
		})
	api.Post(a, api.Op{Path: "/approvals/{id}/refuse", Tag: tag, Summary: "Refuse to sign", Status: 200}, func(ctx context.Context, in *reasoned) (Answer, error) {
		return s.ended(ctx, in, s.Refuse)
	})
	api.Post(a, api.Op{Path: "/approvals/{id}/withdraw", Tag: tag, Summary: "Take a request back", Status: 200}, func(ctx context.Context, in *reasoned) (Answer, error) {
		return s.ended(ctx, in, s.Withdraw)
	})
}

func (s *Service) ended(ctx context.Context, in *reasoned, end func(context.Context, permission.Actor, string, string) (Approval, error)) (Answer, error) {
	if _, err := end(ctx, permission.From(ctx), in.ID, in.Body.Reason); err != nil {
		return Answer{}, err
	}
	v, slug, err := s.Approval(ctx, permission.From(ctx), in.ID)
	return answer(v, slug), err
}
