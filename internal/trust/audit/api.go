package audit

import (
	"context"

	"vigie/internal/kit/api"
	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

type byID struct {
	ID string `path:"id" doc:"Id."`
}

type sizes struct {
	From int64 `query:"from" required:"true" doc:"Size of the earlier checkpoint."`
	To   int64 `query:"to" required:"true" doc:"Size of the later one."`
}

// CheckpointSpec is how checkpoints are listed.
var CheckpointSpec = list.Spec{
	From: "{audit_checkpoint} k", Columns: db.Columns[checkpointRow]("k."), Key: "k.size", KeyKind: list.Number, Sort: "-size",
	Fields: []list.Field{
		{Name: "size", Column: "k.size", Kind: list.Number, Sort: true, Filter: true},
		{Name: "at", Column: "k.at", Kind: list.Time, Filter: true},
		{Name: "kept_at", Column: "k.kept_at", Kind: list.Time, Filter: true, Nullable: true},
	},
}

// Register adds the operations of this room: the trail and its proofs can be read, and nothing else.
func (l *Log) Register(a *api.API) {
	const tag = "Audit"
	need := permission.Need(permission.AuditRead)
	api.List(a, api.Listing[row, Line]{
		Op:   api.Op{Path: "/audit", Tag: tag, Summary: "List the audit trail", Description: "Who did what, when, from where, with what before and after. Newest first."},
		Spec: Spec, Allow: need,
		Rows: func(_ context.Context, _ *db.Tx, rows []row) ([]Line, error) {
			out := make([]Line, len(rows))
			for i, r := range rows {
				out[i] = r.line()
			}
			return out, nil
		},
	})
	api.Get(a, api.Op{Path: "/audit/{id}", Tag: tag, Summary: "Get an entry of the audit trail"}, func(ctx context.Context, in *byID) (Line, error) {
		return l.Entry(ctx, permission.From(ctx), in.ID)
	})
	api.Get(a, api.Op{Path: "/audit/{id}/proof", Tag: tag, Summary: "Prove that an entry stands in the log",
		Description: "The entry, its place in the Merkle tree and a signed checkpoint. 409 until a checkpoint holds it."},
		func(ctx context.Context, in *byID) (Proof, error) { return l.Prove(ctx, permission.From(ctx), in.ID) })
	api.List(a, api.Listing[checkpointRow, SignedCheckpoint]{
		Op:   api.Op{Path: "/audit/checkpoints", Tag: tag, Summary: "List the signed checkpoints of the log", Description: "Newest first. Keep them elsewhere: vigie audit verify --checkpoint holds the log to them."},
		Spec: CheckpointSpec, Allow: need, Instance: true,
		Rows: func(_ context.Context, _ *db.Tx, rows []checkpointRow) ([]SignedCheckpoint, error) {
			out := make([]SignedCheckpoint, len(rows))
			for i, r := range rows {
				out[i] = r.shown()
			}
			return out, nil
		},
	})
	api.Get(a, api.Op{Path: "/audit/consistency", Tag: tag, Summary: "Prove that one checkpoint continues another"},
		func(ctx context.Context, in *sizes) (Consistency, error) {
			return l.Continues(ctx, permission.From(ctx), in.From, in.To)
		})
}
