package deliverable

import (
	"encoding/json"
	"io"
	"reflect"
	"slices"
	"strings"

	"vigie/internal/platform/fault"
)

// Content is what a deliverable of some kind says.
type Content interface {
	// check names what keeps it from being approved, besides what the tags say.
	check(now Known, bad *fault.Fields)
}

// Known is what a content is held against.
type Known struct {
	Alarms map[string]string // id of each alarm that is watched -> name
}

// kind is one of the six.
type kind struct {
	name  string
	icon  string
	make  func() Content
	shape []part
}

// The kinds, by the names that programs use.
const (
	Contacts       = "contacts"
	Workflow       = "workflow"
	Alerts         = "alerts"
	Requests       = "requests"
	IncidentReport = "incident_report"
	ServiceReview  = "service_review"
)

var kinds = []kind{
	kindOf(Contacts, "users", func() Content { return &Matrix{} }),
	kindOf(Workflow, "arrows-split", func() Content { return &Flow{} }),
	kindOf(Alerts, "bell", func() Content { return &Manual{} }),
	kindOf(Requests, "checklist", func() Content { return &Menu{} }),
	kindOf(IncidentReport, "file-alert", func() Content { return &Report{} }),
	kindOf(ServiceReview, "presentation", func() Content { return &Review{} }),
}

func kindOf(name, icon string, empty func() Content) kind {
	return kind{name, icon, empty, shapeOf(reflect.TypeOf(empty()).Elem())}
}

// Names lists the kinds in their order.
func Names() []string {
	out := make([]string, len(kinds))
	for i, k := range kinds {
		out[i] = k.name
	}
	return out
}

func kindNamed(name string) (kind, bool) {
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == name })
	if i < 0 {
		return kind{}, false
	}
	return kinds[i], true
}

// faults are all that keeps a content from being approved.
func (k kind) faults(c Content, now Known) fault.Fields {
	bad := whole(k.shape, c)
	c.check(now, &bad)
	return bad
}

// parse reads the JSON of a content strictly: an unknown member is a bad field "data".
func (k kind) parse(raw []byte) (Content, error) {
	c := k.make()
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.DisallowUnknownFields()
	err := dec.Decode(c)
	if err == nil {
		if _, more := dec.Token(); more != io.EOF {
			err = more
		}
	}
	if err != nil {
		var bad fault.Fields
		bad.Add("data", "deliverable.bad.data", "reason", strings.TrimPrefix(err.Error(), "json: "))
		return nil, bad.Err()
	}
	k.settle(c)
	return c, wellFormed(k.shape, c)
}

// settle makes empty lists of those that are not there, so that equal contents are equal texts.
func (k kind) settle(c Content) {
	root := reflect.ValueOf(c).Elem()
	empty := func(v reflect.Value) {
		if v.Kind() == reflect.Slice && v.IsNil() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
	}
	for _, p := range k.shape {
		empty(root.Field(p.index))
	}
	walk(k.shape, c, func(_ string, _ part, _ field, v reflect.Value) { empty(v) })
}

// load reads a content that we have written ourselves.
func (k kind) load(raw json.RawMessage) (Content, error) {
	c := k.make()
	err := json.Unmarshal(raw, c)
	k.settle(c)
	return c, err
}

// canonical is the one text of a content.
func canonical(c Content) ([]byte, error) { return json.Marshal(c) }
