package app

import (
	"context"

	"vigie/internal/platform/db"
	"vigie/internal/platform/outbound"
	"vigie/internal/platform/seal"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// openSecrets gives the Box of the instance. A server needs its master key at once; a command on PostgreSQL may do without
// until it meets a secret, as it may run on a machine that has none.
func openSecrets(ctx context.Context, d *db.DB, o Options) (*seal.Box, error) {
	from := o.MasterKey
	if from.Folder == "" {
		from.Folder = o.DataDir
	}
	if from.KMS == nil {
		from.KMS = seal.AWS
	}
	b, err := seal.New(ctx, from)
	if err != nil {
		return nil, err
	}
	return b, b.Ready(ctx, d, d.Engine() == db.SQLite || o.PublicURL != nil)
}

// SecretStatus tells about keys and sealed values.
func (a *App) SecretStatus(ctx context.Context) (seal.Status, error) {
	return a.Secrets.Status(ctx, a.db)
}

// RotateSecrets changes the master key or the data keys, and writes that into the audit trail of the instance.
func (a *App) RotateSecrets(ctx context.Context, actor permission.Actor, dataKeys bool) (seal.Rotated, error) {
	rotate, what := a.Secrets.RotateMaster, "master key"
	if dataKeys {
		rotate, what = a.Secrets.RotateKeys, "data keys"
	}
	out, err := rotate(ctx, a.db)
	if err != nil {
		return out, err
	}
	return out, a.db.Across(ctx, "a rotation is audited", func(tx *db.Tx) error {
		return audit.Write(ctx, tx, actor, "rotate", audit.Record{Type: "secret_keys", ID: out.Master, Name: what}, nil, out)
	})
}

// outbound is the policy of calls to addresses that people typed.
func (a *App) outbound() outbound.Policy { return outbound.Policy{Allow: a.opts.OutboundAllow} }
