package isolation

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"vigie/internal/platform/db"
	"vigie/internal/platform/jobs"
	"vigie/internal/trust/approval"
	"vigie/internal/trust/permission"
)

// proven has always just shown who they are.
type proven struct{}

func (proven) TakeProof(context.Context, *db.Tx, permission.Actor) (string, error) {
	return "password", nil
}
func (proven) HasProof(context.Context, permission.Actor) (bool, error) { return true, nil }

// approve seeds a signature of the firm's.
func (h *house) approve(t *testing.T, f *firm) {
	t.Helper()
	v, _, err := h.app.Approvals.Create(t.Context(), h.operator(), f.Slug, newApproval(f))
	check(t, err)
	f.Refs["approval"] = v.ID
	signer := permission.Grant(permission.Actor{ID: "0190aaaa-0000-7000-8000-00000000000a", Name: f.Word + " Signer", Kind: permission.Person, Via: "x"}, permission.Approver,
		db.Grant(f.Refs["customer_id"]))
	real := h.app.Approvals.Proof
	h.app.Approvals.Proof = proven{}
	_, err = h.app.Approvals.Sign(t.Context(), signer, v.ID, v.SHA256, true)
	h.app.Approvals.Proof = real
	check(t, err)
}

func newApproval(f *firm) approval.NewApproval {
	return approval.NewApproval{Purpose: "document", Title: f.Word + " plan", Content: []byte("The plan of " + f.Word), Statement: "I agree for " + f.Word,
		Roles: []permission.Role{permission.Approver, permission.Manager, permission.Admin}}
}

var auditRules = map[string]rule{
	"GET /approvals": {action: permission.ApprovalRead, shows: true, query: customerQuery},
	"POST /approvals": {action: permission.ApprovalRequest, body: func(f *firm) any {
		return values{"customer": f.Slug, "title": "plan", "content": "text", "statement": "I agree"}
	}},
	"GET /approvals/{id}":           {action: permission.ApprovalRead, shows: true},
	"GET /approvals/{id}/receipt":   {action: permission.ApprovalRead, shows: true},
	"POST /approvals/{id}/refuse":   {action: permission.ApprovalSign, ok: []int{http.StatusConflict}, body: func(*firm) any { return values{"reason": "no"} }},
	"POST /approvals/{id}/withdraw": {action: permission.ApprovalRequest, ok: []int{http.StatusConflict}, body: func(*firm) any { return values{"reason": "no"} }},
}

func reasonForm(*firm) url.Values { return fields("reason", "no", "sha256", "x", "statement", "true") }

var auditPages = map[string]pageRule{
	"GET /audit":                    {action: permission.AuditRead, shows: true},
	"GET /audit/{id}":               {action: permission.AuditRead, shows: true},
	"GET /permissions":              {action: permission.CustomerRead},
	"GET /approvals":                {action: permission.ApprovalRead, shows: true},
	"GET /approvals/new":            {action: permission.ApprovalRequest},
	"POST /approvals/new":           {action: permission.ApprovalRequest, form: made("title", "")},
	"GET /approvals/{id}":           {action: permission.ApprovalRead, shows: true},
	"GET /approvals/{id}/receipt":   {action: permission.ApprovalRead, shows: true},
	"POST /approvals/{id}/sign":     {action: permission.ApprovalSign, form: reasonForm},
	"POST /approvals/{id}/refuse":   {action: permission.ApprovalSign, form: reasonForm},
	"POST /approvals/{id}/withdraw": {action: permission.ApprovalRequest, form: reasonForm},
}

var approvalCalls = map[string]call{
	"approval.Request": {action: permission.ApprovalRequest, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		scope, err := a.Scope().Narrow(f.Refs["customer_id"])
		if err != nil {
			return nil, err
		}
		var v approval.Approval
		err = h.db.InScope(ctx, scope, func(tx *db.Tx) (err error) {
			v, err = h.app.Approvals.Request(ctx, tx, a, newApproval(f))
			return err
		})
		return one(v, err)
	}},
	"approval.Create": {action: permission.ApprovalRequest, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return two(h.app.Approvals.Create(ctx, a, f.Refs["customer_id"], newApproval(f)))
	}},
	"approval.Approval": {do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return two(h.app.Approvals.Approval(ctx, a, f.Refs["approval"]))
	}},
	"approval.Receipt": {do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Approvals.Receipt(ctx, a, f.Refs["approval"]))
	}},
	"approval.Sign": {action: permission.ApprovalSign, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Approvals.Sign(ctx, a, f.Refs["approval"], "x", true))
	}},
	"approval.Refuse": {action: permission.ApprovalSign, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Approvals.Refuse(ctx, a, f.Refs["approval"], "no"))
	}},
	"approval.Withdraw": {action: permission.ApprovalRequest, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Approvals.Withdraw(ctx, a, f.Refs["approval"], "no"))
	}},
	"approval.Deliver": {list: true, quiet: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return none(h.app.Approvals.Deliver(ctx, jobs.Task{Topic: approval.Topic, Customer: f.Refs["customer_id"], Key: f.Refs["approval"]}, a))
	}},
}

// approvalOfAnother gives a task of acme's the signature of bolt's: nobody is told.
func (h *house) approvalOfAnother(t *testing.T) {
	before := h.footprint(t, h.bolt)
	told := 0
	h.app.Approvals.On("document", func(context.Context, approval.Approval) error { told++; return nil })
	of := func(f *firm) permission.Actor {
		return permission.Grant(permission.Actor{Name: "job", Kind: permission.System}, permission.Admin, db.Grant(f.Refs["customer_id"]))
	}
	task := jobs.Task{Topic: approval.Topic, Customer: h.acme.Refs["customer_id"], Key: h.bolt.Refs["approval"]}
	check(t, h.app.Approvals.Deliver(t.Context(), task, of(h.acme)))
	if told != 0 {
		t.Error("a task of acme's delivered bolt's signature")
	}
	task.Key = h.acme.Refs["approval"]
	if check(t, h.app.Approvals.Deliver(t.Context(), task, of(h.acme))); told != 1 {
		t.Errorf("acme's own signature was delivered %d times", told)
	}
	h.untouched(t, h.bolt, before, "a signature under another's name")
}
