package app

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgxpool"

	"vigie/catalogue"
	"vigie/internal/customer"
	"vigie/internal/estate/cmdb"
	"vigie/internal/estate/discovery"
	"vigie/internal/exchange/mail"
	"vigie/internal/exchange/transfer"
	"vigie/internal/exchange/webhook"
	"vigie/internal/kit/i18n"
	"vigie/internal/onboard/access"
	"vigie/internal/onboard/deliverable"
	"vigie/internal/onboard/document"
	"vigie/internal/onboard/estimate"
	"vigie/internal/onboard/finding"
	"vigie/internal/onboard/gap"
	"vigie/internal/onboard/inventory"
	"vigie/internal/onboard/launch"
	"vigie/internal/onboard/plan"
	"vigie/internal/onboard/question"
	"vigie/internal/onboard/remediation"
	"vigie/internal/platform/blob"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/jobs"
	"vigie/internal/platform/live"
	"vigie/internal/platform/outbox"
	"vigie/internal/platform/seal"
	"vigie/internal/platform/telemetry"
	"vigie/internal/promise/requirement"
	"vigie/internal/record/field"
	"vigie/internal/record/file"
	"vigie/internal/record/link"
	"vigie/internal/record/note"
	"vigie/internal/record/register"
	"vigie/internal/trust/approval"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/scim"
	"vigie/internal/trust/sso"
	"vigie/internal/trust/subject"
	"vigie/locales"
)

// Options is what an instance is told from outside.
type Options struct {
	Database    string // sqlite:PATH or postgres://...
	DataDir     string
	Files       string      // where uploads are kept: a folder or s3://BUCKET/PREFIX; empty for the folder "files" of DataDir
	Uploads     file.Limits // zero: file.DefaultLimits
	Catalogue   string      // folder with the operator's own data, laid over package catalogue; empty for none
	PublicURL   *url.URL    // nil for a command that serves nobody
	Clock       clock.Clock
	Telemetry   *telemetry.Telemetry
	Version     string
	Migrate     bool
	MasterKey   seal.Source   // zero: a file in the data folder, see docs/adr/0007
	Workers     int           // background tasks at once; 0 runs none here
	Checkpoints Checkpoints   // of the audit log
	Mail        mail.Defaults // by which server mail leaves, and from whom
	// OutboundAllow lists hosts, addresses and ranges that people may have called although they are not of the public internet.
	OutboundAllow []string
	Limits        Limits // zero: DefaultLimits
}

// App is one instance: all rooms, wired.
type App struct {
	Remediation *remediation.Service
	Findings    *finding.Service
	Identity    *identity.Service
	SignOn      *sso.Service
	SCIM        *scim.Service
	Customers   *customer.Service
	Discovery   *discovery.Service
	CMDB        *cmdb.Service
	Mail        *mail.Service
	promises
	Subjects  *subject.Registry
	Transfer  *transfer.Service
	Secrets   *seal.Box
	Fields    *field.Service
	Webhooks  *webhook.Service
	Audit     *audit.Log
	Approvals *approval.Service
	Files     *file.Service
	Estimates *estimate.Service
	Plans     *plan.Service
	Gaps      *gap.Service
	lists
	Notes     *note.Service
	Links     *link.Service
	Documents *document.Service
	serviceStart
	Asked *question.Service

	opts   Options
	limits *limits
	db     *db.DB
	queue  *jobs.Queue
	outbox *outbox.Outbox
	bundle *i18n.Bundle
	blobs  blob.Store
	data   fs.FS // the catalogue
	hub    *live.Hub

	draining atomic.Bool
	relay    sync.WaitGroup
	stop     context.CancelFunc // of the relay
}

// Open connects, migrates if asked, and wires the rooms. It starts nothing.
func Open(ctx context.Context, o Options) (*App, error) {
	if o.Migrate {
		if err := migrate(ctx, o.Database); err != nil {
			return nil, err
		}
	}
	d, err := db.Open(ctx, o.Database, o.Clock)
	if err != nil {
		return nil, err
	}
	a := &App{opts: o, db: d}
	if err := a.wire(ctx); err != nil {
		d.Close()
		return nil, err
	}
	if err := a.CMDB.Reindex(ctx); err != nil {
		d.Close()
		return nil, err
	}
	return a, nil
}

func migrate(ctx context.Context, address string) error {
	return db.Migrate(ctx, address, func(ctx context.Context, e db.Engine, s *sql.DB, p *pgxpool.Pool) error {
		return jobs.Migrate(ctx, e, s, p)
	})
}

