package floors

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// module is the path of our own packages.
const module = "vigie"

// File is one Go source.
type File struct {
	Path      string // internal/desk/ticket/store.go
	Lines     int
	Generated bool
	Syntax    *ast.File
	set       *token.FileSet
}

// Package is the folder, relative to the module: internal/desk/ticket.
func (f *File) Package() string { return path.Dir(f.Path) }

// Test tells whether the file is compiled into tests only: by its name, or as
// part of a package for tests beside the one tested, such as dbtest for db.
func (f *File) Test() bool {
	pkg := path.Base(f.Package())
	return f.testSource() || strings.HasSuffix(pkg, "test") && path.Base(path.Dir(f.Package()))+"test" == pkg
}

func (f *File) testSource() bool { return strings.HasSuffix(f.Path, "_test.go") }

// At names a place in the file the way editors like it.
func (f *File) At(n ast.Node) string {
	return fmt.Sprintf("%s:%d", f.Path, f.set.Position(n.Pos()).Line)
}

// Imports maps the name by which the file calls a package to its import path.
func (f *File) Imports() map[string]string {
	names := map[string]string{}
	for _, spec := range f.Syntax.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the compiler will say it better
		}
		name := path.Base(target)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		// Blank and dot imports are kept under their path: they import all the same.
		if name == "_" || name == "." {
			name = name + target
		}
		names[name] = target
	}
	return names
}

// Selections calls visit for each package.Name in the file, called or not: a
// function that is passed on is called by somebody.
func (f *File) Selections(visit func(importPath, name string, at ast.Node)) {
	imports := f.Imports()
	ast.Inspect(f.Syntax, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if id, ok := sel.X.(*ast.Ident); ok {
			if target := imports[id.Name]; target != "" {
				visit(target, sel.Sel.Name, sel)
			}
		}
		return true
	})
}

// Tree is all Go sources of the module.
type Tree []*File

// Add parses one source into the tree.
func (t *Tree) Add(name string, text []byte) error {
	set := token.NewFileSet()
	syntax, err := parser.ParseFile(set, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	*t = append(*t, &File{
		Path: name, Lines: strings.Count(string(text), "\n"), Generated: ast.IsGenerated(syntax), Syntax: syntax, set: set,
	})
	return nil
}

// Packages gathers the tree by folder, in order.
func (t Tree) Packages() (names []string, files map[string][]*File) {
	files = map[string][]*File{}
	for _, f := range t {
		files[f.Package()] = append(files[f.Package()], f)
	}
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, files
}

// Load reads the module at root. Other modules inside it are not ours to rule.
func Load(root string) (Tree, error) {
	var t Tree
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if rel == "." {
				return nil
			}
			if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil ||
				strings.HasPrefix(d.Name(), ".") || slices.Contains([]string{"node_modules", "testdata", "bin"}, d.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return t.Add(filepath.ToSlash(rel), text)
	})
	return t, err
}
