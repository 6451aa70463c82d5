package isolation

import (
	"context"
	"net/url"
	"testing"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
)

// seedPeople gives the customer's person an open session.
func (h *house) seedPeople(t *testing.T, f *firm) {
	t.Helper()
	_, err := h.app.Identity.SignIn(t.Context(), "person@"+f.Word+".example", password, identity.Visit{Address: "192.0.2.9", Agent: f.Word + " browser"})
	check(t, err)
	found, err := h.app.Identity.Sessions(t.Context(), h.operator(), f.Refs["user"])
	check(t, err)
	f.Refs["session"] = found[0].ID
}

// others is how a record of somebody else answers: there for who may read users, and theirs to change who may write them.
func others(read, written int) func(*caller) []int {
	return func(c *caller) []int {
		switch {
		case written != 0 && c.may(permission.UserWrite):
			return []int{written}
		case written != 0 && c.may(permission.UserRead):
			return []int{403}
		case written == 0 && c.may(permission.UserRead):
			return []int{read}
		}
		return []int{404}
	}
}

var peopleRules = map[string]rule{
	"GET /sessions":         {action: permission.ProfileOwn},
	"GET /sessions/{id}":    {shows: true, who: others(200, 0)},
	"DELETE /sessions/{id}": {who: others(0, 412)},
}

var peoplePages = map[string]pageRule{
	"GET /people":                    {action: permission.UserRead, shows: true},
	"GET /people/new":                {action: permission.UserWrite},
	"POST /people/new":               {action: permission.UserWrite, form: invited},
	"GET /people/{id}":               {action: permission.UserRead, shows: true},
	"GET /people/{id}/edit":          {action: permission.UserWrite, shows: true},
	"POST /people/{id}/edit":         {action: permission.UserWrite, form: taken("name")},
	"POST /people/{id}/disable":      {action: permission.UserWrite, form: taken("name")},
	"POST /people/{id}/enable":       {action: permission.UserWrite, form: taken("name")},
	"POST /people/{id}/link":         {action: permission.UserWrite, form: taken("name")},
	"POST /people/{id}/sign-out":     {action: permission.UserWrite, form: taken("name")},
	"GET /sessions":                  {action: permission.UserRead, shows: true},
	"POST /sessions/{id}/revoke":     {who: others(0, 412), form: taken("name")},
	"GET /tokens":                    {action: permission.TokenOwn},
	"GET /tokens/new":                {action: permission.TokenOwn},
	"POST /tokens/new":               {action: permission.TokenOwn, form: made("name", "by form")},
	"POST /tokens/{id}/revoke":       {who: others(0, 412), form: taken("name")},
	"GET /account":                   {action: permission.ProfileOwn},
	"POST /account":                  {action: permission.ProfileOwn},
	"POST /account/password":         {action: permission.ProfileOwn},
	"POST /account/sessions":         {action: permission.ProfileOwn},
	"POST /people/{id}/factors":      {action: permission.UserWrite, form: taken("name")},
	"GET /account/totp":              {action: permission.ProfileOwn, ok: 303},
	"POST /account/totp":             {action: permission.ProfileOwn},
	"POST /account/totp/remove":      {action: permission.ProfileOwn},
	"POST /account/recovery":         {action: permission.ProfileOwn},
	"POST /account/passkeys":         {action: permission.ProfileOwn},
	"POST /account/passkeys/options": {action: permission.ProfileOwn},
	"POST /account/passkeys/remove":  {action: permission.ProfileOwn},
	"POST /prove/options":            {action: permission.ProfileOwn},
	"POST /prove/passkey":            {action: permission.ProfileOwn},
	"GET /sign-in-rules":             {action: permission.SignInRule},
	"POST /sign-in-rules":            {who: wideAdmin},
	"POST /break-glass/end":          {who: wideAdmin},
	"GET /prove":                     {action: permission.ProfileOwn},
	"POST /prove":                    {action: permission.ProfileOwn},
}

// wideAdmin is what an administrator may who is limited to no customer.
func wideAdmin(c *caller) []int {
	if c.may(permission.SignInRule) && !c.limited {
		return []int{303}
	}
	return []int{403}
}

// invited is the form by which somebody of the customer is invited.
func invited(f *firm) url.Values {
	f.fresh("")
	return url.Values{"email": {"guest@nowhere.example"}, "name": {"Guest"}, "role": {"viewer"}, "customers": {f.Slug}, "language": {"en"}, "time_zone": {"UTC"}}
}

