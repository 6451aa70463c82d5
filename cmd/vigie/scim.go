package main

import (
	"context"
	"fmt"
	"time"

	"vigie/internal/trust/scim"
)

type scimCommand struct {
	Token scimToken `cmd:"" help:"Tokens by which directories keep people and groups here."`
}

type scimToken struct {
	Create scimTokenCreate `cmd:"" help:"Make a token for the directory of an identity provider; it is shown once, as the last word."`
	List   scimTokenList   `cmd:"" help:"List the tokens of an identity provider."`
	Revoke scimTokenRevoke `cmd:"" help:"Revoke a token: it works no more at once."`
}

type scimTokenCreate struct {
	storeFlags
	Provider string        `required:"" help:"Short name of the identity provider." placeholder:"SLUG"`
	Name     string        `required:"" help:"What it is for." placeholder:"N"`
	Expires  time.Duration `help:"Time that it lives; forever if not given." placeholder:"DURATION"`
}

// Run implements command.
func (c *scimTokenCreate) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	t, secret, err := a.SCIM.CreateToken(ctx, a.Operator("vigie scim token create"), scim.NewToken{Provider: c.Provider, Name: c.Name, Lifetime: c.Expires})
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "token %s for %s: %s\n", t.ID, c.Provider, secret)
	return nil
}

type scimTokenList struct {
	storeFlags
	outputFlag
	Provider string `required:"" help:"Short name of the identity provider." placeholder:"SLUG"`
}

// Run implements command.
func (c *scimTokenList) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	all, err := a.SCIM.Tokens(ctx, a.Operator("vigie scim token list"), c.Provider)
	if err != nil {
		return err
	}
	moment := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	cells := make([][]string, len(all))
	for i, t := range all {
		cells[i] = []string{t.ID, t.Name, moment(&t.CreatedAt.Time), moment(t.UsedAt), moment(t.ExpiresAt), moment(t.RevokedAt)}
	}
	return c.print(e.stdout, []string{"id", "name", "created", "used", "expires", "revoked"}, all, cells)
}

type scimTokenRevoke struct {
	storeFlags
	ID string `arg:"" help:"Id of the token."`
}

// Run implements command.
func (c *scimTokenRevoke) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	if err := a.SCIM.RevokeToken(ctx, a.Operator("vigie scim token revoke"), c.ID, 0); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%s revoked\n", c.ID)
	return nil
}
