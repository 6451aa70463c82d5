package app

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"vigie/internal/exchange/webhook"
	"vigie/internal/kit/i18n"
	"vigie/internal/trust/subject"
	"vigie/locales"
)

// Every action that the sources write to the trail by name can be asked for, and has words in all languages, as its type of record has.
func TestTopicsAreWhole(t *testing.T) {
	t.Parallel()
	known, words := map[string]bool{}, map[string]bool{}
	for _, topic := range topics() {
		for _, action := range topic.Actions {
			known[action], words[action] = true, true
			if webhook.Event(topic.Record, topic.Record+"."+action) != topic.Record+"."+action {
				t.Errorf("%s.%s is no event", topic.Record, action)
			}
		}
	}
	// What is not about a record that others keep: settings of one person's screen, and letters.
	left := map[string]string{"mail.setting": "of mail", "mail.lift": "of mail"}
	found := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "record/view") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 4 {
				return true
			}
			f, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || f.Sel.Name != "Write" && f.Sel.Name != "WriteEntry" {
				return true
			}
			if pack, ok := f.X.(*ast.Ident); !ok || pack.Name != "audit" {
				return true
			}
			literal, ok := call.Args[3].(*ast.BasicLit)
			if !ok {
				return true
			}
			found++
			action, _ := strconv.Unquote(literal.Value)
			_, rest, cut := strings.Cut(action, ".")
			if cut {
				words[rest] = true
			} else {
				words[action] = true
			}
			if !known[action] && !(cut && known[rest]) && left[action] == "" {
				t.Errorf("%s writes %q, which no webhook can ask for: add it to topics()", path, action)
			}
			return true
		})
		return nil
	})
	if err != nil || found < 40 {
		t.Errorf("%d entries were found: %v", found, err)
	}
	bundle, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	types := []string{"view", "custom_field", "mail_setting", "mail_suppression", "scim_token", "scim_user", "scim_group"} // of which no webhook is told
	for _, topic := range topics() {
		types = append(types, topic.Record)
	}
	for _, l := range bundle.Languages() {
		keys := bundle.Keys(l.Code)
		for action := range words {
			if !slices.Contains(keys, "audit.action."+action) {
				t.Errorf("%s: the action %s has no words", l.Code, action)
			}
		}
		for _, kind := range types {
			if !slices.Contains(keys, subject.Label(kind)) {
				t.Errorf("%s: the type %s has no words", l.Code, kind)
			}
		}
	}
}
