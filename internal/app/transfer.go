package app

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"strings"

	"vigie/internal/customer"
	"vigie/internal/exchange/transfer"
	"vigie/internal/kit/i18n"
	"vigie/internal/onboard/launch"
	"vigie/internal/platform/blob"
	"vigie/internal/platform/db"
	"vigie/internal/platform/jobs"
	"vigie/internal/platform/seal"
	"vigie/internal/trust/approval"
	"vigie/internal/trust/permission"
)

// wireTransfer opens the room through which customers leave and come.
func (a *App) wireTransfer() {
	a.Transfer = transfer.New(transfer.Parts{DB: a.db, Files: a.files(), Version: a.opts.Version, Folder: a.opts.DataDir, CheckSlug: customer.CheckSlug,
		Sealed: sealedColumns, Arrived: launch.Arrived, Orders: orders{a}, System: system, Words: func(language string) *i18n.Printer { return a.bundle.Printer(language, nil, a.opts.Clock.Now()) }})
	a.Approvals.On(transfer.Purpose, func(ctx context.Context, v approval.Approval) error {
		return a.Transfer.Ordered(ctx, v.ID)
	})
	a.queue.Handle(jobs.TickTopic, func(ctx context.Context, _ jobs.Task) error { return a.Transfer.Sweep(ctx) })
}

// orders are approvals as the removal of a customer needs them.
type orders struct{ a *App }

// Request implements transfer.Orders.
func (o orders) Request(ctx context.Context, tx *db.Tx, actor permission.Actor, in transfer.Order) (string, error) {
	v, err := o.a.Approvals.Request(ctx, tx, actor, approval.NewApproval{Purpose: transfer.Purpose, RecordType: "customer", RecordID: in.RecordID, Title: in.Title,
		Content: in.Content, MediaType: approval.Plain, Statement: in.Statement, Roles: []permission.Role{permission.Approver, permission.Admin}})
	return v.ID, err
}

// Withdraw implements transfer.Orders.
func (o orders) Withdraw(ctx context.Context, actor permission.Actor, request, reason string) error {
	_, err := o.a.Approvals.Withdraw(ctx, actor, request, reason)
	return err
}

// Receipt implements transfer.Orders.
func (o orders) Receipt(ctx context.Context, customer, request string) (text, signer string, err error) {
	actor := system(customer)
	if _, err := o.a.Audit.Checkpoint(ctx); err != nil {
		return "", "", err
	}
	v, _, err := o.a.Approvals.Approval(ctx, actor, request)
	if err != nil {
		return "", "", err
	}
	r, err := o.a.Approvals.Receipt(ctx, actor, request)
	if err != nil {
		return "", "", err
	}
	b, err := json.MarshalIndent(r, "", "  ")
	return string(b), v.SignerName, err
}

// Settle implements transfer.Orders.
func (o orders) Settle(ctx context.Context) error {
	_, err := o.a.Audit.Sequence(ctx)
	return err
}

func sealedColumns(table string) (out []string) {
	for _, c := range seal.Columns() {
		if c.Table == table {
			out = append(out, c.Column)
		}
	}
	return out
}

// files are the uploads as backups and exports need them.
func (a *App) files() files { return files{a.blobs} }

type files struct{ blobs blob.Store }

// Hashes lists what the rows within the transaction's scope name.
func (f files) Hashes(ctx context.Context, tx *db.Tx) (out []string, err error) {
	var parts []string
	for _, c := range blob.Columns() {
		parts = append(parts, `SELECT `+c.Name+` AS hash FROM {`+c.Table+`} WHERE `+c.Name+` IS NOT NULL`)
	}
	err = tx.Select(ctx, &out, strings.Join(parts, ` UNION `)+` ORDER BY hash`)
	return out, err
}

// Open gives the content of one.
func (f files) Open(ctx context.Context, hash string) (io.ReadCloser, error) {
	return f.blobs.Open(ctx, hash)
}

// Put keeps a content. Its hash is made anew, so that a file can never stand under another's name.
func (f files) Put(ctx context.Context, _ string, r io.Reader) error {
	_, err := f.blobs.Put(ctx, r, math.MaxInt64)
	return err
}

// Keep holds a content for the row that the transaction writes.
func (f files) Keep(ctx context.Context, tx *db.Tx, hash string, size int64) error {
	return blob.Keep(ctx, tx, f.blobs, blob.Blob{Hash: hash, Size: size})
}
