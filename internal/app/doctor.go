package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
)

// Check is one thing that the doctor looked at.
type Check struct {
	Name   string `json:"check"`
	State  string `json:"state"` // "ok" or "failed"
	Detail string `json:"detail"`
}

// Doctor looks at what an instance stands on. Nothing is changed.
func (a *App) Doctor(ctx context.Context) []Check {
	var out []Check
	add := func(name, good string, err error) {
		c := Check{name, "ok", good}
		if err != nil {
			c.State, c.Detail = "failed", err.Error()
			var f *fault.Error
			if errors.As(err, &f) {
				c.Detail = a.bundle.Printer("en", time.UTC, a.opts.Clock.Now()).T(f.Key, f.Args)
			}
		}
		out = append(out, c)
	}
	add("database", a.Engine()+" answers", a.db.Ping(ctx))
	add("isolation", "the walls between customers stand", a.db.CheckWall(ctx))
	if _, err := os.Stat(a.opts.DataDir); a.db.Engine() == db.SQLite || err == nil { // a server on PostgreSQL needs none
		add("data folder", a.opts.DataDir, writable(a.opts.DataDir))
	}
	add("files", "uploads can be kept", a.checkFiles(ctx))
	add("languages", fmt.Sprint(len(a.bundle.Languages()))+" languages", nil)
	add("assets", "built in", ui.CheckAssets())
	_, err := a.Identity.CountAdmins(ctx)
	add("administrators", "somebody may administer", err)
	return out
}

// writable makes and removes a file.
func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return err
	}
	f.Close()
	return os.Remove(f.Name())
}
