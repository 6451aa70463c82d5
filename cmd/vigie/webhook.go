package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"vigie/internal/exchange/webhook"
	"vigie/internal/platform/db"
)

type webhookCommand struct {
	List      webhookList      `cmd:"" help:"List webhooks."`
	Create    webhookCreate    `cmd:"" help:"Make a webhook and print its secret, which is not shown again."`
	Test      webhookTest      `cmd:"" help:"Send a test message at once."`
	Redeliver webhookRedeliver `cmd:"" help:"Send a message again, or all of a webhook that have failed."`
}

type webhookList struct {
	storeFlags
	outputFlag
	Customer string `help:"Only of this customer; instance for those that are told of all customers." placeholder:"SLUG"`
}

// Run implements command.
func (c *webhookList) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	hooks, err := a.Webhooks.All(ctx, a.Operator("vigie webhook list"), c.Customer)
	if err != nil {
		return err
	}
	var cells [][]string
	for _, w := range hooks {
		cells = append(cells, []string{w.ID, w.Customer, w.Name, string(w.State), w.URL, strings.Join(w.Events, " ")})
	}
	return c.print(e.stdout, []string{"id", "customer", "name", "state", "url", "events"}, hooks, cells)
}

type webhookCreate struct {
	storeFlags
	Customer string   `required:"" help:"Slug; instance for a webhook that is told of all customers." placeholder:"SLUG"`
	Name     string   `required:"" placeholder:"NAME"`
	URL      string   `required:"" name:"url" help:"Address that is told." placeholder:"URL"`
	Event    []string `help:"What is told, such as contact.update or contact.*; everything by default." placeholder:"EVENT"`
}

// Run implements command. The secret is the last word of what it prints.
func (c *webhookCreate) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	w, err := a.Webhooks.Create(ctx, a.Operator("vigie webhook create"), webhook.NewWebhook{Customer: c.Customer, Name: c.Name, URL: c.URL, Events: c.Event})
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "webhook %s is made; its secret, which is not shown again: %s\n", w.ID, w.Secret)
	return nil
}

type webhookTest struct {
	storeFlags
	outputFlag
	ID string `arg:"" help:"Id of the webhook." placeholder:"ID"`
}

// Run implements command: it fails when the message was not taken.
func (c *webhookTest) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	d, err := a.Webhooks.Test(ctx, a.Operator("vigie webhook test"), c.ID)
	if err != nil {
		return err
	}
	return c.told(e, d)
}

// told prints what came of one message.
func (o outputFlag) told(e *env, d webhook.Delivery) error {
	err := o.print(e.stdout, []string{"id", "event", "state", "status", "failure", "latency_ms"}, []webhook.Delivery{d},
		[][]string{{d.ID, d.Event, d.State, strconv.FormatInt(d.Status, 10), d.Failure, strconv.FormatInt(d.Latency, 10)}})
	if err == nil && d.State != "delivered" {
		err = errors.New("the message was not taken")
	}
	return err
}

type webhookRedeliver struct {
	storeFlags
	outputFlag
	Delivery string    `help:"Id of one message." xor:"what" required:"" placeholder:"ID"`
	Webhook  string    `help:"Id of a webhook, of which all failed messages are sent again." xor:"what" required:"" placeholder:"ID"`
	Since    time.Time `help:"Those made since then; by default all of the log." placeholder:"TIME"`
	Until    time.Time `help:"Those made before then." placeholder:"TIME"`
}

// Run implements command.
func (c *webhookRedeliver) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	actor := a.Operator("vigie webhook redeliver")
	if c.Delivery != "" {
		d, err := a.Webhooks.Redeliver(ctx, actor, c.Delivery)
		if err != nil {
			return err
		}
		return c.told(e, d)
	}
	since := c.Since
	if since.IsZero() {
		since = time.Unix(1, 0)
	}
	n, err := a.Webhooks.RedeliverFailed(ctx, actor, c.Webhook, webhook.Span{Since: db.At(since), Until: db.At(c.Until)})
	if err != nil {
		return err
	}
	return c.print(e.stdout, []string{"messages"}, webhook.Redelivered{Messages: n}, [][]string{{strconv.FormatInt(n, 10)}})
}
