package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"

	"vigie/catalogue"
	"vigie/internal/onboard/question"
)

type assessmentCommand struct {
	List assessmentList `cmd:"" help:"List assessments, the newest first."`
	Show assessmentShow `cmd:"" help:"Show the answers of an assessment."`
}

type assessmentList struct {
	storeFlags
	outputFlag
	Customer string `help:"Only of this customer." placeholder:"SLUG"`
}

// Run implements command.
func (c *assessmentList) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	all, err := a.Asked.All(ctx, a.Operator("vigie assessment list"), c.Customer)
	if err != nil {
		return err
	}
	var cells [][]string
	for _, s := range all {
		cells = append(cells, []string{s.ID, s.Customer, s.Kind, string(s.State), fmt.Sprintf("%d/%d", s.Answered, s.Shown), strconv.FormatInt(s.Missing, 10), s.Title})
	}
	return c.print(e.stdout, []string{"id", "customer", "kind", "state", "answered", "missing", "title"}, all, cells)
}

type assessmentShow struct {
	storeFlags
	outputFlag
	ID string `arg:"" help:"Id of the assessment." placeholder:"ID"`
}

// Run implements command.
func (c *assessmentShow) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	answers, err := a.Asked.Sheet(ctx, a.Operator("vigie assessment show"), c.ID)
	if err != nil {
		return err
	}
	var cells [][]string
	for _, x := range answers {
		cells = append(cells, []string{x.Question, question.Plain(x.Value), x.ByName, x.At.Format(time.RFC3339)})
	}
	return c.print(e.stdout, []string{"question", "answer", "by", "at"}, answers, cells)
}

type questionnaireCommand struct {
	Check questionnaireCheck `cmd:"" help:"Check the questionnaires of a folder, and say what is wrong with file and line."`
}

type questionnaireCheck struct {
	Dir string `arg:"" help:"A folder as --catalogue takes it, or one with questionnaires alone." placeholder:"DIR"`
}

// Run implements command.
func (c *questionnaireCheck) Run(_ context.Context, e *env, _ *grammar) error {
	dir := e.path(c.Dir)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return errors.Join(err, fmt.Errorf("%s is no folder", c.Dir))
	}
	files, folder := os.DirFS(dir), "."
	if info, err := fs.Stat(files, question.Folder); err == nil && info.IsDir() {
		// As a server would read them: with those of Vigie beneath.
		if files, err = catalogue.Open(dir); err != nil {
			return err
		}
		folder = question.Folder
	}
	book, err := question.Load(files, folder)
	if err != nil {
		return err
	}
	for _, q := range book.Newest() {
		fmt.Fprintf(e.stdout, "%s, version %d: %s, %d questions\n", q.ID, q.Version, q.Kind, q.Count())
	}
	return nil
}
