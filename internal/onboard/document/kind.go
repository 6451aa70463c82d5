package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Kind is a sort of document that a workload needs, as the catalogue has it.
type Kind struct {
	ID    string `yaml:"id"`
	Type  string `yaml:"type"`
	Days  int    `yaml:"days"`
	Title Text   `yaml:"title"`
	Help  Text   `yaml:"help"`
}

// Text is a text in both languages.
type Text struct {
	EN string `yaml:"en"`
	FR string `yaml:"fr"`
}

// In gives it in a language.
func (t Text) In(language string) string {
	if language == "fr" {
		return t.FR
	}
	return t.EN
}

// Kinds are those of the catalogue, in its order.
type Kinds []Kind

// Of finds a kind.
func (k Kinds) Of(id string) (Kind, bool) {
	i := slices.IndexFunc(k, func(k Kind) bool { return k.ID == id })
	if i < 0 {
		return Kind{}, false
	}
	return k[i], true
}

var kindID = regexp.MustCompile(`^[a-z][a-z0-9-]{1,58}$`)

// mostDays is the longest that a kind may leave for handing in.
const mostDays = 365

// LoadKinds reads every file of the folder documents. What it does not know is refused, with file and line.
func LoadKinds(catalogue fs.FS) (out Kinds, err error) {
	const folder = "documents"
	files, err := fs.ReadDir(catalogue, folder)
	if err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	types := documentTypes()
	for _, f := range files {
		name := folder + "/" + f.Name()
		if f.IsDir() || !strings.HasSuffix(f.Name(), ".yaml") {
			return nil, fmt.Errorf("catalogue: %s is no YAML file", name)
		}
		raw, err := fs.ReadFile(catalogue, name)
		if err != nil {
			return nil, fmt.Errorf("catalogue: %w", err)
		}
		var nodes []yaml.Node
		if err := yaml.Unmarshal(raw, &nodes); err != nil {
			return nil, fmt.Errorf("catalogue: %s: %w", name, err)
		}
		var kinds []Kind
		d := yaml.NewDecoder(bytes.NewReader(raw))
		d.KnownFields(true)
		if err := d.Decode(&kinds); err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("catalogue: %s: %w", name, err)
		}
		for i, k := range kinds {
			wrong := k.wrong(types)
			if _, twice := out.Of(k.ID); twice {
				wrong = "its id is there already"
			}
			if wrong != "" {
				return nil, fmt.Errorf("catalogue: %s:%d: document %q: %s", name, nodes[i].Line, k.ID, wrong)
			}
			out = append(out, k)
		}
	}
	return out, nil
}

// wrong says what a kind lacks; nothing where it is whole.
func (k Kind) wrong(types []string) string {
	switch {
	case !kindID.MatchString(k.ID):
		return "the id must be small letters, digits and hyphens"
	case !slices.Contains(types, k.Type):
		return "the type must be one of " + strings.Join(types, ", ")
	case k.Days < 1 || k.Days > mostDays:
		return fmt.Sprintf("days must be from 1 to %d", mostDays)
	case k.Title.EN == "" || k.Title.FR == "" || k.Help.EN == "" || k.Help.FR == "":
		return "title and help are needed in English and French"
	}
	return ""
}
