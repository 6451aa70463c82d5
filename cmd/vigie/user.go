package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"vigie/internal/platform/fault"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
)

type userCommand struct {
	Create       userCreate       `cmd:"" help:"Add a person who may sign in."`
	List         userList         `cmd:"" help:"List the people."`
	Invite       userInvite       `cmd:"" help:"Print a link by which a person sets their password."`
	Disable      userDisable      `cmd:"" help:"Disable a person: out at once, with every session and token."`
	Enable       userEnable       `cmd:"" help:"Let a disabled person sign in again."`
	Unlink       userUnlink       `cmd:"" help:"Unlink a person from their identity provider, so that an invitation can give them a password."`
	SignOut      userSignOut      `cmd:"" help:"End every session of a person."`
	ResetFactors userResetFactors `cmd:"" help:"Remove every second factor of a person who has lost theirs."`
	BreakGlass   userBreakGlass   `cmd:"" help:"Make an administrator for an emergency, who ends by itself; the password is printed once."`
}

type userCreate struct {
	storeFlags
	Email         string `required:"" help:"Address, by which they sign in." placeholder:"E"`
	Name          string `required:"" help:"Name." placeholder:"N"`
	Role          string `required:"" help:"admin, manager, engineer, agent, sales, auditor; approver, requester, viewer." placeholder:"ROLE"`
	Customer      string `help:"Slug: required for the customer's roles; limits a provider's." placeholder:"SLUG"`
	PasswordStdin bool   `xor:"password" required:"" help:"Read the password from standard input."`
	Invite        bool   `xor:"password" required:"" help:"Mail them a link by which they set their password."`
}

func (c *userCreate) readsStdin() bool { return c.PasswordStdin }

// Run implements command.
func (c *userCreate) Run(ctx context.Context, e *env, g *grammar) error {
	password := ""
	if c.PasswordStdin {
		var err error
		password, err = bufio.NewReader(io.LimitReader(e.stdin, 4096)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read the password: %w", err)
		}
	}
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	in := identity.NewUser{Email: c.Email, Name: c.Name, Role: permission.Role(c.Role), Password: strings.TrimRight(password, "\r\n"), Invite: c.Invite}
	if c.Customer != "" {
		in.Customers = []string{c.Customer}
	}
	u, err := a.Identity.CreateUser(ctx, a.Operator("vigie user create"), in)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%s %s %s\n", u.ID, u.Email, u.Role)
	return nil
}

type userList struct {
	storeFlags
	outputFlag
}

// Run implements command.
func (c *userList) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	users, err := a.Identity.AllUsers(ctx, a.Operator("vigie user list"))
	if err != nil {
		return err
	}
	cells := make([][]string, len(users))
	for i, u := range users {
		cells[i] = []string{u.ID, u.Email, u.Name, string(u.Role), userState(u)}
	}
	return c.print(e.stdout, []string{"id", "email", "name", "role", "state"}, users, cells)
}

func userState(u identity.User) string {
	switch {
	case u.Disabled:
		return "disabled"
	case !u.Invited.IsZero():
		return "invited until " + u.Invited.Format(time.RFC3339)
	}
	return "active"
}

type tokenCommand struct {
	Create tokenCreate `cmd:"" help:"Make an API token; it is shown once, as the last word."`
}

type tokenCreate struct {
	storeFlags
	User     string        `required:"" help:"E-mail of the person for whom it acts." placeholder:"E"`
	Name     string        `required:"" help:"What it is for." placeholder:"N"`
	Role     string        `help:"Narrower role than the person's own." placeholder:"ROLE"`
	Customer string        `help:"Slug: limit it to one customer." placeholder:"SLUG"`
	Expires  time.Duration `help:"Time that it lives; forever if not given." placeholder:"DURATION"`
	Rate     int64         `help:"Requests a second; what the server gives to everybody if not given." placeholder:"N"`
}

// Run implements command.
func (c *tokenCreate) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	if c.Expires < 0 {
		return fault.New(fault.Invalid, "fault.invalid")
	}
	t, secret, err := a.Identity.CreateTokenFor(ctx, a.Operator("vigie token create"), c.User, identity.NewToken{Name: c.Name, Role: permission.Role(c.Role), Customer: c.Customer, Lifetime: c.Expires, Rate: c.Rate})
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "token %s for %s: %s\n", t.ID, c.User, secret)
	return nil
}
