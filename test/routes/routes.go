package routes

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"vigie/test/binary"
)

// Handled is the first argument of a call of Handle or HandleFunc: a pattern of a mux, or a topic of the jobs.
type Handled struct {
	Value string
	At    string // where the call stands, or what it was made of
}

// Page tells a pattern from a topic.
func (h Handled) Page() bool { return strings.Contains(h.Value, "/") }

// source is what was read so far.
type source struct {
	constants map[string]string // "ui.SignOutPath" -> its value
	handled   []Handled
}

// Read finds every call of Handle and HandleFunc in packages under internal; one whose pattern cannot be told fails.
// Addresses of registers come from declarations and are not among them.
func Read(t *testing.T) []Handled {
	t.Helper()
	root, err := binary.Root()
	if err != nil {
		t.Fatal(err)
	}
	s := source{constants: map[string]string{}}
	fset := token.NewFileSet()
	var files []*ast.File
	err = filepath.WalkDir(filepath.Join(root, "internal"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_templ.go") {
			return err
		}
		f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err == nil {
			files = append(files, f)
			s.collect(f)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		pkg := f.Name.Name
		var ranges []*ast.RangeStmt
		ast.Inspect(f, func(n ast.Node) bool {
			if r, ok := n.(*ast.RangeStmt); ok {
				ranges = append(ranges, r)
			}
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 2 {
				return true
			}
			if sel, ok := call.Fun.(*ast.SelectorExpr); !ok || sel.Sel.Name != "Handle" && sel.Sel.Name != "HandleFunc" {
				return true
			}
			at := fset.Position(call.Pos()).String()
			if pkg == "register" {
				return true // its addresses come from declarations: Register.Patterns tells them
			}
			found := s.patterns(pkg, call.Args[0], ranges)
			if len(found) == 0 {
				t.Errorf("%s: the pattern of this call cannot be told: write it as text, constants, or keys of a map that is ranged over", at)
			}
			for _, v := range found {
				s.handled = append(s.handled, Handled{v, at})
			}
			return true
		})
	}
	return s.handled
}

// collect notes the constants of a file that are texts.
func (s source) collect(f *ast.File) {
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, spec := range g.Specs {
			v := spec.(*ast.ValueSpec)
			for i, name := range v.Names {
				if i < len(v.Values) {
					if text, ok := s.text(f.Name.Name, v.Values[i]); ok {
						s.constants[f.Name.Name+"."+name.Name] = text
					}
				}
			}
		}
	}
}

// patterns gives the texts that an argument stands for: more than one for the key of a map that is ranged over.
func (s source) patterns(pkg string, e ast.Expr, ranges []*ast.RangeStmt) []string {
	if text, ok := s.text(pkg, e); ok {
		return []string{text}
	}
	name, ok := e.(*ast.Ident)
	if !ok {
		return nil
	}
	for _, r := range ranges {
		key, isName := r.Key.(*ast.Ident)
		literal, isLiteral := r.X.(*ast.CompositeLit)
		if !isName || !isLiteral || key.Name != name.Name || e.Pos() < r.Body.Pos() || e.Pos() > r.Body.End() {
			continue
		}
		var out []string
		for _, element := range literal.Elts {
			text, ok := s.text(pkg, element.(*ast.KeyValueExpr).Key)
			if !ok {
				return nil
			}
			out = append(out, text)
		}
		return out
	}
	return nil
}

func (s source) text(pkg string, e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		v, err := strconv.Unquote(e.Value)
		return v, err == nil && e.Kind == token.STRING
	case *ast.Ident:
		v, ok := s.constants[pkg+"."+e.Name]
		return v, ok
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok {
			v, ok := s.constants[x.Name+"."+e.Sel.Name]
			return v, ok
		}
	case *ast.BinaryExpr:
		left, ok := s.text(pkg, e.X)
		right, also := s.text(pkg, e.Y)
		return left + right, ok && also
	}
	return "", false
}
