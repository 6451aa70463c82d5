package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"vigie/internal/platform/db"
)

// Task is the one job kind. Customer is empty for work of the instance.
type Task struct {
	Topic    string `json:"topic"`
	Customer string `json:"customer,omitempty"`
	Key      string `json:"key,omitempty"`
}

// Kind implements river.JobArgs.
func (Task) Kind() string { return "vigie" }

// Handler does the work of one topic.
type Handler func(ctx context.Context, t Task) error

// TickTopic is run every minute by one of the replicas: sweepers hang on it.
const TickTopic = "tick"

// Queue inserts and works tasks.
type Queue struct {
	client   client
	handlers map[string][]Handler
	log      *slog.Logger
}

// client is what both forms of River's client have in common.
type client interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	StopAndCancel(ctx context.Context) error
	Insert(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) (*rivertype.JobInsertResult, error)
}

// New makes the queue over the database. workers is how many tasks run at once in this process.
func New(d *db.DB, log *slog.Logger, workers int) (*Queue, error) {
	q := &Queue{handlers: map[string][]Handler{}, log: log}
	all := river.NewWorkers()
	river.AddWorker(all, &worker{queue: q})
	cfg := &river.Config{
		Logger:     log.With("part", "jobs"),
		Queues:     map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}},
		Workers:    all,
		JobTimeout: 6 * time.Hour, // discovery of a large organisation; its own heartbeat tells whether it lives
		PeriodicJobs: []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(time.Minute),
			func() (river.JobArgs, *river.InsertOpts) { return Task{Topic: TickTopic}, nil }, &river.PeriodicJobOpts{RunOnStart: true})},
	}
	write, pool := d.Handle()
	var err error
	if d.Engine() == db.Postgres {
		q.client, err = clientOf(river.NewClient(riverpgxv5.New(pool), cfg))
	} else {
		q.client, err = clientOf(river.NewClient(riversqlite.New(write), cfg))
	}
	if err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	return q, nil
}

func clientOf[T any](c *river.Client[T], err error) (client, error) { return c, err }

// Handle adds a handler of a topic; several may share one (the tick). Only before Start.
func (q *Queue) Handle(topic string, h Handler) { q.handlers[topic] = append(q.handlers[topic], h) }

// Start begins to work. The context only covers the start itself.
func (q *Queue) Start(ctx context.Context) error { return q.client.Start(ctx) }

// Stop lets running tasks finish until ctx ends, then cancels them and waits.
func (q *Queue) Stop(ctx context.Context) error {
	if err := q.client.Stop(ctx); err == nil {
		return nil
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return q.client.StopAndCancel(last)
}

// Insert asks for a task soon; the same task waiting or running already is enough.
func (q *Queue) Insert(ctx context.Context, t Task) error {
	_, err := q.client.Insert(ctx, t, &river.InsertOpts{MaxAttempts: 5, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled,
	}}})
	if err != nil {
		return fmt.Errorf("insert task %s: %w", t.Topic, err)
	}
	return nil
}

type worker struct {
	river.WorkerDefaults[Task]
	queue *Queue
}

// Work implements river.Worker.
func (w *worker) Work(ctx context.Context, job *river.Job[Task]) error {
	handlers, ok := w.queue.handlers[job.Args.Topic]
	if !ok {
		return river.JobCancel(fmt.Errorf("no handler for topic %s", job.Args.Topic))
	}
	var all error
	for _, h := range handlers {
		all = errors.Join(all, h(ctx, job.Args))
	}
	return all
}

// Migrate brings River's own tables up to date; it is given to db.Migrate.
func Migrate(ctx context.Context, e db.Engine, d *sql.DB, pool *pgxpool.Pool) error {
	var err error
	if e == db.Postgres {
		_, err = migrated(rivermigrate.New(riverpgxv5.New(pool), nil))(ctx)
	} else {
		_, err = migrated(rivermigrate.New(riversqlite.New(d), nil))(ctx)
	}
	if err != nil {
		return fmt.Errorf("migrate jobs: %w", err)
	}
	return nil
}

func migrated[T any](m *rivermigrate.Migrator[T], err error) func(context.Context) (*rivermigrate.MigrateResult, error) {
	return func(ctx context.Context) (*rivermigrate.MigrateResult, error) {
		if err != nil {
			return nil, err
		}
		return m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	}
}
