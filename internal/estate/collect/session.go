package collect

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Session is one run of one collector in one account and region.
type Session struct {
	Account   string
	Region    string // GlobalRegion for global collectors
	Partition string // "aws", "aws-cn", "aws-us-gov"
	collector Collector
	parent    *Session // of a view (With)
	source    Source
	config    aws.Config
	limits    *Limits
	sink      func(context.Context, []Item) error
	log       *slog.Logger

	mu     sync.Mutex
	buffer []Item
	noted  error // first error of a detail (Try)
	items  atomic.Int64
	calls  atomic.Int64
}

// Config is the AWS configuration for this account and region; clients are made from it and used only through Do, Pages and Try.
func (s *Session) Config() aws.Config { return s.config }

// With gives a view of the session whose calls go to another service, by its IAM prefix: a serverless application is made of what
// CloudFormation and the tagging service say. Items are emitted through either.
func (s *Session) With(service string) *Session {
	view := &Session{Account: s.Account, Region: s.Region, Partition: s.Partition, collector: s.collector, parent: s.top(),
		source: s.source, config: s.config, limits: s.limits, sink: s.sink, log: s.log}
	view.collector.Service = service
	return view
}

// top is the session that counts and keeps: the one that With was called on, or itself.
func (s *Session) top() *Session {
	if s.parent != nil {
		return s.parent
	}
	return s
}

// ARN writes an ARN of this account and region: s.ARN("ec2", "volume/vol-1").
func (s *Session) ARN(service, resource string) string {
	return "arn:" + s.Partition + ":" + service + ":" + s.awsRegion() + ":" + s.Account + ":" + resource
}

// GlobalARN writes an ARN without a region: s.GlobalARN("iam", "user/jo").
func (s *Session) GlobalARN(service, resource string) string {
	return "arn:" + s.Partition + ":" + service + "::" + s.Account + ":" + resource
}

func (s *Session) awsRegion() string {
	if s.Region == GlobalRegion {
		return ""
	}
	return s.Region
}

// emitBatch is how many items go to the sink at once.
const emitBatch = 500

// Emit hands items over; they are stored in batches.
func (s *Session) Emit(ctx context.Context, items ...Item) error {
	s = s.top()
	s.mu.Lock()
	for _, it := range items {
		s.buffer = append(s.buffer, s.settle(it))
	}
	var full []Item
	if len(s.buffer) >= emitBatch {
		full, s.buffer = s.buffer, nil
	}
	s.mu.Unlock()
	return s.flush(ctx, full)
}

// Flush stores what has been emitted so far.
func (s *Session) Flush(ctx context.Context) error {
	s.mu.Lock()
	rest := s.buffer
	s.buffer = nil
	s.mu.Unlock()
	return s.flush(ctx, rest)
}

func (s *Session) flush(ctx context.Context, items []Item) error {
	if len(items) == 0 {
		return nil
	}
	s.items.Add(int64(len(items)))
	return s.sink(ctx, items)
}

// settle fills what an entry may leave out, and takes secrets out of what it made.
func (s *Session) settle(it Item) Item {
	it.Partial = s.noted != nil
	if it.Region == "" {
		it.Region = s.Region
	}
	if it.Name == "" {
		it.Name = it.Tags["Name"]
	}
	if it.Name == "" {
		it.Name = it.ID
	}
	for i := range it.Edges {
		e := &it.Edges[i]
		if strings.HasPrefix(e.To.Key, "arn:") || strings.HasPrefix(e.To.Key, "dns:") {
			continue
		}
		if e.To.Account == "" {
			e.To.Account = s.Account
		}
		if e.To.Region == "" {
			e.To.Region = it.Region
		}
	}
	// An edge without a key is a fact that AWS left out ("no subnet"), not a relation.
	kept := it.Edges[:0]
	for _, e := range it.Edges {
		if e.To.Key != "" && e.To.Key != "dns:" {
			kept = append(kept, e)
		}
	}
	it.Edges = kept
	return it
}

func trimDNS(name string) string {
	return strings.TrimPrefix(strings.TrimSuffix(strings.ToLower(name), "."), "dualstack.")
}
