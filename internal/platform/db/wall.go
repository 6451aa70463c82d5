package db

import (
	"context"
	"fmt"
)

// CheckWall tells whether the second wall stands: on PostgreSQL the serving role must neither own the tables nor bypass
// row-level security, and every customer's table must have it forced. SQLite has only the first wall, the rewriting.
func (d *DB) CheckWall(ctx context.Context) error {
	if d.engine != Postgres {
		return nil
	}
	var role string
	var super, bypass bool
	err := d.read.QueryRowContext(ctx, `SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user`).Scan(&role, &super, &bypass)
	if err != nil {
		return fmt.Errorf("check row-level security: %w", err)
	}
	if super || bypass {
		return fmt.Errorf("database role %s steps over row-level security", role)
	}
	for _, t := range Tables() {
		if t.Key == "" {
			continue
		}
		var on, forced, owned bool
		err := d.read.QueryRowContext(ctx, `SELECT relrowsecurity, relforcerowsecurity, pg_get_userbyid(relowner) = current_user
			FROM pg_class WHERE oid = to_regclass($1)`, t.Name).Scan(&on, &forced, &owned)
		if err != nil {
			return fmt.Errorf("check row-level security of %s: %w (run vigie migrate)", t.Name, err)
		}
		if !on || !forced {
			return fmt.Errorf("table %s has no forced row-level security; run vigie migrate", t.Name)
		}
		if owned {
			return fmt.Errorf("database role %s owns table %s", role, t.Name)
		}
	}
	return nil
}
