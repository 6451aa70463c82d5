package collect

import "context"

// Reach is where a collector must be run.
type Reach uint8

// Regional collectors run once a region, Global ones once an account (in the partition's global region).
const (
	Regional Reach = iota
	Global
)

// GlobalRegion is the region of global resources, as AWS Config writes it.
const GlobalRegion = "global"

// Collector lists one kind of resource, and those that come in the same answers.
type Collector struct {
	// Service is the service's IAM prefix, which is also the first half of each action: "ec2", "elasticloadbalancing".
	Service string
	// Types are the CloudFormation type names that it emits, the main one first. No two collectors of one reach emit the same type.
	Types []string
	Reach Reach
	// OnlyGlobal: a global collector whose items are all in the region "global", where another tells of the same type in real
	// regions (web ACLs). Without it, what a complete global list does not name is gone in whatever region it was.
	OnlyGlobal bool
	// OrganizationOnly collectors run in the account that manages the organisation and nowhere else.
	OrganizationOnly bool
	// Actions are all IAM actions that it needs, details included. The role's policy is the union over the registry.
	Actions []string
	Collect func(ctx context.Context, s *Session) error
}

// Name identifies a collector: its main type.
func (c Collector) Name() string { return c.Types[0] }

// Item is one resource as AWS described it, without secrets.
type Item struct {
	Type string
	// ID is the identifier by which people know it; test/estate/IDENTIFIERS.md lists the form for each type.
	ID   string
	ARN  string
	Name string // empty: tag Name, else ID
	// Region is set where it is not the session's (an S3 bucket in the answer of a global list).
	Region string
	Tags   map[string]string
	// Attributes are facts, by CamelCase names as CloudFormation has them: strings, bools, numbers, lists and maps of these.
	// Nothing that changes by itself (counters, ages, last use) unless it is a fact to keep, so that a quiet estate has no changes.
	Attributes map[string]any
	// Keys are further names that edges may point at: DNS("my-alb-1.eu-west-1.elb.amazonaws.com").
	Keys  []string
	Edges []Edge
	// Partial is set by the session, not by collectors: a detail was denied or broke before this item was emitted, so that
	// what it lacks may still be there. What was known before is kept.
	Partial bool
}

// Edge is one relation of an item to another resource.
type Edge struct {
	Type Relation
	// Inbound: the item stands at the "to" end. A subnet emits {Contains, Inbound, vpc}: the VPC contains the subnet.
	Inbound bool
	To      Target
	// Redundancy names a group of edges of this item that stand for one need, of which Needed members must be well (0 is 1).
	// A load balancer over four instances: group "targets", needed 1.
	Redundancy string
	Needed     int
}

// Target names the other end: by ARN or DNS key, or by type and id, in the session's account and region unless given.
type Target struct {
	Type    string
	Key     string // "arn:...", "dns:...", or the ID of the type
	Account string
	Region  string
}

// DNS is the key of a DNS name.
func DNS(name string) string { return "dns:" + trimDNS(name) }

// To is an edge to a resource of the same account and region by its id.
func To(r Relation, typ, key string) Edge { return Edge{Type: r, To: Target{Type: typ, Key: key}} }

// From is an edge from such a resource: To with the ends exchanged.
func From(r Relation, typ, key string) Edge {
	return Edge{Type: r, Inbound: true, To: Target{Type: typ, Key: key}}
}

// Relation is the type of an edge.
type Relation string

// The relations, read "from RELATION to".
const (
	Contains   Relation = "contains"    // VPC contains subnet, cluster contains service, stack contains resource
	AttachedTo Relation = "attached_to" // volume attached to instance, gateway attached to VPC
	RunsOn     Relation = "runs_on"     // service runs on cluster, instance runs on subnet
	DependsOn  Relation = "depends_on"  // function depends on role, topic, layer
	RoutesTo   Relation = "routes_to"   // load balancer routes to target group, record to distribution
	Protects   Relation = "protects"    // web ACL protects load balancer, backup plan protects database, security group protects instance
	Monitors   Relation = "monitors"    // alarm monitors instance
	Encrypts   Relation = "encrypts"    // key encrypts volume
	Deploys    Relation = "deploys"     // pipeline deploys service
)

// Travel says which way a failure goes along a relation.
type Travel int8

// Forward: when "from" fails, "to" suffers. Backward: when "to" fails, "from" suffers.
const (
	Nowhere  Travel = 0
	Forward  Travel = 1
	Backward Travel = -1
)

// Relations lists all relation types in a fixed order.
func Relations() []Relation {
	return []Relation{Contains, AttachedTo, RunsOn, DependsOn, RoutesTo, Protects, Monitors, Encrypts, Deploys}
}

// Travel tells which way impact goes; losing protection, watch or deployment takes nothing down.
func (r Relation) Travel() Travel {
	switch r {
	case Contains, AttachedTo, Encrypts:
		return Forward
	case RunsOn, DependsOn, RoutesTo:
		return Backward
	}
	return Nowhere
}
