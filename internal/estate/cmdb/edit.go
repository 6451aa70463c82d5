package cmdb

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"vigie/internal/platform/fault"
	"vigie/internal/record/field"
)

// Edit is a field of a change that may be left out, set, or taken back (null): on a discovered CI, what a person takes back is
// again as discovery says.
type Edit struct {
	Given bool
	Value string
	Null  bool
}

// Set is an Edit that sets a value.
func Set(value string) Edit { return Edit{Given: true, Value: value} }

// Unset is an Edit that takes back what a person set.
func Unset() Edit { return Edit{Given: true, Null: true} }

// UnmarshalJSON is called for null too, but not for a field that is left out.
func (e *Edit) UnmarshalJSON(b []byte) error {
	*e = Edit{Given: true}
	if string(b) == "null" {
		e.Null = true
		return nil
	}
	return json.Unmarshal(b, &e.Value)
}

// NewCI is a CI as a person enters it.
type NewCI struct {
	Customer    string            `json:"customer" doc:"Slug or id."`
	Type        string            `json:"type" doc:"CloudFormation's name of the type, or one of your own." example:"AWS::EC2::Instance"`
	Name        string            `json:"name"`
	ExternalID  string            `json:"external_id,omitempty" doc:"What AWS or its owner calls it; made from the name if left out."`
	ARN         string            `json:"arn,omitempty"`
	Account     string            `json:"account,omitempty"`
	Region      string            `json:"region,omitempty"`
	Environment string            `json:"environment,omitempty" doc:"production, staging, test, development, sandbox or shared; read from the tags if left out."`
	Criticality string            `json:"criticality,omitempty" doc:"critical, high, medium or low; read from the tags if left out."`
	Owner       string            `json:"owner,omitempty" doc:"Read from the tags if left out."`
	Workload    string            `json:"workload,omitempty" doc:"Id or name; the rules of workloads decide if left out."`
	Tags        map[string]string `json:"tags,omitempty"`
	Attributes  map[string]any    `json:"attributes,omitempty"`
	Custom      field.Values      `json:"custom,omitempty"`
}

// ChangeCI is what may be changed of a CI. Tags and attributes can be set only where discovery does not own them.
type ChangeCI struct {
	Name        Edit               `json:"name,omitempty" doc:"On a discovered CI null gives it back to discovery, as for the fields below."`
	Environment Edit               `json:"environment,omitempty"`
	Criticality Edit               `json:"criticality,omitempty"`
	Owner       Edit               `json:"owner,omitempty"`
	Workload    Edit               `json:"workload,omitempty" doc:"Id or name; null gives it back to the rules."`
	Tags        *map[string]string `json:"tags,omitempty" doc:"Only where discovery does not own them."`
	Attributes  *map[string]any    `json:"attributes,omitempty" doc:"Only where discovery does not own them."`
	Custom      field.Values       `json:"custom,omitempty"`
}

// Limits of what a person may enter.
const (
	maxName       = 255
	maxTags       = 100
	maxAttributes = 64 << 10 // bytes of JSON
)

// Validate collects every bad field.
func (n NewCI) Validate() fault.Fields {
	var f fault.Fields
	text(&f, "type", n.Type, 128, true)
	if n.Type != "" && strings.ContainsFunc(n.Type, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(":._- /", r))
	}) {
		f.Add("type", "cmdb.fault.type")
	}
	text(&f, "name", n.Name, maxName, true)
	text(&f, "external_id", n.ExternalID, 512, false)
	text(&f, "arn", n.ARN, 512, false)
	text(&f, "account", n.Account, 64, false)
	text(&f, "region", n.Region, 64, false)
	choice(&f, "environment", n.Environment, Environments)
	choice(&f, "criticality", n.Criticality, Criticalities)
	text(&f, "owner", n.Owner, 200, false)
	text(&f, "workload", n.Workload, maxName, false)
	checkTags(&f, n.Tags)
	checkAttributes(&f, n.Attributes)
	return f
}

// Validate collects every bad field, as far as it can be told without the CI.
func (c ChangeCI) Validate() fault.Fields {
	var f fault.Fields
	if c.Name.Given && !c.Name.Null {
		text(&f, "name", c.Name.Value, maxName, true)
	}
	choice(&f, "environment", c.Environment.Value, Environments)
	choice(&f, "criticality", c.Criticality.Value, Criticalities)
	text(&f, "owner", c.Owner.Value, 200, false)
	text(&f, "workload", c.Workload.Value, maxName, false)
	if c.Tags != nil {
		checkTags(&f, *c.Tags)
	}
	if c.Attributes != nil {
		checkAttributes(&f, *c.Attributes)
	}
	return f
}

