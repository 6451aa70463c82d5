package catalogue

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

	"go.yaml.in/yaml/v3"
)

// Text is words in each language of the product.
type Text struct {
	EN string `yaml:"en" json:"en"`
	FR string `yaml:"fr" json:"fr"`
}

// In gives the words of a language; English where there is no other.
func (t Text) In(language string) string {
	if language == "fr" {
		return t.FR
	}
	return t.EN
}

// Problem is why a file is refused.
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

// Names lists the YAML files of a folder, in order. Folders and files of other kinds are left out.
func Names(files fs.FS, folder string) ([]string, error) {
	entries, err := fs.ReadDir(files, folder)
	if err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	var out []string
	for _, e := range entries {
		if ext := path.Ext(e.Name()); !e.IsDir() && (ext == ".yaml" || ext == ".yml") {
			out = append(out, path.Join(folder, e.Name()))
		}
	}
	return out, nil
}

// Source is a file that was read: where each of its parts stands, and what is wrong with it. Parts are named by the way to them from the
// root, as "sections[0].questions[2].title"; "" is the root.
type Source struct {
	File     string
	root     *yaml.Node
	problems Problems
}

// Read reads one file strictly into a pointer, or into nothing (nil). What the pointer has no place for is a problem, with its line, and
// so is a second document; an empty file is none. The error is of files that cannot be read, problems are in Err.
func Read(files fs.FS, name string, into any) (*Source, error) {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	s := &Source{File: name, root: &yaml.Node{}}
	var tree yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&tree); err != nil {
		if !errors.Is(err, io.EOF) {
			s.syntax(err)
		}
		return s, nil
	}
	if len(tree.Content) > 0 {
		s.root = tree.Content[0]
	}
	var extra yaml.Node
	if err := d.Decode(&extra); !errors.Is(err, io.EOF) {
		s.Refuse(max(extra.Line, 1), "a second document: a file has one")
		return s, nil
	}
	if into == nil {
		return s, nil
	}
	strict := yaml.NewDecoder(bytes.NewReader(text))
	strict.KnownFields(true)
	if err := strict.Decode(into); err != nil {
		s.syntax(err)
	}
	return s, nil
}

var (
	yamlLine = regexp.MustCompile(`line (\d+): (.*)`)
	goType   = regexp.MustCompile(` in type [\w.]+| into [\w.\[\]*]+$`)
)

// syntax notes what the parser complains of, without the names of our types.
func (s *Source) syntax(err error) {
	reasons := []string{err.Error()}
	if typed, ok := errors.AsType[*yaml.TypeError](err); ok {
		reasons = typed.Errors
	}
	for _, r := range reasons {
		line := 1
		if m := yamlLine.FindStringSubmatch(r); m != nil {
			line, _ = strconv.Atoi(m[1])
			r = m[2]
		}
		r = goType.ReplaceAllString(strings.TrimPrefix(r, "yaml: "), "")
		s.Refuse(line, "%s", strings.NewReplacer(" not found", " is not known", "already set", "is twice there").Replace(r))
	}
}

// Refuse notes a problem at a line.
func (s *Source) Refuse(line int, format string, args ...any) {
	s.problems = append(s.problems, Problem{s.File, line, fmt.Sprintf(format, args...)})
}

// Fail notes a problem of a part, at its line or that of the nearest part around it that the file has.
func (s *Source) Fail(at, format string, args ...any) {
	reason := fmt.Sprintf(format, args...)
	if at != "" {
		reason = at + ": " + reason
	}
	s.Refuse(max(s.Node(at).Line, 1), "%s", reason)
}

// Words demands a text in each language.
func (s *Source) Words(at string, t Text) {
	if strings.TrimSpace(t.EN) == "" {
		s.Fail(at, "the English words are missing")
	}
	if strings.TrimSpace(t.FR) == "" {
		s.Fail(at, "the French words are missing")
	}
}

// Node is a part of the file, or the nearest around it that there is.
func (s *Source) Node(at string) *yaml.Node {
	n := s.root
	for _, step := range strings.FieldsFunc(at, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		if n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		next := child(n, step)
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

func child(n *yaml.Node, step string) *yaml.Node {
	switch n.Kind {
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i < len(n.Content) {
			return n.Content[i]
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == step {
				return n.Content[i+1]
			}
		}
	}
	return nil
}

// Err is what is wrong with the files, by line, as Problems; nil where nothing is.
func Err(sources ...*Source) error {
	var all Problems
	for _, s := range sources {
		all = append(all, s.problems...)
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortStableFunc(all, func(a, b Problem) int { return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line)) })
	return all
}

// Sound tells whether nothing was wrong so far.
func (s *Source) Sound() bool { return len(s.problems) == 0 }
