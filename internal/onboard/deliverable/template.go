package deliverable

import (
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"vigie/catalogue"
)

// languages are those that every template is written in.
var languages = []string{"en", "fr"}

// Metric is what is known of a CloudWatch metric before anybody has written a word about an alarm of it.
type Metric struct {
	Namespace, Name string
	Meaning, Steps  catalogue.Text
	Runbook         catalogue.Text
}

// Templates are what the deliverables begin with.
type Templates struct {
	title, purpose map[string]catalogue.Text
	content        map[string]map[string]Content // kind -> language
	metrics        []Metric                      // the last one is for those that are not named
}

// LoadTemplates reads the folder deliverable, with one file for each kind, and metrics.yaml. Whatever it does not know is refused with file and line.
func LoadTemplates(files fs.FS) (*Templates, error) {
	t := &Templates{map[string]catalogue.Text{}, map[string]catalogue.Text{}, map[string]map[string]Content{}, nil}
	for _, k := range kinds {
		if err := t.load(files, k); err != nil {
			return nil, err
		}
	}
	if err := t.loadMetrics(files, folder+"metrics.yaml"); err != nil {
		return nil, err
	}
	names, err := catalogue.Names(files, path.Clean(folder))
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		if name := strings.TrimSuffix(path.Base(n), ".yaml"); name != "metrics" && t.content[name] == nil {
			return nil, fmt.Errorf("%s: no deliverable has this name", n)
		}
	}
	return t, nil
}

func (t *Templates) load(files fs.FS, k kind) error {
	name := folder + k.name + ".yaml"
	r, root, err := read(files, name)
	if err != nil {
		return err
	}
	parts := r.members(root, "title", "purpose", "content")
	t.title[k.name], t.purpose[k.name] = r.both(parts["title"], root), r.both(parts["purpose"], root)
	t.content[k.name] = map[string]Content{}
	for _, l := range languages {
		c := k.make()
		r.language = l
		r.value(parts["content"], reflect.ValueOf(c).Elem())
		k.settle(c)
		if r.err == nil {
			r.err = wellFormed(k.shape, c)
		}
		t.content[k.name][l] = c
	}
	return r.err
}

func (t *Templates) loadMetrics(files fs.FS, name string) error {
	r, root, err := read(files, name)
	if err != nil {
		return err
	}
	if root.Kind != yaml.SequenceNode || len(root.Content) == 0 {
		return fmt.Errorf("%s:%d: want a list of metrics", name, root.Line)
	}
	for _, n := range root.Content {
		m := r.members(n, "namespace", "metric", "meaning", "first_steps", "runbook")
		one := Metric{Meaning: r.both(m["meaning"], n), Steps: r.both(m["first_steps"], n), Runbook: r.both(m["runbook"], n)}
		if m["namespace"] != nil && m["metric"] != nil {
			one.Namespace, one.Name = m["namespace"].Value, m["metric"].Value
		}
		t.metrics = append(t.metrics, one)
	}
	if last := t.metrics[len(t.metrics)-1]; last.Namespace != "*" && r.err == nil {
		r.err = fmt.Errorf("%s: the last entry is for all other metrics, and has the namespace *", name)
	}
	return r.err
}

// metric finds what is known of a metric.
func (t *Templates) metric(namespace, name string) Metric {
	i := slices.IndexFunc(t.metrics, func(m Metric) bool { return m.Namespace == namespace && m.Name == name })
	if i < 0 {
		i = len(t.metrics) - 1
	}
	return t.metrics[i]
}

// folder holds the templates in a catalogue.
const folder = "deliverable/"

// read gives the root of a file.
func read(files fs.FS, name string) (*reader, *yaml.Node, error) {
	s, err := catalogue.Read(files, name, nil)
	if err == nil {
		err = catalogue.Err(s)
	}
	if err != nil {
		return nil, nil, err
	}
	return &reader{file: name}, s.Node(""), nil
}

// reader reads YAML into the structs of kinds, strictly; it keeps the first fault.
type reader struct {
	file, language string
	err            error
}

func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%s:%d: %s", r.file, n.Line, fmt.Sprintf(format, args...))
	}
}

// members gives the members of a mapping, and refuses all others.
func (r *reader) members(n *yaml.Node, known ...string) map[string]*yaml.Node {
	out := map[string]*yaml.Node{}
	if n == nil || n.Kind != yaml.MappingNode {
		if n != nil {
			r.fail(n, "want members %s", strings.Join(known, ", "))
		}
		return out
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		switch {
		case !slices.Contains(known, key.Value):
			r.fail(key, "unknown member %q; known are %s", key.Value, strings.Join(known, ", "))
		case out[key.Value] != nil:
			r.fail(key, "%q stands twice", key.Value)
		}
		out[key.Value] = n.Content[i+1]
	}
	return out
}

// both reads a text in both languages.
func (r *reader) both(n, parent *yaml.Node) (w catalogue.Text) {
	if n == nil {
		r.fail(parent, "a text in both languages is missing")
		return w
	}
	m := r.members(n, languages...)
	for _, l := range languages {
		if m[l] == nil || strings.TrimSpace(m[l].Value) == "" {
			r.fail(n, "the text in %q is missing", l)
			return w
		}
	}
	return catalogue.Text{EN: strings.TrimSpace(m["en"].Value), FR: strings.TrimSpace(m["fr"].Value)}
}

// value reads a node into a value of a kind's struct.
func (r *reader) value(n *yaml.Node, v reflect.Value) {
	if n == nil || r.err != nil {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		byName, names := map[string]int{}, []string{}
		for i := range v.NumField() {
			name := jsonName(v.Type().Field(i))
			byName[name], names = i, append(names, name)
		}
		for name, member := range r.members(n, names...) {
			if i, ok := byName[name]; ok {
				r.value(member, v.Field(i))
			}
		}
	case reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			r.fail(n, "want a list")
			return
		}
		out := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
		for i, one := range n.Content {
			r.value(one, out.Index(i))
		}
		v.Set(out)
	case reflect.String:
		if n.Kind == yaml.MappingNode {
			v.SetString(r.both(n, n).In(r.language))
			return
		}
		v.SetString(n.Value)
	default:
		if err := n.Decode(v.Addr().Interface()); err != nil {
			r.fail(n, "%s", err)
		}
	}
}
