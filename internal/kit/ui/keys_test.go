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
