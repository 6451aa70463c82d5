package scim

import (
	"slices"
	"strings"
)

// The names that the RFCs give.
const (
	coreUser   = "urn:ietf:params:scim:schemas:core:2.0:User"
	coreGroup  = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	message    = "urn:ietf:params:scim:api:messages:2.0:"
)

type kind string

const (
	text      kind = "string"
	yesno     kind = "boolean"
	whole     kind = "complex"
	reference kind = "reference"
	moment    kind = "dateTime"
)

// attribute is one attribute of a schema.
type attribute struct {
	Name     string
	Kind     kind
	Multi    bool
	Required bool
	Exact    bool // compared with regard to case
	ReadOnly bool
	Always   bool // shown whatever is asked for
	Unique   bool
	About    string
	Values   []string // that are usual
	Refers   []string // types that a reference leads to
	Sub      []attribute
}

func named(all []attribute, name string) (attribute, bool) {
	at := slices.IndexFunc(all, func(a attribute) bool { return strings.EqualFold(a.Name, name) })
	if at < 0 {
		return attribute{}, false
	}
	return all[at], true
}

// schema is a set of attributes under one name.
type schema struct {
	URN, Name, About string
	Attributes       []attribute
}

// resource is a type of resources.
type resource struct {
	Name, Endpoint, About string
	Core                  schema
	Extensions            []schema
}

// common are the attributes of every resource.
var common = []attribute{
	{Name: "schemas", Kind: reference, Multi: true, ReadOnly: true, Exact: true, Always: true},
	{Name: "id", Kind: text, ReadOnly: true, Exact: true, Always: true, Unique: true},
	{Name: "externalId", Kind: text, Exact: true, Unique: true},
	{Name: "meta", Kind: whole, ReadOnly: true, Sub: []attribute{{Name: "resourceType", Kind: text, Exact: true}, {Name: "created", Kind: moment},
		{Name: "lastModified", Kind: moment}, {Name: "location", Kind: reference, Exact: true}, {Name: "version", Kind: text, Exact: true}}},
}

// several are the sub-attributes of what somebody has more than one of.
func several(value string, kinds ...string) []attribute {
	return []attribute{{Name: "value", Kind: text, About: value}, {Name: "display", Kind: text, About: "Name for people."},
		{Name: "type", Kind: text, About: "What it is for.", Values: kinds}, {Name: "primary", Kind: yesno, About: "Whether it is the one to use; at most one is."}}
}

var users = resource{Name: "User", Endpoint: "/Users", About: "People", Core: schema{URN: coreUser, Name: "User", About: "A person", Attributes: []attribute{
	{Name: "userName", Kind: text, Required: true, Unique: true, About: "By which the directory knows the person; without regard to case."},
	{Name: "name", Kind: whole, About: "The parts of the name.", Sub: []attribute{{Name: "formatted", Kind: text, About: "The whole name."}, {Name: "familyName", Kind: text, About: "Family name."},
		{Name: "givenName", Kind: text, About: "Given name."}, {Name: "middleName", Kind: text, About: "Middle names."}, {Name: "honorificPrefix", Kind: text, About: "Title before the name."},
		{Name: "honorificSuffix", Kind: text, About: "Title behind the name."}}},
	{Name: "displayName", Kind: text, About: "The name that Vigie shows."},
	{Name: "nickName", Kind: text, About: "Casual name."},
	{Name: "title", Kind: text, About: "Job title."},
	{Name: "userType", Kind: text, About: "Relation to the organisation."},
	{Name: "preferredLanguage", Kind: text, About: "Language, when the account is made: French, or otherwise English."},
	{Name: "locale", Kind: text, About: "Locale; counts where there is no preferred language."},
	{Name: "timezone", Kind: text, About: "Time zone of IANA, when the account is made."},
	{Name: "active", Kind: yesno, About: "Whether the person may come in."},
	{Name: "emails", Kind: whole, Multi: true, About: "The primary one, or otherwise that of work, is the account's; it must lie in a domain of the provider.", Sub: several("Address.", "work", "home", "other")},
	{Name: "phoneNumbers", Kind: whole, Multi: true, About: "Telephone numbers.", Sub: several("Number.", "work", "home", "mobile", "fax", "pager", "other")},
	{Name: "addresses", Kind: whole, Multi: true, About: "Postal addresses.", Sub: []attribute{{Name: "formatted", Kind: text, About: "The whole address."}, {Name: "streetAddress", Kind: text, About: "Street and number."},
		{Name: "locality", Kind: text, About: "Town."}, {Name: "region", Kind: text, About: "Region."}, {Name: "postalCode", Kind: text, About: "Postal code."}, {Name: "country", Kind: text, About: "Country."},
		{Name: "type", Kind: text, About: "What it is for.", Values: []string{"work", "home", "other"}}, {Name: "primary", Kind: yesno, About: "Whether it is the one to use; at most one is."}}},
	{Name: "groups", Kind: whole, Multi: true, ReadOnly: true, About: "Groups that the directory has put the person in; changed by the groups.", Sub: []attribute{{Name: "value", Kind: text, Exact: true, ReadOnly: true, About: "Id."},
		{Name: "$ref", Kind: reference, Exact: true, ReadOnly: true, About: "Address.", Refers: []string{"Group"}}, {Name: "display", Kind: text, ReadOnly: true, About: "Name."}, {Name: "type", Kind: text, ReadOnly: true, About: "Always direct.", Values: []string{"direct"}}}},
}}, Extensions: []schema{{URN: enterprise, Name: "EnterpriseUser", About: "A person in an organisation", Attributes: []attribute{
	{Name: "employeeNumber", Kind: text, About: "Number in the organisation."}, {Name: "costCenter", Kind: text, About: "Cost centre."}, {Name: "organization", Kind: text, About: "Organisation."},
	{Name: "division", Kind: text, About: "Division."}, {Name: "department", Kind: text, About: "Department."},
	{Name: "manager", Kind: whole, About: "Whom the person reports to.", Sub: []attribute{{Name: "value", Kind: text, Exact: true, About: "Id."}, {Name: "$ref", Kind: reference, Exact: true, About: "Address.", Refers: []string{"User"}}, {Name: "displayName", Kind: text, About: "Name."}}},
}}}}

