package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kong"

	"vigie/internal/app"
	"vigie/internal/kit/i18n"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/control"
	"vigie/internal/platform/fault"
	"vigie/locales"
)

// Exit codes of CONTRACT.md.
const (
	exitDone   = 0
	exitFailed = 1
	exitMisuse = 2
)

// env is the world of one command: of this process, or of the client that reached the server's socket.
type env struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	dir            string
	tty            bool
	app            *app.App // set inside a server
}

// path makes a file name of the caller absolute.
func (e *env) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(e.dir, p)
}

type grammar struct {
	Config    kong.ConfigFlag `help:"YAML file with settings; flags and VIGIE_* variables win over it." placeholder:"FILE"`
	LogLevel  string          `help:"debug, info, warn or error." default:"info" enum:"debug,info,warn,error"`
	LogFormat string          `help:"text or json." default:"text" enum:"text,json"`

	Serve         serveCommand         `cmd:"" help:"Run the server."`
	Demo          demoCommand          `cmd:"" help:"Run a sample estate in a data folder of its own."`
	Migrate       migrateCommand       `cmd:"" help:"Bring the database to this version."`
	User          userCommand          `cmd:"" help:"People who may sign in."`
	Token         tokenCommand         `cmd:"" help:"API tokens."`
	SCIM          scimCommand          `cmd:"" name:"scim" help:"Provisioning by SCIM."`
	Discover      discoverCommand      `cmd:"" help:"Read a customer's AWS accounts into the CMDB, or replay a recording."`
	Record        recordCommand        `cmd:"" help:"Write a recording of an AWS account, without secrets, to hand over instead of access."`
	Field         fieldCommand         `cmd:"" help:"Custom fields: what records have besides the fields of Vigie."`
	Bulk          bulkCommand          `cmd:"" help:"Many records at once: change, list the edits, undo them."`
	Customer      customerCommand      `cmd:"" help:"Customers: export one whole, or take one in."`
	Estimate      estimateCommand      `cmd:"" help:"Compute what a service would cost a customer, and print the lines."`
	Backup        backupCommand        `cmd:"" help:"Write the whole instance to one file, while it serves, and check what was written."`
	Restore       restoreCommand       `cmd:"" help:"Make an instance of a backup, on SQLite or PostgreSQL."`
	Audit         auditCommand         `cmd:"" help:"The tamper-evident audit log."`
	Assessment    assessmentCommand    `cmd:"" help:"Assessments: what customers have answered."`
	Questionnaire questionnaireCommand `cmd:"" help:"Questionnaires of your own."`
	Webhook       webhookCommand       `cmd:"" help:"Webhooks: addresses that are told what changes."`
	Gaps          gapsCommand          `cmd:"" help:"What the estate of a customer lacks against what is asked."`
	Access        accessCommand        `cmd:"" help:"Look at the ways into a customer, and tell how each stands."`
	Controls      controlsCommand      `cmd:"" help:"The controls of the gap analysis."`
	Findings      findingsCommand      `cmd:"" help:"What others have found: Security Hub, Prowler, SARIF."`
	Measures      measuresCommand      `cmd:"" help:"A customer's open measures in the order in which to work, with dates and the critical path."`
	Workshop      workshopCommand      `cmd:"" help:"Write the workshop pack of a customer: assessment, gaps, service model, paths, service levels, calendar."`
	Secret        secretCommand        `cmd:"" help:"Keys of the secrets that are kept sealed."`
	Doctor        doctorCommands       `cmd:"" help:"Check this installation."`
	Version       versionCommand       `cmd:"" help:"Print the version."`
	Documents     documentsCommand     `cmd:"" help:"List the documents of a customer, and how far each is."`
	Launch        launchCommand        `cmd:"" help:"The start of a customer's service."`
}

// command is what every sub-command does.
type command interface {
	Run(ctx context.Context, e *env, g *grammar) error
}

// local marks commands that never go through a server's socket; reads marks those that read standard input.
type (
	local interface{ local() }
	reads interface{ readsStdin() bool }
)

