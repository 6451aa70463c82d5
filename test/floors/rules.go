package floors

import (
	"fmt"
	"go/ast"
	"maps"
	"path"
	"slices"
	"strings"
)

// Rule returns a line for each breach, beginning with the place.
type Rule struct {
	Name  string
	Check func(Tree) []string
}

// Rules are all rules of the house.
var Rules = []Rule{
	{"imports go down only", importsGoDown},
	{"internal packages do not use test packages", noTestCode},
	{"few may cross customers", fewCross},
	{"the database is reached through db", noDrivers},
	{"the clock is injected", injectedClock},
	{"nobody sleeps", nobodySleeps},
	{"no init functions", noInit},
	{"each package says what it owns", documented},
	{"packages have telling names", tellingNames},
	{"files are short", shortFiles},
}

// under tells whether pkg is one of the folders or lies in one of them.
func under(pkg string, folders ...string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return pkg == f || strings.HasPrefix(pkg, f+"/") })
}

// floor returns the height of pkg and the entry of floors that holds it.
func floor(pkg string) (height int, wing string) {
	for h, wings := range floors {
		for _, wing := range wings {
			if under(pkg, wing) {
				return h, wing
			}
		}
	}
	return -1, ""
}

func importsGoDown(t Tree) (breaches []string) {
	for _, f := range t {
		from := f.Package()
		if f.Test() || under(from, "test") {
			continue // tests may see everything: stories walk the whole house
		}
		height, wing := floor(from)
		if height < 0 {
			if under(from, "internal") {
				breaches = append(breaches, f.Path+": is on no floor; see plan.go")
			}
			continue
		}
		for _, spec := range f.Syntax.Imports {
			target, ours := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), module+"/")
			other, otherWing := floor(target)
			switch {
			case !ours || other < 0 || other < height:
			case other > height:
				breaches = append(breaches, fmt.Sprintf("%s: imports %s, which is on a higher floor", f.At(spec), target))
			case wing == otherWing && (slices.Contains(open, wing) || under(from, target) || under(target, from)):
			case slices.Contains(sideways[from], target):
			default:
				breaches = append(breaches, fmt.Sprintf("%s: imports its neighbour %s; declare an interface, or add the pair to sideways in plan.go", f.At(spec), target))
			}
		}
	}
	return breaches
}

func noTestCode(t Tree) (breaches []string) {
	for _, f := range t {
		if f.Test() || under(f.Package(), "test") {
			continue
		}
		for _, target := range f.Imports() {
			if under(target, module+"/test") {
				breaches = append(breaches, f.Path+": imports "+target)
			}
		}
	}
	return breaches
}

func fewCross(t Tree) (breaches []string) {
	doorkeepers := slices.Sorted(maps.Keys(unscoped))
	for _, f := range t {
		if f.Test() || under(f.Package(), append(doorkeepers, "test")...) {
			continue
		}
		own := module + "/" + f.Package()
		f.Selections(func(target, name string, at ast.Node) {
			if target != own && slices.Contains(doors[target], name) {
				breaches = append(breaches, fmt.Sprintf("%s: calls %s.%s, which only %s may", f.At(at), path.Base(target), name, strings.Join(doorkeepers, ", ")))
			}
		})
		ast.Inspect(f.Syntax, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && slices.Contains(across, sel.Sel.Name) {
				breaches = append(breaches, fmt.Sprintf("%s: uses %s, which only %s may", f.At(sel), sel.Sel.Name, strings.Join(doorkeepers, ", ")))
			}
			return true
		})
	}
	return breaches
}

func noDrivers(t Tree) (breaches []string) {
	for _, f := range t {
		if f.Test() || under(f.Package(), append(driving, "test")...) {
			continue
		}
		for _, target := range f.Imports() {
			if under(target, drivers...) && target != "database/sql/driver" {
				breaches = append(breaches, f.Path+": imports "+target+", which knows no scope; use platform/db")
			}
		}
	}
	return breaches
}

func injectedClock(t Tree) (breaches []string) {
	for _, f := range t {
		if f.Test() || f.Package() == timekeeper || under(f.Package(), "test") {
			continue
		}
		f.Selections(func(target, name string, at ast.Node) {
			// Since and Until read the clock as well.
			if target == "time" && slices.Contains([]string{"Now", "Since", "Until"}, name) {
				breaches = append(breaches, fmt.Sprintf("%s: uses time.%s; take a clock.Clock", f.At(at), name))
			}
		})
	}
	return breaches
}

func nobodySleeps(t Tree) (breaches []string) {
	for _, f := range t {
		f.Selections(func(target, name string, at ast.Node) {
			if target == "time" && name == "Sleep" {
				breaches = append(breaches, f.At(at)+": uses time.Sleep; wait for an event, or for a timer beside ctx.Done()")
			}
		})
	}
	return breaches
}

func noInit(t Tree) (breaches []string) {
	for _, f := range t {
		for _, decl := range f.Syntax.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				breaches = append(breaches, f.At(fn)+": has an init function; let the caller ask for the effect")
			}
		}
	}
	return breaches
}

func documented(t Tree) (breaches []string) {
	names, files := t.Packages()
	for _, pkg := range names {
		if !under(pkg, "internal", "test") || slices.ContainsFunc(files[pkg], func(f *File) bool { return f.Syntax.Name.Name == "main" }) {
			continue
		}
		sources := slices.DeleteFunc(slices.Clone(files[pkg]), (*File).testSource)
		if !slices.ContainsFunc(sources, func(f *File) bool {
			return (path.Base(f.Path) == "doc.go" || len(sources) == 1 || under(pkg, "test")) && f.Syntax.Doc != nil
		}) {
			breaches = append(breaches, pkg+": has no doc.go with a package comment: what it owns, what it never does")
		}
	}
	return breaches
}

func tellingNames(t Tree) (breaches []string) {
	names, files := t.Packages()
	for _, pkg := range names {
		if slices.Contains(vague, path.Base(pkg)) || slices.Contains(vague, files[pkg][0].Syntax.Name.Name) {
			breaches = append(breaches, pkg+": the name says nothing about what it owns")
		}
	}
	return breaches
}

func shortFiles(t Tree) (breaches []string) {
	for _, f := range t {
		if !f.Generated && f.Lines > longest {
			breaches = append(breaches, fmt.Sprintf("%s: has %d lines; the limit is %d", f.Path, f.Lines, longest))
		}
	}
	return breaches
}
