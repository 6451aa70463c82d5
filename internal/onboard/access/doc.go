// Package access owns what the provider must be let into before it can answer for a service: infrastructure, ticketing, monitoring, CI/CD, tools of
// others. Each check says what is needed, who gives it, how it is proved, and by when.
//
// States: asked, given (the customer says so), proved, failed, and expired (a proof that is too old). Nobody sets them in a form: Give, Prove and
// Fail are what people say, Look is what Vigie sees for itself. What Vigie can see it does not let people claim: a check by role, webhook, token
// or mail is proved by Look alone.
//
// The room reads no other: app gives it what Vigie saw (Eyes). Missing is what the launch gate asks.
package access