var peopleCalls = map[string]call{
	"identity.Sessions": {do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Identity.Sessions(ctx, a, f.Refs["user"]))
	}},
	"identity.Session": {do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Identity.Session(ctx, a, f.Refs["session"]))
	}},
	"identity.RevokeSession": {action: permission.UserWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return none(h.app.Identity.RevokeSession(ctx, a, f.Refs["session"], f.Version))
	}},
	"identity.RevokeSessions": {action: permission.UserWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		if f.Version != 0 { // the walk still needs the session of acme's person
			return one(h.app.Identity.RevokeSessions(ctx, a, a.ID))
		}
		return one(h.app.Identity.RevokeSessions(ctx, a, f.Refs["user"]))
	}},
	"identity.Tokens": {do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Identity.Tokens(ctx, a, f.Refs["user"]))
	}},
	"identity.SendLink": {action: permission.UserWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return none(h.app.Identity.SendLink(ctx, a, f.Refs["user"]))
	}},
	"identity.InvitationLink": {closed: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return two(h.app.Identity.InvitationLink(ctx, a, "person@"+f.Word+".example"))
	}},
	"identity.ProveByPassword": {list: true, quiet: true, refuses: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return none(h.app.Identity.ProveByPassword(ctx, a, "", ""))
	}},
	"identity.Factors": {do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Identity.Factors(ctx, a, f.Refs["user"]))
	}},
	"identity.FactorRules": {action: permission.SignInRule, list: true, quiet: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Identity.FactorRules(ctx, a))
	}},
	"identity.SetFactorRules": {closed: true, list: true, quiet: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Identity.SetFactorRules(ctx, a, nil))
	}},
	"identity.ResetFactors": {action: permission.UserWrite, refuses: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		if f.Version != 0 { // the walk still needs the session of acme's person
			return none(h.app.Identity.ResetFactors(ctx, a, a.ID))
		}
		return none(h.app.Identity.ResetFactors(ctx, a, f.Refs["user"]))
	}},
	"identity.MakeGlass": {closed: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return two(h.app.Identity.MakeGlass(ctx, a, identity.BreakGlass{Email: "person@" + f.Word + ".example", Reason: "the walk of the test"}))
	}},
	"identity.EndGlass": {closed: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return none(h.app.Identity.EndGlass(ctx, a, f.Refs["user"]))
	}},
	"identity.BrokenGlass": {list: true, quiet: true, action: permission.SignInRule, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Identity.BrokenGlass(ctx, a))
	}},
	"identity.BeginTOTP": {list: true, quiet: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Identity.BeginTOTP(ctx, a))
	}},
	"identity.ConfirmTOTP": {list: true, quiet: true, refuses: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Identity.ConfirmTOTP(ctx, a, "no code"))
	}},
	"identity.RemoveTOTP": {list: true, quiet: true, closed: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		err := h.app.Identity.RemoveTOTP(ctx, a)
		if fault.Is(err, fault.NotFound) { // nobody has one
			err = fault.New(fault.Conflict, "trust.factor.none")
		}
		return none(err)
	}},
	"identity.RenewRecovery": {list: true, quiet: true, closed: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Identity.RenewRecovery(ctx, a))
	}},
	"identity.AskNewPasskey": {list: true, quiet: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Identity.AskNewPasskey(ctx, a, "localhost"))
	}},
	"identity.AddPasskey": {list: true, quiet: true, refuses: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Identity.AddPasskey(ctx, a, "localhost", identity.Answer{}))
	}},
	"identity.RemovePasskey": {list: true, quiet: true, refuses: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		err := h.app.Identity.RemovePasskey(ctx, a, f.Refs["ci"])
		if fault.Is(err, fault.NotFound) { // nobody has one
			err = fault.New(fault.Conflict, "trust.factor.none")
		}
		return none(err)
	}},
	"identity.AskProof": {list: true, quiet: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Identity.AskProof(ctx, a, "localhost"))
	}},
	"identity.ProveByPasskey": {list: true, quiet: true, refuses: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return none(h.app.Identity.ProveByPasskey(ctx, a, "localhost", identity.Answer{}))
	}},
	"identity.HasProof": {list: true, quiet: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Identity.HasProof(ctx, a))
	}},
	"identity.TakeProof": {list: true, quiet: true, closed: true, do: func(ctx ctxT, h *house, a actorT, f *firm) (out []any, err error) {
		return out, within(ctx, h, func(tx *db.Tx) error {
			if _, err = h.app.Identity.TakeProof(ctx, tx, a); err == nil { // given by another call of the walk
				out, err = one(h.app.Identity.TakeProof(ctx, tx, a))
			}
			return err
		})
	}},
	"identity.GiveProof": {list: true, quiet: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return none(within(ctx, h, func(tx *db.Tx) error { return h.app.Identity.GiveProof(ctx, tx, a, "password") }))
	}},
}

// within runs f in a transaction of acme's.
func within(ctx context.Context, h *house, f func(*db.Tx) error) error {
	return h.db.InScope(ctx, db.Grant(h.acme.Refs["customer_id"]), f)
}

// resetOfNobody gives the task a request that does not exist, and one of an address that nobody has: nothing happens.
func (h *house) resetOfNobody(t *testing.T) {
	before := h.footprint(t, h.bolt)
	check(t, h.app.Identity.AnswerReset(t.Context(), id.New()))
	check(t, h.app.Identity.RequestReset(t.Context(), "stranger@nowhere.example", identity.Visit{Address: "192.0.2.7"}))
	h.untouched(t, h.bolt, before, "a request of a stranger")
}

var peopleActorless = map[string]string{
	"identity.AskPasskey":        "asks whoever comes for a passkey, and tells nothing",
	"identity.SignInByPasskey":   "makes the session, before any customer is known",
	"identity.PendingSignIn":     "tells the holder of a pending sign-in how far it is",
	"identity.SignInByCode":      "makes the session, before any customer is known",
	"identity.EnrolTOTP":         "goes on with a pending sign-in",
	"identity.EnrolByCode":       "goes on with a pending sign-in",
	"identity.AskPendingPasskey": "goes on with a pending sign-in",
	"identity.FinishByPasskey":   "makes the session, before any customer is known",
	"identity.PasskeysAt":        "tells of an address, not of a person",
}
