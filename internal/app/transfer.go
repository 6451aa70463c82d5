package app

import (
	"context"
	"io"
	"math"
	"strings"

	"vigie/internal/customer"
	"vigie/internal/exchange/transfer"
	"vigie/internal/platform/blob"
	"vigie/internal/platform/db"
	"vigie/internal/platform/seal"
)

// wireTransfer opens the room through which customers leave and come.
func (a *App) wireTransfer() {
	a.Transfer = transfer.New(transfer.Parts{DB: a.db, Files: a.files(), Version: a.opts.Version, Folder: a.opts.DataDir, CheckSlug: customer.CheckSlug,
		Sealed: sealedColumns, Guide: func(language, name string) string {
			return a.bundle.Printer(language, nil, a.opts.Clock.Now()).T("transfer.guide", "name", name)
		}})
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
