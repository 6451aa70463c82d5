package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"vigie/internal/platform/seal"
)

type secretCommand struct {
	Status secretStatus `cmd:"" help:"Show which master key seals, and how far a rotation is."`
	Rotate secretRotate `cmd:"" help:"Change the master key, or with --data-keys the keys under it. Can be interrupted and run again."`
	NewKey secretNewKey `cmd:"" help:"Print a fresh master key."`
}

type secretStatus struct {
	storeFlags
	outputFlag
}

// Run implements command.
func (c *secretStatus) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	s, err := a.SecretStatus(ctx)
	if err != nil {
		return err
	}
	cells := [][]string{
		{"master key of the database", s.Master}, {"master keys given here", strings.Join(s.Given, " ")}, {"data keys", strconv.FormatInt(s.Keys, 10)},
		{"data keys to wrap anew", strconv.FormatInt(s.Older, 10)}, {"retired data keys", strconv.FormatInt(s.Retired, 10)},
	}
	for _, col := range s.Columns {
		cells = append(cells, []string{col.Table + "." + col.Column, fmt.Sprintf("%d sealed, %d with a retired key", col.Values, col.Old)})
	}
	return c.print(e.stdout, []string{"what", "state"}, s, cells)
}

type secretRotate struct {
	storeFlags
	DataKeys bool `help:"Give every customer a new data key and seal every value anew; the master key stays."`
}

// Run implements command.
func (c *secretRotate) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	out, err := a.RotateSecrets(ctx, a.Operator("vigie secret rotate"), c.DataKeys)
	if err != nil {
		return err
	}
	if c.DataKeys {
		fmt.Fprintf(e.stdout, "%d new data keys, %d values sealed anew\n", out.Keys, out.Values)
		return nil
	}
	fmt.Fprintf(e.stdout, "master key %s wraps %d data keys anew\n", out.Master, out.Keys)
	fmt.Fprintln(e.stdout, "Backups made before need the old master key: keep it with them. One that Vigie made is in master.key.retired of the data folder.")
	return nil
}

type secretNewKey struct{}

func (*secretNewKey) local() {}

// Run implements command.
func (*secretNewKey) Run(_ context.Context, e *env, _ *grammar) error {
	fmt.Fprintln(e.stdout, seal.NewKey())
	return nil
}
