package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"vigie/internal/app"
	"vigie/internal/estate/collect"
	"vigie/internal/estate/discovery"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/telemetry"
)

type discoverCommand struct {
	storeFlags
	outputFlag
	Customer string `help:"Slug of the customer." required:"" placeholder:"SLUG"`
	Account  string `help:"Only this account (twelve digits)." placeholder:"ID"`
	Replay   string `help:"Read this recording instead of AWS." placeholder:"FILE"`
}

// Run implements command: it begins a run, shows how it goes, and fails when the run failed.
func (c *discoverCommand) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	actor := a.Operator("vigie discover")
	customer, err := a.CustomerID(ctx, actor, c.Customer)
	if err != nil {
		return err
	}
	show := newProgress(e)
	var r discovery.Run
	if c.Replay != "" {
		f, ferr := os.Open(e.path(c.Replay))
		if ferr != nil {
			return fmt.Errorf("--replay: %w", ferr)
		}
		defer f.Close()
		r, err = a.Discovery.ReplayRun(ctx, actor, customer, f, c.Account, show.run)
	} else {
		r, err = a.Discovery.RunNow(ctx, actor, customer, c.Account, show.run)
	}
	show.end()
	if err != nil {
		return err
	}
	if err := c.report(e, r); err != nil {
		return err
	}
	if r.State != discovery.Done {
		return fmt.Errorf("the run ended %s %s", r.State, r.Message)
	}
	return nil
}

func (c *discoverCommand) report(e *env, r discovery.Run) error {
	type row struct {
		ID       string                  `json:"id"`
		State    discovery.State         `json:"state"`
		Seen     int64                   `json:"seen"`
		Added    int64                   `json:"added"`
		Changed  int64                   `json:"changed"`
		Gone     int64                   `json:"gone"`
		Outcomes map[collect.Outcome]int `json:"outcomes"`
	}
	v := row{r.ID, r.State, r.Seen, r.Added, r.Changed, r.Gone, r.Outcomes.V}
	head := []string{"id", "state", "seen", "added", "changed", "gone"}
	cells := []string{v.ID, string(v.State), fmt.Sprint(v.Seen), fmt.Sprint(v.Added), fmt.Sprint(v.Changed), fmt.Sprint(v.Gone)}
	for _, o := range collect.Outcomes() {
		head = append(head, string(o))
		cells = append(cells, fmt.Sprint(v.Outcomes[o]))
	}
	return c.print(e.stdout, head, []row{v}, [][]string{cells})
}

type recordCommand struct {
	Out          string   `help:"File to write." required:"" placeholder:"FILE"`
	Profile      string   `help:"Profile of the AWS configuration files." placeholder:"P"`
	RoleARN      string   `name:"role-arn" help:"Role to assume first." placeholder:"A"`
	ExternalID   string   `name:"external-id" help:"ExternalId for the role." placeholder:"ID"`
	Organization bool     `help:"Record every account of the organisation too."`
	Regions      []string `help:"Only these regions; default: all that are enabled." placeholder:"REGION"`
}

func (*recordCommand) local() {}

// Run implements command. The file appears under its name only when it is whole.
func (c *recordCommand) Run(ctx context.Context, e *env, g *grammar) error {
	tel, err := telemetry.New(ctx, e.stderr, g.LogFormat, quieter(g.LogLevel))
	if err != nil {
		return err
	}
	path := e.path(c.Out)
	f, err := os.OpenFile(path+".part", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	defer os.Remove(path + ".part")
	defer f.Close()
	show := newProgress(e)
	// Whoever records stands on the customer's side of the role: there is no open door to refuse.
	plan := discovery.RecordPlan{Cloud: app.Cloud(c.Profile), Collectors: app.Collectors(), Version: version, Now: clock.System{}.Now(), Log: tel.Log,
		Login: discovery.Login{RoleARN: c.RoleARN, ExternalID: c.ExternalID, AcceptOpenRole: true, Regions: c.Regions}, Watch: show.place}
	if err := discovery.Record(ctx, f, plan, c.Organization); err != nil {
		return err
	}
	show.end()
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(path+".part", path); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%s: %d scopes, %d resources\n", c.Out, show.places, show.items)
	return nil
}

// progress shows long work: one moving line on a terminal, a plain line every ten seconds otherwise.
type progress struct {
	e      *env
	last   time.Time
	places int
	items  int
	mu     sync.Mutex // Record tells of scopes from several goroutines
}

func newProgress(e *env) *progress { return &progress{e: e} }

func (p *progress) run(r discovery.Run) {
	p.say(fmt.Sprintf("%d of %d scopes, %d resources seen, %d added, %d changed, %d gone", r.ScopesDone, r.ScopesTotal, r.Seen, r.Added, r.Changed, r.Gone))
}

func (p *progress) place(_ collect.Place, r collect.Result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.places++
	p.items += r.Items
	p.say(fmt.Sprintf("%d scopes, %d resources", p.places, p.items))
}

func (p *progress) say(text string) {
	now := clock.System{}.Now()
	if p.e.tty {
		if now.Sub(p.last) > 100*time.Millisecond {
			fmt.Fprintf(p.e.stderr, "\r\x1b[K%s", text)
			p.last = now
		}
		return
	}
	if now.Sub(p.last) > 10*time.Second {
		fmt.Fprintln(p.e.stderr, text)
		p.last = now
	}
}

func (p *progress) end() {
	if p.e.tty {
		fmt.Fprint(p.e.stderr, "\r\x1b[K")
	}
}
