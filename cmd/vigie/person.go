package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"vigie/internal/app"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/identity"
)

// personFlags name one person.
type personFlags struct {
	storeFlags
	Email string `required:"" help:"Address of the person." placeholder:"E"`
}

// person opens the application and finds the person.
func (c *personFlags) person(ctx context.Context, e *env, g *grammar, name string) (a *app.App, u identity.User, done func(), err error) {
	a, done, err = c.open(ctx, e, g)
	if err != nil {
		return nil, u, nil, err
	}
	users, err := a.Identity.AllUsers(ctx, a.Operator(name))
	if err == nil {
		err = fault.New(fault.NotFound, "trust.no_user", "email", c.Email)
		for _, found := range users {
			if strings.EqualFold(found.Email, strings.TrimSpace(c.Email)) {
				u, err = found, nil
			}
		}
	}
	if err != nil {
		done()
		return nil, u, nil, err
	}
	return a, u, done, nil
}

type userInvite struct{ personFlags }

// Run implements command.
func (c *userInvite) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	link, until, err := a.Identity.InvitationLink(ctx, a.Operator("vigie user invite"), c.Email)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "works once, until %s: %s\n", until.UTC().Format(time.RFC3339), link)
	return nil
}

type userDisable struct{ personFlags }

// Run implements command.
func (c *userDisable) Run(ctx context.Context, e *env, g *grammar) error {
	return c.setDisabled(ctx, e, g, "vigie user disable", true)
}

type userEnable struct{ personFlags }

// Run implements command.
func (c *userEnable) Run(ctx context.Context, e *env, g *grammar) error {
	return c.setDisabled(ctx, e, g, "vigie user enable", false)
}

func (c *personFlags) setDisabled(ctx context.Context, e *env, g *grammar, name string, off bool) error {
	a, u, done, err := c.person(ctx, e, g, name)
	if err != nil {
		return err
	}
	defer done()
	if u, err = a.Identity.UpdateUser(ctx, a.Operator(name), u.ID, 0, identity.ChangeUser{Disabled: &off}); err != nil {
		return err
	}
	state := "enabled"
	if u.Disabled {
		state = "disabled"
	}
	fmt.Fprintf(e.stdout, "%s %s %s\n", u.ID, u.Email, state)
	return nil
}

type userUnlink struct{ personFlags }

// Run implements command.
func (c *userUnlink) Run(ctx context.Context, e *env, g *grammar) error {
	const name = "vigie user unlink"
	a, u, done, err := c.person(ctx, e, g, name)
	if err != nil {
		return err
	}
	defer done()
	if err := a.SignOn.Unlink(ctx, a.Operator(name), u.ID); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%s %s unlinked\n", u.ID, u.Email)
	return nil
}

type userSignOut struct{ personFlags }

// Run implements command.
func (c *userSignOut) Run(ctx context.Context, e *env, g *grammar) error {
	const name = "vigie user sign-out"
	a, u, done, err := c.person(ctx, e, g, name)
	if err != nil {
		return err
	}
	defer done()
	n, err := a.Identity.RevokeSessions(ctx, a.Operator(name), u.ID)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%s: %d sessions ended\n", u.Email, n)
	return nil
}

type userResetFactors struct{ personFlags }

// Run implements command.
func (c *userResetFactors) Run(ctx context.Context, e *env, g *grammar) error {
	const name = "vigie user reset-factors"
	a, u, done, err := c.person(ctx, e, g, name)
	if err != nil {
		return err
	}
	defer done()
	if err := a.Identity.ResetFactors(ctx, a.Operator(name), u.ID); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%s: no second factor any more\n", u.Email)
	return nil
}

type userBreakGlass struct {
	storeFlags
	Email  string        `required:"" help:"Address of an account of its own, which nobody has otherwise." placeholder:"E"`
	Reason string        `required:"" help:"Why; every administrator reads it." placeholder:"TEXT"`
	Lasts  time.Duration `help:"Time until it ends by itself, 24 hours at most." default:"1h" placeholder:"DURATION"`
}

// Run implements command.
func (c *userBreakGlass) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	made, password, err := a.Identity.MakeGlass(ctx, a.Operator("vigie user break-glass"), identity.BreakGlass{Email: c.Email, Reason: c.Reason, Lasts: c.Lasts})
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "administrator %s until %s; every administrator is told; the password works once: %s\n", made.Email, made.EndsAt.UTC().Format(time.RFC3339), password)
	return nil
}
