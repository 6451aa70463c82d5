package collect

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Key names one call: where, and what. Together with the input it finds the answer in a recording.
type Key struct {
	Account, Region, Service, Op string
}

// Action is the API action, "ec2:DescribeInstances".
func (k Key) Action() string { return k.Service + ":" + k.Op }

// Source answers calls: live, live with a recording made, or from a recording. out is a pointer to an empty answer; live makes
// the real call, limited, retried and scrubbed.
type Source interface {
	Answer(ctx context.Context, k Key, in, out any, live func(context.Context) (any, error)) (any, error)
}

// method is the form of every operation of every client of the AWS SDK.
type method[In, Out, Opt any] func(context.Context, *In, ...func(*Opt)) (*Out, error)

// Do makes one call. Use Pages for lists, Try for details that may be missing or denied.
func Do[In, Out, Opt any](ctx context.Context, s *Session, call func(context.Context, *In, ...func(*Opt)) (*Out, error), in *In) (*Out, error) {
	op := strings.TrimSuffix(reflect.TypeFor[In]().Name(), "Input")
	k := Key{Account: s.Account, Region: s.Region, Service: s.collector.Service, Op: op}
	s.top().calls.Add(1)
	got, err := s.source.Answer(ctx, k, in, new(Out), func(ctx context.Context) (any, error) {
		out, err := s.limits.run(ctx, k, func(ctx context.Context) (any, error) { return method[In, Out, Opt](call)(ctx, in) })
		if err != nil {
			return nil, err
		}
		Scrub(out)
		return out, nil
	})
	if err != nil {
		return nil, &CallError{Action: k.Action(), Err: err}
	}
	return got.(*Out), nil
}

// Pages walks a list to its end, handing each page to each. The token fields are found by their usual names (tokenPairs). A
// token that comes back a second time ends the walk with ErrRepeatedToken, since the rest would be counted twice.
func Pages[In, Out, Opt any](ctx context.Context, s *Session, call func(context.Context, *In, ...func(*Opt)) (*Out, error), in *In, each func(*Out) error) error {
	send, receive, err := tokenFields(reflect.TypeFor[In](), reflect.TypeFor[Out]())
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for page := 1; ; page++ {
		out, err := Do(ctx, s, call, in)
		if err != nil {
			var ce *CallError
			if errors.As(err, &ce) {
				ce.Page = page
			}
			return err
		}
		if err := each(out); err != nil {
			return err
		}
		token, ok := reflect.ValueOf(out).Elem().FieldByIndex(receive).Interface().(*string)
		if !ok || token == nil || *token == "" {
			return nil
		}
		if seen[*token] {
			return &CallError{Action: s.collector.Service + ":" + strings.TrimSuffix(reflect.TypeFor[In]().Name(), "Input"), Page: page + 1, Err: ErrRepeatedToken}
		}
		seen[*token] = true
		next := *in
		reflect.ValueOf(&next).Elem().FieldByIndex(send).Set(reflect.ValueOf(token))
		in = &next
	}
}

// Try makes a call for a detail of an item. Absent details (codes such as "NoSuchBucketPolicy") give nil, false. A denied,
// throttled or broken detail does too, and is noted: the scope then does not end complete, but its items are kept.
func Try[In, Out, Opt any](ctx context.Context, s *Session, call func(context.Context, *In, ...func(*Opt)) (*Out, error), in *In, absent ...string) (*Out, bool) {
	out, err := Do(ctx, s, call, in)
	if err == nil {
		return out, true
	}
	if slices.Contains(absent, errorCode(err)) {
		return nil, false
	}
	s.Note(err)
	return nil, false
}

// Note keeps the first error of a detail; the scope will end with it.
func (s *Session) Note(err error) {
	s = s.top()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.noted == nil {
		s.noted = err
	}
}

// ErrRepeatedToken is a list that never ends.
var ErrRepeatedToken = errors.New("the service gave the same next-page token twice")

// CallError says which call failed, and at which page of a list (from 1; 0 where it is not a list).
type CallError struct {
	Action string
	Page   int
	Err    error
}

func (e *CallError) Error() string {
	if e.Page > 0 {
		return fmt.Sprintf("%s page %d: %v", e.Action, e.Page, e.Err)
	}
	return fmt.Sprintf("%s: %v", e.Action, e.Err)
}

// Unwrap gives the error of the SDK.
func (e *CallError) Unwrap() error { return e.Err }

// tokenPairs are the names that AWS gives to the token of the next page: in the input, in the output.
var tokenPairs = [][2]string{
	{"NextToken", "NextToken"}, {"Marker", "NextMarker"}, {"Marker", "Marker"}, {"NextMarker", "NextMarker"}, {"Position", "Position"},
	{"ExclusiveStartTableName", "LastEvaluatedTableName"}, {"ContinuationToken", "ContinuationToken"},
	{"PaginationToken", "PaginationToken"}, {"PageToken", "NextPageToken"}, {"NextPageToken", "NextPageToken"}, {"Marker", "NextToken"}, {"NextToken", "NextMarker"},
}

func tokenFields(in, out reflect.Type) (send, receive []int, err error) {
	ptr := reflect.TypeFor[*string]()
	for _, p := range tokenPairs {
		i, iok := in.FieldByName(p[0])
		o, ook := out.FieldByName(p[1])
		if iok && ook && i.Type == ptr && o.Type == ptr {
			return i.Index, o.Index, nil
		}
	}
	return nil, nil, fmt.Errorf("%s has no next-page token of a known name: walk it with Do", in.Name())
}
