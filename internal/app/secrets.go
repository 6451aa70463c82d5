package app

import (
	"context"

	"vigie/internal/platform/db"
	"vigie/internal/platform/outbound"
	"vigie/internal/platform/seal"
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

// outbound is the policy of calls to addresses that people typed.
func (a *App) outbound() outbound.Policy { return outbound.Policy{Allow: a.opts.OutboundAllow} }
