package control

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"
	"go.yaml.in/yaml/v3"
)

// Problem is why a catalogue is refused.
type Problem struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Reason string `json:"reason"`
}

func (p Problem) String() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Reason) }

// Problems is every reason at once, so that a file is mended in one go.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// Load reads the controls of all *.yaml files of a folder. known tells which types of CIs of AWS there are; other types are a
// provider's own. The error is Problems where the files are to blame.
func Load(files fs.FS, known func(typ string) bool) (*Catalogue, error) {
	envs, err := languages()
	if err != nil {
		return nil, err
	}
	l := &loader{envs: envs, known: known, ids: map[string]*Control{}}
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, fmt.Errorf("read controls: %w", err)
	}
	for _, d := range entries {
		if d.IsDir() || path.Ext(d.Name()) != ".yaml" && path.Ext(d.Name()) != ".yml" {
			continue
		}
		text, err := fs.ReadFile(files, d.Name())
		if err != nil {
			return nil, fmt.Errorf("read controls: %w", err)
		}
		l.file(d.Name(), text)
	}
	if len(l.problems) > 0 {
		slices.SortStableFunc(l.problems, func(a, b Problem) int { return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line)) })
		return nil, l.problems
	}
	return newCatalogue(l.controls), nil
}

type loader struct {
	envs     map[Kind]*cel.Env
	known    func(string) bool
	ids      map[string]*Control
	controls []*Control
	problems Problems
}

var yamlLine = regexp.MustCompile(`line (\d+): (.*)`)

func (l *loader) file(name string, text []byte) {
	refuse := func(line int, reason string) { l.problems = append(l.problems, Problem{name, line, reason}) }
	var list []*Control
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&list); err != nil {
		if errors.Is(err, io.EOF) {
			return // an empty file, or one of comments
		}
		reasons := []string{err.Error()}
		if typed, ok := errors.AsType[*yaml.TypeError](err); ok {
			reasons = typed.Errors
		}
		for _, r := range reasons {
			line := 1
			if m := yamlLine.FindStringSubmatch(r); m != nil {
				line, _ = strconv.Atoi(m[1])
				r = strings.NewReplacer(" not found in type control.", " is not known in ", "already set in type", "is twice in").Replace(m[2])
			}
			refuse(line, r)
		}
		return
	}
	var tree yaml.Node
	if err := yaml.Unmarshal(text, &tree); err != nil {
		refuse(1, err.Error())
		return
	}
	var extra yaml.Node
	if err := decoder.Decode(&extra); !errors.Is(err, io.EOF) {
		refuse(max(extra.Line, 1), "a second document: one file is one list of controls")
	}
	for i, c := range list {
		node := at(&tree, i)
		if c == nil {
			refuse(node.Line, "an empty control")
			continue
		}
		c.File, c.Line = name, node.Line
		k := &checker{loader: l, c: c, node: node}
		k.check()
		l.controls = append(l.controls, c)
	}
}

// at finds a node by the way to it; what is not there is its parent, for the line.
func at(n *yaml.Node, way ...any) *yaml.Node {
	if n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	for _, step := range way {
		next := (*yaml.Node)(nil)
		switch s := step.(type) {
		case int:
			if n.Kind == yaml.SequenceNode && s < len(n.Content) {
				next = n.Content[s]
			}
		case string:
			for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
				if n.Content[i].Value == s {
					next = n.Content[i+1]
				}
			}
		}
		if next == nil {
			return n
		}
		n = next
	}
	return n
}
