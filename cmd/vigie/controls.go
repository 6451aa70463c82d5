package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"

	"vigie/catalogue"
	"vigie/internal/app"
	"vigie/internal/onboard/control"
)

type controlsCommand struct {
	Test controlsTest `cmd:"" help:"Read controls strictly and carry out the test table of each."`
}

type controlsTest struct {
	outputFlag
	Dir string `arg:"" optional:"" help:"Folder with YAML files; the controls that ship with Vigie if left out." placeholder:"DIR"`
	All bool   `help:"Show the cases that hold as well."`
}

// local: the folder is the caller's, and no data of the instance is asked for.
func (c *controlsTest) local() {}

// Run implements command.
func (c *controlsTest) Run(_ context.Context, e *env, _ *grammar) error {
	files, folder := fs.FS(catalogue.Files), "controls"
	if c.Dir != "" {
		if at, err := os.Stat(e.path(c.Dir)); err != nil || !at.IsDir() {
			return fmt.Errorf("%s is no folder that can be read", c.Dir)
		}
		files, folder = os.DirFS(e.path(c.Dir)), "."
	}
	all, err := control.Load(files, folder, app.KnownType())
	if refused, ok := errors.AsType[catalogue.Problems](err); ok {
		return c.refuse(e, refused)
	}
	if err != nil {
		return err
	}
	results := all.Test()
	shown, failed := []control.Result{}, 0
	for _, r := range results {
		if !r.OK {
			failed++
		}
		if !r.OK || c.All || c.Output != "table" {
			shown = append(shown, r)
		}
	}
	rows := make([][]string, len(shown))
	for i, r := range shown {
		rows[i] = []string{r.Control, r.Case, string(r.Want), string(r.Got), strconv.FormatBool(r.OK), r.Why, fmt.Sprintf("%s:%d", r.File, r.Line)}
	}
	if len(shown) > 0 || c.Output != "table" {
		if err := c.print(e.stdout, []string{"control", "case", "want", "got", "ok", "why", "at"}, shown, rows); err != nil {
			return err
		}
	}
	if c.Output == "table" {
		fmt.Fprintf(e.stdout, "%d controls, %d cases, %d failed\n", len(all.All()), len(results), failed)
	}
	if failed > 0 {
		return exitCode(exitFailed)
	}
	return nil
}

func (c *controlsTest) refuse(e *env, problems catalogue.Problems) error {
	rows := make([][]string, len(problems))
	for i, p := range problems {
		rows[i] = []string{p.File, strconv.Itoa(p.Line), p.Reason}
	}
	if err := c.print(e.stdout, []string{"file", "line", "reason"}, problems, rows); err != nil {
		return err
	}
	return exitCode(exitFailed)
}
