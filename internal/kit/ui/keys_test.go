package ui

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What the help says, the script does; and a letter on a button of any page stands in the help.
func TestKeysAreAllReal(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("../../../web/js/keys.js")
	if err != nil {
		t.Fatal(err)
	}
	_, acts, _ := strings.Cut(string(script), "const acts = {")
	acts, _, _ = strings.Cut(acts, "\n}\n")
	var known []string
	for _, m := range regexp.MustCompile(`(?m)^  (\w+): `).FindAllStringSubmatch(acts, -1) {
		known = append(known, m[1])
	}
	caps := map[string]bool{}
	for _, k := range Keys() {
		if caps[k.Key+k.Act] {
			t.Errorf("%q is listed twice", k.Key)
		}
		caps[k.Key+k.Act] = true
		if k.Act != "palette" && !slices.Contains(known, k.Act) {
			t.Errorf("%q is %q, which keys.js does not know", k.Key, k.Act)
		}
	}
	for _, act := range known {
		if !slices.ContainsFunc(Keys(), func(k Key) bool { return k.Act == act }) {
			t.Errorf("no key is %q", act)
		}
	}
	letters := regexp.MustCompile(`data-key="(\w)"`)
	err = filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".templ") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range letters.FindAllStringSubmatch(string(text), -1) {
			if !caps[m[1]+"press"] && !caps[m[1]+"undo"] {
				t.Errorf("%s has data-key=%q, which is not in the help", path, m[1])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Every place with a letter is reached by it, also where the rail folds and shows only its sections.
func TestPlacesAreReachedWhereTheRailFolds(t *testing.T) {
	t.Parallel()
	p := page(t, "/")
	p.User, p.Active = &User{Name: "Ada"}, "elsewhere"
	for i := range 26 {
		p.Nav = append(p.Nav, NavSection{Label: "Section", Items: []NavItem{
			{ID: "first", Label: "First", Href: "/first"}, {ID: "place", Label: "Place", Href: "/place", Go: string(rune('a' + i))},
		}})
	}
	if p.wide() {
		t.Fatal("the rail does not fold")
	}
	var out strings.Builder
	if err := keysDialog(p).Render(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), `<a href="/place" data-go="`); n != len(p.Nav) {
		t.Errorf("the keys lead to %d of %d places:\n%s", n, len(p.Nav), out.String())
	}
}