func (a *App) wire(ctx context.Context) (err error) {
	if err := a.db.CheckWall(ctx); err != nil {
		return err
	}
	if a.bundle, err = i18n.Load(locales.FS); err != nil {
		return err
	}
	if a.data, err = catalogue.Open(a.opts.Catalogue); err != nil {
		return err
	}
	if a.blobs, err = blob.Open(ctx, a.opts.Files, filepath.Join(a.opts.DataDir, "files")); err != nil {
		return err
	}
	a.hub = live.NewHub(a.opts.Clock)
	a.db.Hear(a.hub.Receive)
	log := a.opts.Telemetry.Log
	if a.queue, err = jobs.New(a.db, log, max(1, a.opts.Workers)); err != nil {
		return err
	}
	if a.Secrets, err = openSecrets(ctx, a.db, a.opts); err != nil {
		return err
	}
	if err := a.wireAudit(ctx); err != nil {
		return err
	}
	if a.opts.Limits == (Limits{}) {
		a.opts.Limits = DefaultLimits()
	}
	a.limits = newLimits(a.opts.Limits, a.opts.Clock)
	a.limits.rate = (&remembered{clock: a.opts.Clock, all: map[string]rememberedValue{}, ask: a.requestRate}).get
	a.limits.show(a.opts.Telemetry.Registry)
	a.outbox = outbox.New(a.db, a.queue)
	a.wireWebhooks()
	if err := a.outbound().CheckAllow(); err != nil {
		return fmt.Errorf("--outbound-allow: %w", err)
	}
	a.Subjects = subject.New(slices.Concat(requirement.Kinds(), access.Kinds(), inventory.RecordKinds(), launch.Kinds(), question.Subjects(), gap.Kinds(), finding.Kinds(), remediation.Kinds(), plan.Kinds(), deliverable.Kinds(), customer.Kinds(), cmdb.Kinds(), discovery.Kinds(), approval.Kinds(), estimate.Kinds(), document.Subjects())...)
	a.openFiles()
	a.openNotes()
	a.openFields()
	a.Links = link.Open(link.Parts{DB: a.db, Clock: a.opts.Clock, PublicURL: a.opts.PublicURL, Knock: a.limits.knock})
	a.Customers = customer.NewService(a.db)
	a.Customers.Join(register.Parts{Subjects: a.Subjects})
	a.wireMail()
	if err := a.wireDocuments(); err != nil {
		return err
	}
	a.wirePeople()
	a.wireApprovals()
	if err := a.wireDeliverables(); err != nil {
		return err
	}
	if err := a.wireQuestions(); err != nil {
		return err
	}
	if err := a.wireLaunches(); err != nil {
		return err
	}
	a.signOn()
	a.provisioning()
	a.CMDB = cmdb.New(a.db)
	if err := a.wireRequirements(); err != nil {
		return err
	}
	if err := a.wireAccess(); err != nil {
		return err
	}
	a.wireInventory()
	if err := a.wireEstimates(); err != nil {
		return err
	}
	if err := a.wirePlans(); err != nil {
		return err
	}
	a.wireRemediation()
	a.wireLists()
	a.wireTransfer()
	a.Discovery = discovery.New(discovery.Parts{DB: a.db, Clock: a.opts.Clock, Log: log, Cloud: Cloud(""), Collectors: Collectors(),
		Intake: estateIntake{}, Outbox: a.outbox, System: system, Ended: a.judgeAfter})
	if err := a.wireGaps(); err != nil {
		return err
	}
	a.settleAfter()
	a.wireFindings()
	a.wireWorkshop()
	a.wireBulk()
	a.wireSegments()
	if a.db.Engine() == db.SQLite {
		// Whoever opens an embedded database holds its folder: no other process can be at a run.
		if err := a.Discovery.Recover(ctx); err != nil {
			return err
		}
	}
	a.queue.Handle(discovery.RunTopic, func(ctx context.Context, t jobs.Task) error {
		_, err := a.Discovery.Execute(ctx, t.Customer, t.Key, nil)
		return err
	})
	a.queue.Handle(jobs.TickTopic, func(ctx context.Context, _ jobs.Task) error { return a.outbox.Sweep(ctx) })
	a.queue.Handle(jobs.TickTopic, func(ctx context.Context, _ jobs.Task) error {
		return a.Discovery.Sweep(ctx, func(customer, run string) error {
			return a.queue.Insert(ctx, jobs.Task{Topic: discovery.RunTopic, Customer: customer, Key: run})
		})
	})
	a.queue.Handle(jobs.TickTopic, func(ctx context.Context, _ jobs.Task) error { return a.sweepFiles(ctx) })
	return nil
}

// system is the actor of background work for one customer.
func system(customer string) permission.Actor {
	return permission.Grant(permission.Actor{Name: "Vigie", Kind: permission.System, Via: "job", Language: "en", TimeZone: "UTC"}, permission.Admin, db.Grant(customer))
}

// Operator is the actor of a command that runs on the machine itself: whoever can read the database may do everything.
func (a *App) Operator(command string) permission.Actor {
	return permission.Grant(permission.Actor{Name: "operator", Kind: permission.System, Via: command, Language: "en", TimeZone: "UTC"}, permission.Admin, db.GrantAll())
}

// CustomerID finds a customer by slug for a command.
func (a *App) CustomerID(ctx context.Context, actor permission.Actor, slug string) (string, error) {
	c, err := a.Customers.Customer(ctx, actor, slug)
	if fault.Is(err, fault.NotFound) {
		var bad fault.Fields
		bad.Add("customer", "api.field.customer", "value", slug)
		return "", bad.Err()
	}
	if err != nil {
		return "", fmt.Errorf("customer %q: %w", slug, err)
	}
	return c.ID, nil
}

// Engine names the database.
func (a *App) Engine() string { return a.db.Engine().String() }

// Start begins background work; Stop ends it within ctx.
func (a *App) Start(ctx context.Context) error {
	relay, stop := context.WithCancel(context.WithoutCancel(ctx))
	a.stop = stop
	a.relay.Go(func() { a.db.Relay(relay) })
	if a.opts.Workers == 0 {
		return nil
	}
	a.relay.Go(func() { a.Webhooks.Run(relay) })
	// River keeps the context it is started with: it must outlive ours, so that tasks finish while the server drains.
	return a.queue.Start(context.WithoutCancel(ctx))
}

// Drain makes /readyz answer no, so that a balancer sends nobody here any more, and ends the live streams, which would never end by
// themselves.
func (a *App) Drain() {
	a.draining.Store(true)
	a.hub.Close()
}

// Stop lets running tasks finish.
func (a *App) Stop(ctx context.Context) error {
	if a.opts.Workers == 0 {
		return nil
	}
	return a.queue.Stop(ctx)
}

// Close lets the database go.
func (a *App) Close() {
	if a.stop != nil {
		a.stop()
		a.relay.Wait()
	}
	a.db.Close()
}
