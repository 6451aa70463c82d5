package awssim

import (
	"fmt"
	"time"
)

// Plan is an AWS of our own.
type Plan struct {
	// Accounts are twelve digits each; the first manages the organisation of all and is whom unknown credentials belong to.
	Accounts []string
	// Regions are on for all accounts, Off are those to opt into.
	Regions, Off []string
	// Counts says how many resources of a type each account has in each region, by CloudFormation's name. Buckets, roles and the like
	// count for each account.
	Counts map[string]int
	// PageSize is the greatest page of all lists; 0 is what AWS allows for each.
	PageSize int
	Faults   []Fault
}

// Fault is something that goes wrong. Empty fields match everything. The first that matches counts.
type Fault struct {
	Account, Region string
	Action          string // "ec2:DescribeInstances", as API operations are called; "sts:AssumeRole" by the role's account
	Page            int    // of a list, from 1; 0 is every page
	Times           int    // how often it happens; 0 is always
	Kind            Kind
	// Policy says what denied, for Denied.
	Policy Policy
	// Delay is how long Slow holds the answer back.
	Delay time.Duration
}

// Kind is what goes wrong.
type Kind int

// The kinds of faults.
const (
	Denied      Kind = iota + 1
	Throttled        // with the service's own code
	Broken           // an internal error, status 500
	Cut              // the connection ends in the middle of the answer
	RepeatToken      // the page names itself as the next
	RegionOff        // as a region answers that the account has not opted into
	Slow
)

// Policy is the kind of policy that denied.
type Policy int

// The policies, as AWS words them (IAM User Guide, "Troubleshoot access denied error messages").
const (
	Identity Policy = iota // nothing allows it
	SCP
	Boundary
)

func (p Policy) reason(action string) string {
	switch p {
	case SCP:
		return "with an explicit deny in a service control policy"
	case Boundary:
		return "because no permissions boundary allows the " + action + " action"
	}
	return "because no identity-based policy allows the " + action + " action"
}

// count tells how many resources of a type a place holds.
func (p *Plan) count(typ string) int { return p.Counts[typ] }

// Total is how many resources there are in all accounts and regions, of regional types and of those that each account has once.
func (p *Plan) Total() int {
	n := 0
	for typ, c := range p.Counts {
		if global[typ] {
			n += c * len(p.Accounts)
		} else {
			n += c * len(p.Accounts) * len(p.Regions)
		}
	}
	return n
}

// global are the types that an account has once.
var global = map[string]bool{"AWS::S3::Bucket": true, "AWS::IAM::Role": true}

// place is where a resource lives; its identifiers are made from it.
type place struct{ account, region string }

// id makes "prefix-" and 17 hexadecimal digits.
func (p place) id(prefix string, n int) string {
	return fmt.Sprintf("%s-0%08x%08x", prefix, p.seed(), n)
}

// seed is FNV-1a over the names of the place.
func (p place) seed() uint32 {
	h := uint32(2166136261)
	for _, s := range []string{p.account, p.region} {
		for i := range len(s) {
			h = (h ^ uint32(s[i])) * 16777619
		}
	}
	return h
}