// run parses and carries out one command line.
func run(ctx context.Context, args []string, e *env) int {
	var g grammar
	exited := -1
	parser, err := kong.New(&g, kong.Name("vigie"), kong.Description("The platform on which a cloud managed-service provider runs its business."),
		kong.Writers(e.stdout, e.stderr), kong.Exit(func(code int) { exited = code }), kong.DefaultEnvars("VIGIE"),
		kong.Configuration(settings, "/etc/vigie/vigie.yaml"), kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.UsageOnError())
	if err != nil {
		fmt.Fprintln(e.stderr, "vigie:", err)
		return exitFailed
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 {
		return exited
	}
	if err == nil {
		err = secretsOnLine(args)
	}
	if err != nil {
		fmt.Fprintln(e.stderr, "vigie:", err)
		fmt.Fprintln(e.stderr, "vigie --help says how it is used.")
		return exitMisuse
	}
	cmd, ok := parsed.Selected().Target.Addr().Interface().(command)
	if !ok {
		fmt.Fprintln(e.stderr, "vigie: name a sub-command; see --help")
		return exitMisuse
	}
	if err := dispatch(ctx, cmd, args, e, &g); err != nil {
		var code exitCode
		if errors.As(err, &code) {
			return int(code)
		}
		fmt.Fprintln(e.stderr, "vigie:", explain(err))
		if fault.Is(err, fault.Invalid) {
			return exitMisuse
		}
		return exitFailed
	}
	return exitDone
}

// dispatch runs a command here, or in the server that works on the data folder.
func dispatch(ctx context.Context, cmd command, args []string, e *env, g *grammar) error {
	s, ok := cmd.(interface{ folder() *storeFlags })
	if o, can := cmd.(interface{ offline() bool }); can && o.offline() {
		return cmd.Run(ctx, e, g)
	}
	if _, here := cmd.(local); here || !ok || e.app != nil || !s.folder().sqlite() {
		return cmd.Run(ctx, e, g)
	}
	lock, err := control.Acquire(e.path(s.folder().DataDir))
	if err == nil {
		defer lock.Release()
		return cmd.Run(ctx, e, g)
	}
	if !errors.Is(err, control.ErrLocked) {
		return err
	}
	c := control.Command{Args: args, Dir: e.dir, Tty: e.tty, Stdout: e.stdout, Stderr: e.stderr}
	if r, ok := cmd.(reads); ok && r.readsStdin() {
		if c.Stdin, err = io.ReadAll(io.LimitReader(e.stdin, 16<<20)); err != nil {
			return err
		}
	}
	code, reached, err := control.Send(ctx, e.path(s.folder().DataDir), c)
	if !reached {
		return fmt.Errorf("the data folder %s is in use, and its server does not answer: %w", s.folder().DataDir, err)
	}
	if err == nil && code != exitDone {
		return exitCode(code)
	}
	return err
}

// remote carries out, inside the server, what came over the socket.
func remote(a *app.App) control.Runner {
	return func(ctx context.Context, c control.Command) int {
		return run(ctx, c.Args, &env{stdin: bytes.NewReader(c.Stdin), stdout: c.Stdout, stderr: c.Stderr, dir: c.Dir, tty: c.Tty, app: a})
	}
}

// exitCode ends a command quietly: what there was to say has been said.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// explain says a fault in words; the command line speaks the language of its environment.
func explain(err error) string {
	var f *fault.Error
	if !errors.As(err, &f) {
		return err.Error()
	}
	bundle, berr := i18n.Load(locales.FS)
	if berr != nil {
		return err.Error()
	}
	p := bundle.Printer(environmentLanguage(), nil, clock.System{}.Now())
	var b strings.Builder
	b.WriteString(p.T(f.Key, f.Args))
	for _, field := range f.Fields {
		fmt.Fprintf(&b, "\n  %s: %s", field.Path, p.T(field.Key, field.Args))
	}
	return b.String()
}

func environmentLanguage() string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(name); v != "" {
			if strings.HasPrefix(v, "fr") {
				return "fr"
			}
			return "en"
		}
	}
	return "en"
}

// secretsOnLine refuses a password in a flag: every user of the machine can read it there.
func secretsOnLine(args []string) error {
	for i, a := range args {
		value, ok := strings.CutPrefix(a, "--database=")
		if !ok && a == "--database" && i+1 < len(args) {
			value, ok = args[i+1], true
		}
		if ok && hasPassword(value) {
			return errors.New("--database must not hold a password; give the address in VIGIE_DATABASE or --database-file, or use PGPASSFILE")
		}
	}
	return nil
}