var groups = resource{Name: "Group", Endpoint: "/Groups", About: "Groups", Core: schema{URN: coreGroup, Name: "Group", About: "A group of people; the rules of the provider give it a role by its name or its externalId", Attributes: []attribute{
	{Name: "displayName", Kind: text, Required: true, Unique: true, About: "Name, once in the provider."},
	{Name: "members", Kind: whole, Multi: true, About: "Users of the same directory; groups in groups are not taken.", Sub: []attribute{{Name: "value", Kind: text, Exact: true, About: "Id of the user."},
		{Name: "$ref", Kind: reference, Exact: true, About: "Address.", Refers: []string{"User"}}, {Name: "display", Kind: text, About: "Name of the user."}, {Name: "type", Kind: text, About: "Always User.", Values: []string{"User"}}}},
}}}

// place is an attribute of a resource, or a part of one: of an extension where ext is its name, the whole extension where attr has no name.
type place struct {
	ext  string
	attr attribute
	sub  *attribute
}

// leaf is the attribute whose values are compared: of something composed it is its value.
func (p place) leaf() attribute {
	if p.sub != nil {
		return *p.sub
	}
	if p.attr.Kind == whole {
		if v, ok := named(p.attr.Sub, "value"); ok {
			return v
		}
	}
	return p.attr
}

// find reads the name of an attribute: name, name.part, or either with the name of its schema in front.
func (r resource) find(path string) (p place, ok bool) {
	all, rest := append(slices.Clone(common), r.Core.Attributes...), path
	for _, s := range append([]schema{r.Core}, r.Extensions...) {
		if len(path) >= len(s.URN) && strings.EqualFold(path[:len(s.URN)], s.URN) {
			rest = path[len(s.URN):]
			if s.URN != r.Core.URN {
				p.ext, all = s.URN, s.Attributes
			}
			if rest == "" {
				return p, p.ext != ""
			}
			if rest[0] != ':' {
				return p, false
			}
			rest = rest[1:]
			break
		}
	}
	name, part, cut := strings.Cut(rest, ".")
	if p.attr, ok = named(all, name); !ok || !cut {
		return p, ok
	}
	sub, ok := named(p.attr.Sub, part)
	p.sub = &sub
	return p, ok
}

// holder is the part of a document in which the attribute stands.
func (p place) holder(doc map[string]any, make_ bool) map[string]any {
	if p.ext == "" {
		return doc
	}
	m, ok := doc[p.ext].(map[string]any)
	if !ok && make_ {
		m = map[string]any{}
		doc[p.ext] = m
	}
	return m
}

// values are all values at the place.
func (p place) values(doc map[string]any) (out []any) {
	var each []any
	switch v := p.holder(doc, false)[p.attr.Name].(type) {
	case nil:
		return nil
	case []any:
		each = v
	default:
		each = []any{v}
	}
	leaf := p.leaf()
	for _, v := range each {
		if m, ok := v.(map[string]any); ok && leaf.Kind != whole {
			v = m[leaf.Name]
		}
		if v != nil {
			out = append(out, v)
		}
	}
	return out
}