func text(f *fault.Fields, path, v string, longest int, required bool) {
	switch {
	case required && strings.TrimSpace(v) == "":
		f.Add(path, "cmdb.fault.required")
	case !utf8.ValidString(v) || strings.ContainsFunc(v, func(r rune) bool { return r < ' ' }):
		f.Add(path, "cmdb.fault.characters")
	case utf8.RuneCountInString(v) > longest:
		f.Add(path, "cmdb.fault.too_long", "max", longest)
	}
}

func choice(f *fault.Fields, path, v string, of []string) {
	if v != "" && !slices.Contains(of, v) {
		f.Add(path, "cmdb.fault.choice", "choices", strings.Join(of, ", "))
	}
}

func checkTags(f *fault.Fields, tags map[string]string) {
	if len(tags) > maxTags {
		f.Add("tags", "cmdb.fault.too_many", "max", maxTags)
	}
	for _, k := range keysOf(tags) {
		text(f, "tags."+k, k, 128, true)
		text(f, "tags."+k, tags[k], 256, false)
	}
}

func checkAttributes(f *fault.Fields, attributes map[string]any) {
	b, err := json.Marshal(attributes)
	switch {
	case err != nil, strings.Contains(string(b), `\u0000`):
		f.Add("attributes", "cmdb.fault.characters")
	case len(b) > maxAttributes:
		f.Add("attributes", "cmdb.fault.too_long", "max", maxAttributes)
	}
	for _, k := range keysOf(attributes) {
		text(f, "attributes."+k, k, 128, true)
	}
}

// apply gives the CI with the change made, and what differs. The workload is the caller's affair: it needs the database.
func (c ChangeCI) apply(old record) (record, []delta, error) {
	now := old
	var f fault.Fields
	now.Pinned.V, now.Observed.V = maps.Clone(old.Pinned.V), maps.Clone(old.Observed.V)
	now.fill()
	for field, e := range map[string]Edit{FieldName: c.Name, FieldEnvironment: c.Environment, FieldCriticality: c.Criticality, FieldOwner: c.Owner} {
		if !e.Given {
			continue
		}
		if old.Source != Discovered {
			if field == FieldName && e.Null {
				f.Add("name", "cmdb.fault.required")
				continue
			}
			now.set(field, e.Value)
			continue
		}
		_, pinned := now.Pinned.V[field]
		switch {
		case e.Null && pinned:
			now.set(field, now.Observed.V[field])
			delete(now.Pinned.V, field)
			delete(now.Observed.V, field)
		case e.Null:
		default:
			if !pinned {
				now.Observed.V[field] = old.get(field)
			}
			now.Pinned.V[field] = e.Value
			now.set(field, e.Value)
		}
	}
	if old.Source == Discovered {
		if c.Tags != nil {
			f.Add("tags", "cmdb.fault.discovered")
		}
		if c.Attributes != nil {
			f.Add("attributes", "cmdb.fault.discovered")
		}
	} else {
		if c.Tags != nil {
			now.Tags.V = *c.Tags
		}
		if c.Attributes != nil {
			now.Attributes.V = *c.Attributes
		}
		now.fill()
	}
	var deltas []delta
	for _, field := range pinnable {
		deltas = append(deltas, diffText(field, old.get(field), now.get(field))...)
	}
	deltas = append(deltas, diffTags(old.Tags.V, now.Tags.V)...)
	deltas = append(deltas, diffAttributes(old.Attributes.V, now.Attributes.V)...)
	return now, deltas, f.Err()
}

// externalID makes an identifier out of a name for CIs that have none of their own.
func externalID(name string) string {
	var b strings.Builder
	dash := false
	for _, r := range strings.ToLower(name) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 0x7F {
			if dash && b.Len() > 0 {
				b.WriteByte('-')
			}
			b.WriteRune(r)
			dash = false
			continue
		}
		dash = true
	}
	if b.Len() == 0 {
		return strings.TrimSpace(name)
	}
	return b.String()
}

// summary is what the audit trail keeps of a CI.
func (r *record) summary(custom field.Values) map[string]any {
	return map[string]any{"custom": custom, "type": r.Type, "name": r.Name, "external_id": r.ExternalID, "account": r.Account, "region": r.Region,
		"environment": r.Environment, "criticality": r.Criticality, "owner": r.Owner, "workload": string(r.WorkloadID), "tags": r.Tags.V,
		"attributes": r.Attributes.V, "source": r.Source}
}

// changes tells the audit trail what differed, before and after.
func changedFields(deltas []delta) (before, after map[string]any) {
	before, after = map[string]any{}, map[string]any{}
	for _, d := range deltas {
		before[d.Field], after[d.Field] = raw(d.Before), raw(d.After)
	}
	return before, after
}

func raw(text string) any {
	if text == "" {
		return nil
	}
	if json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	return fmt.Sprint(text) // a value that was cut
}
