package catalogue_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"vigie/catalogue"
)

func TestOpenLaysAFolderOverOurs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, filepath.Join(dir, "questions", "house.yaml"), "ours: no")
	ours, err := catalogue.Open("")
	if err != nil {
		t.Fatal(err)
	}
	both, err := catalogue.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	before, after := files(t, ours), files(t, both)
	if want := append(slices.Clone(before), "questions/house.yaml"); !slices.Equal(after, sorted(want)) {
		t.Errorf("the overlay has %v, want %v", after, sorted(want))
	}
	put(t, filepath.Join(dir, before[0]), "replaced: yes")
	b, err := fs.ReadFile(both, before[0])
	if err != nil || string(b) != "replaced: yes" {
		t.Errorf("%s: %q, %v; want the operator's file", before[0], b, err)
	}
	if got := files(t, both); !slices.Equal(got, after) {
		t.Errorf("a file at the same path is listed twice: %v", got)
	}
}

func TestOpenRefusesWhatIsNoCatalogue(t *testing.T) {
	t.Parallel()
	if _, err := catalogue.Open(filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("a folder that is not there was taken")
	}
	dir := t.TempDir()
	put(t, filepath.Join(dir, "question", "a.yaml"), "")
	if _, err := catalogue.Open(dir); err == nil {
		t.Error("a folder with a slip in its name was passed over")
	}
}

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func files(t *testing.T, f fs.FS) (out []string) {
	t.Helper()
	err := fs.WalkDir(f, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) == 0 {
		t.Fatal("the catalogue is empty")
	}
	return out
}

func sorted(in []string) []string { slices.Sort(in); return in }
