package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"vigie/internal/app"
	"vigie/internal/kit/i18n"
	"vigie/internal/platform/clock"
	"vigie/internal/trust/approval"
	"vigie/internal/trust/audit"
	"vigie/locales"
)

// checkpointFlags say where a server writes checkpoints besides the database, and how often.
type checkpointFlags struct {
	CheckpointDir   string        `name:"checkpoint-dir" help:"Folder, best on another machine, to which checkpoints of the audit log are written." placeholder:"DIR"`
	CheckpointS3    string        `name:"checkpoint-s3" help:"Bucket, best with object lock, to which they are written." placeholder:"BUCKET/PREFIX"`
	CheckpointEvery time.Duration `name:"checkpoint-every" help:"How often the audit log is signed when something has happened." default:"1h"`
}

func (c checkpointFlags) checkpoints(e *env) app.Checkpoints {
	out := app.Checkpoints{S3: c.CheckpointS3, Every: c.CheckpointEvery}
	if c.CheckpointDir != "" {
		out.Dir = e.path(c.CheckpointDir)
	}
	return out
}

type auditCommand struct {
	Verify     auditVerify     `cmd:"" help:"Recompute the audit log, hold it to its checkpoints, and name the first entry that is not as it was."`
	Checkpoint auditCheckpoint `cmd:"" help:"Sign the audit log as it is now, and print the checkpoint, to be kept elsewhere."`
	Key        auditKey        `cmd:"" help:"Print the public key of the checkpoints, to be kept elsewhere."`
}

type auditVerify struct {
	storeFlags
	outputFlag
	Checkpoint []string `help:"Checkpoint that was kept elsewhere; leaves-*.txt beside it make the answer more exact. May be given several times." placeholder:"FILE"`
	Key        string   `help:"File with the public key that was kept elsewhere; default: what the database, or the receipt, says." placeholder:"FILE"`
	Receipt    string   `help:"Check this receipt of a signature instead; needs no database." placeholder:"FILE"`
}

// offline: a receipt is checked here, without any instance.
func (c *auditVerify) offline() bool { return c.Receipt != "" }

// receipt checks the receipt of a signature.
func (c *auditVerify) receipt(e *env, key string) error {
	b, err := os.ReadFile(e.path(c.Receipt))
	if err != nil {
		return fmt.Errorf("--receipt: %w", err)
	}
	r, err := approval.ReadReceipt(b)
	if err != nil {
		return err
	}
	p, err := words()
	if err != nil {
		return err
	}
	own := key == ""
	if own {
		key = r.Proof.Key
	}
	keys, err := audit.Keys(key)
	if err != nil {
		return err
	}
	point, err := r.Check(keys)
	if err != nil {
		return err
	}
	if c.Output != "table" {
		return c.print(e.stdout, []string{"signer", "signed_at", "method", "title", "statement", "sha256"}, r.Signed,
			[][]string{{r.Signed.Signer, r.Signed.SignedAt, r.Signed.Method, r.Signed.Title, r.Signed.Statement, r.Signed.SHA256}})
	}
	fmt.Fprintln(e.stdout, p.T("audit.receipt.good", "signer", r.Signed.Signer, "email", r.Signed.Email, "title", r.Signed.Title, "at", r.Signed.SignedAt, "method", r.Signed.Method))
	fmt.Fprintln(e.stdout, p.T("audit.receipt.statement", "statement", r.Signed.Statement))
	fmt.Fprintln(e.stdout, p.T("audit.receipt.hash", "sha256", r.Signed.SHA256, "number", fmt.Sprint(r.Proof.Leaf.Seq), "size", fmt.Sprint(point.Size), "origin", point.Origin))
	if own {
		fmt.Fprintln(e.stdout, p.T("audit.receipt.own_key", "key", r.Proof.Key))
	}
	return nil
}

