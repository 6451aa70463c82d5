package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// settings reads a YAML file of settings: the names of flags at the top, for every command, or under a command's name for
// that one alone. A name that no flag has is an error: a setting that is ignored is worse than none.
func settings(r io.Reader) (kong.Resolver, error) {
	var file map[string]any
	if err := yaml.NewDecoder(r).Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("settings: %w", err)
	}
	return resolver(file), nil
}

type resolver map[string]any

// Validate implements kong.Resolver.
func (s resolver) Validate(app *kong.Application) error {
	all := map[string]bool{}
	for _, f := range app.Flags {
		all[f.Name] = true
	}
	commands := map[string]map[string]bool{}
	for _, c := range app.Children {
		commands[c.Name] = flagsOf(c)
		maps.Copy(all, commands[c.Name])
	}
	for _, name := range slices.Sorted(maps.Keys(s)) {
		section, nested := s[name].(map[string]any)
		if !nested {
			if !all[name] {
				return fmt.Errorf("settings: there is no setting %q", name)
			}
			continue
		}
		for key := range section {
			if !commands[name][key] {
				return fmt.Errorf("settings: %q has no setting %q", name, key)
			}
		}
	}
	return nil
}

func flagsOf(n *kong.Node) map[string]bool {
	out := map[string]bool{}
	for _, f := range n.Flags {
		out[f.Name] = true
	}
	for _, c := range n.Children {
		maps.Copy(out, flagsOf(c))
	}
	return out
}

// Resolve implements kong.Resolver: the command's own section wins.
func (s resolver) Resolve(_ *kong.Context, parent *kong.Path, flag *kong.Flag) (any, error) {
	for n := parent.Node(); n != nil; n = n.Parent {
		if section, ok := s[n.Name].(map[string]any); ok && n.Type == kong.CommandNode {
			if v, ok := section[flag.Name]; ok {
				return scalar(v), nil
			}
		}
	}
	if v, ok := s[flag.Name]; ok {
		if _, nested := v.(map[string]any); !nested {
			return scalar(v), nil
		}
	}
	return nil, nil // kong: not set
}

// scalar gives a value as the command line would have it; a list is joined with commas.
func scalar(v any) any {
	switch v := v.(type) {
	case []any:
		words := make([]string, len(v))
		for i, w := range v {
			words[i] = fmt.Sprint(w)
		}
		return strings.Join(words, ",")
	case bool:
		return v
	}
	return fmt.Sprint(v)
}
