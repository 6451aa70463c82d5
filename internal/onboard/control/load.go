package control

import (
	"fmt"
	"io/fs"

	"cel.dev/cel-go/cel"

	"vigie/catalogue"
)

// Load reads the controls of all YAML files of a folder. known tells which types of CIs of AWS there are; other types are a provider's own.
// The error is catalogue.Problems where the files are to blame.
func Load(files fs.FS, folder string, known func(typ string) bool) (*Catalogue, error) {
	envs, err := languages()
	if err != nil {
		return nil, err
	}
	l := &loader{envs: envs, known: known, ids: map[string]*Control{}}
	names, err := catalogue.Names(files, folder)
	if err != nil {
		return nil, err
	}
	var sources []*catalogue.Source
	for _, name := range names {
		s, err := l.file(files, name)
		if err != nil {
			return nil, err
		}
		sources = append(sources, s)
	}
	if err := catalogue.Err(sources...); err != nil {
		return nil, err
	}
	return newCatalogue(l.controls), nil
}

type loader struct {
	envs     map[Kind]*cel.Env
	known    func(string) bool
	ids      map[string]*Control
	controls []*Control
}

func (l *loader) file(files fs.FS, name string) (*catalogue.Source, error) {
	var list []*Control
	s, err := catalogue.Read(files, name, &list)
	if err != nil || !s.Sound() {
		return s, err
	}
	for i, c := range list {
		at := fmt.Sprintf("[%d]", i)
		if c == nil {
			s.Fail(at, "an empty control")
			continue
		}
		c.File, c.Line = name, s.Node(at).Line
		k := &checker{loader: l, source: s, c: c, at: at}
		k.check()
		l.controls = append(l.controls, c)
	}
	return s, nil
}