// Run implements command. What is found makes the command fail.
func (c *auditVerify) Run(ctx context.Context, e *env, g *grammar) error {
	key, err := c.key(e)
	if err != nil {
		return err
	}
	if c.Receipt != "" {
		return c.receipt(e, key)
	}
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	var kept []audit.Kept
	for _, file := range c.Checkpoint {
		k, err := audit.ReadKept(e.path(file))
		if err != nil {
			return err
		}
		kept = append(kept, k)
	}
	r, err := a.Audit.Verify(ctx, key, kept)
	if err != nil {
		return err
	}
	p, err := words()
	if err != nil {
		return err
	}
	if err := c.report(e, p, r); err != nil {
		return err
	}
	if !r.Good() {
		return exitCode(exitFailed)
	}
	return nil
}

func (c *auditVerify) key(e *env) (string, error) {
	if c.Key == "" {
		return "", nil
	}
	b, err := os.ReadFile(e.path(c.Key))
	if err != nil {
		return "", fmt.Errorf("--key: %w", err)
	}
	return string(b), nil
}

func (c *auditVerify) report(e *env, p *i18n.Printer, r audit.Report) error {
	if c.Output == "json" {
		return c.print(e.stdout, nil, r, nil)
	}
	head, cells := []string{"kind", "number", "customer", "entry", "meaning"}, [][]string{}
	for _, x := range r.Problems {
		cells = append(cells, []string{x.Kind, numberOf(x), x.Customer, x.Entry, p.T("audit.problem." + x.Kind)}) // i18n: audit.problem.*
	}
	if c.Output == "csv" {
		return c.print(e.stdout, head, nil, cells)
	}
	fmt.Fprintln(e.stdout, p.T("audit.report.size", "entries", p.Number(int(r.Size)), "root", r.Root))
	fmt.Fprintln(e.stdout, p.T("audit.report.checkpoints", "count", p.Number(int(r.Checkpoints)), "kept", p.Number(int(r.Kept)), "waiting", p.Number(int(r.Waiting))))
	for _, x := range r.Removed {
		fmt.Fprintln(e.stdout, p.T("audit.report.removed", "customer", x.Name, "entries", p.Number(int(x.Entries)), "order", x.Order))
	}
	if r.Good() {
		fmt.Fprintln(e.stdout, p.T("audit.report.good"))
		return nil
	}
	first := r.Problems[0]
	fmt.Fprintln(e.stdout, p.T("audit.report.bad", "number", numberOf(first), "entry", orDash(first.Entry), "meaning", p.T("audit.problem."+first.Kind)))
	fmt.Fprintln(e.stdout)
	return c.print(e.stdout, head, nil, cells)
}

// numberOf is the number of a problem's entry, or the range within which it lies.
func numberOf(x audit.Problem) string {
	switch {
	case x.Seq < 0:
		return "-"
	case x.To > x.Seq+1:
		return fmt.Sprintf("%d-%d", x.Seq, x.To-1)
	}
	return fmt.Sprint(x.Seq)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// words speaks the language of the command's environment.
func words() (*i18n.Printer, error) {
	bundle, err := i18n.Load(locales.FS)
	if err != nil {
		return nil, err
	}
	return bundle.Printer(environmentLanguage(), nil, clock.System{}.Now()), nil
}

type auditCheckpoint struct {
	storeFlags
	Out string `help:"Folder to write the checkpoint and the leaves below it into." placeholder:"DIR"`
}

// Run implements command.
func (c *auditCheckpoint) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	k, err := a.Audit.Checkpoint(ctx)
	if err != nil {
		return err
	}
	if c.Out != "" {
		if err := a.Audit.Copy(ctx, k, audit.Folder(e.path(c.Out))); err != nil {
			return err
		}
	}
	_, err = fmt.Fprint(e.stdout, k.Note)
	return err
}

type auditKey struct{ storeFlags }

// Run implements command.
func (c *auditKey) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	key, err := a.Audit.PublicKey(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(e.stdout, strings.TrimSpace(key))
	return err
}
