package document

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"vigie/catalogue"
)

// Kind is a sort of document that a workload needs, as the catalogue has it.
type Kind struct {
	ID    string         `yaml:"id"`
	Type  string         `yaml:"type"`
	Days  int            `yaml:"days"`
	Title catalogue.Text `yaml:"title"`
	Help  catalogue.Text `yaml:"help"`
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
func LoadKinds(files fs.FS) (out Kinds, err error) {
	names, err := catalogue.Names(files, "documents")
	if err != nil {
		return nil, err
	}
	types := documentTypes()
	var sources []*catalogue.Source
	for _, name := range names {
		var kinds []Kind
		s, err := catalogue.Read(files, name, &kinds)
		if err != nil {
			return nil, err
		}
		sources = append(sources, s)
		for i, k := range kinds {
			at := fmt.Sprintf("[%d]", i)
			wrong := k.wrong(types)
			if _, twice := out.Of(k.ID); twice {
				wrong = "its id is there already"
			}
			if wrong != "" {
				s.Fail(at, "document %q: %s", k.ID, wrong)
			}
			s.Words(at+".title", k.Title)
			s.Words(at+".help", k.Help)
			out = append(out, k)
		}
	}
	return out, catalogue.Err(sources...)
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
	}
	return ""
}
