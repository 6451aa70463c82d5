package permission

import "context"

type actorKey struct{}

// With puts the actor into the context of a request. Only the edge does so (identity), and only handlers read it: services
// take the actor as an argument.
func With(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// From is the actor of the request; the zero Actor, who may do nothing, where nobody is signed in.
func From(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	return a
}

// Need makes the check that a list declares: whether the actor of the request may do the action at all.
func Need(action Action) func(context.Context) error {
	return func(ctx context.Context) error { return From(ctx).Require(action) }
}
