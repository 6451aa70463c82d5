package app

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"

	"github.com/jackc/pgx/v5/pgxpool"

	"vigie/internal/exchange/backup"
	"vigie/internal/platform/blob"
	"vigie/internal/platform/db"
	"vigie/internal/platform/jobs"
)

// Backup writes the whole instance to a file, while it serves.
func (a *App) Backup(ctx context.Context, path string, told func(backup.Step)) (backup.Report, error) {
	return backup.Write(ctx, a.instance(), path, told)
}

func (a *App) instance() backup.Instance {
	return backup.Instance{DB: a.db, Files: a.files(), Version: a.opts.Version}
}

// Restore makes an instance of a backup, in a database that has no data yet. It brings the schema to the version of the backup first and
// to that of this program afterwards.
func Restore(ctx context.Context, o Options, from *backup.Source, told func(backup.Step)) error {
	extra := func(ctx context.Context, e db.Engine, s *sql.DB, p *pgxpool.Pool) error {
		return jobs.Migrate(ctx, e, s, p)
	}
	if err := db.MigrateTo(ctx, o.Database, from.Report.Manifest.Schema, extra); err != nil {
		return err
	}
	d, err := db.Open(ctx, o.Database, o.Clock)
	if err != nil {
		return err
	}
	defer d.Close()
	if schema, err := d.SchemaVersion(ctx); err != nil {
		return err
	} else if schema > from.Report.Manifest.Schema {
		return fmt.Errorf("restore: the database is newer than the backup (schema %d, not %d): give an empty one", schema, from.Report.Manifest.Schema)
	}
	blobs, err := blob.Open(ctx, o.Files, filepath.Join(o.DataDir, "files"))
	if err != nil {
		return err
	}
	if err := from.Load(ctx, backup.Instance{DB: d, Files: files{blobs}, Version: o.Version}, told); err != nil {
		return err
	}
	return db.Migrate(ctx, o.Database, extra)
}
