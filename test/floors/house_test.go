package floors

import "testing"

func TestHouse(t *testing.T) {
	t.Parallel()
	tree, err := Load("../..")
	if err != nil {
		t.Fatal(err)
	}
	// A walk that finds nothing would hold every rule.
	if _, files := tree.Packages(); len(files["test/floors"]) == 0 || len(files["internal/platform/clock"]) == 0 {
		t.Fatalf("the tree of %d files lacks packages that exist", len(tree))
	}
	for _, rule := range Rules {
		t.Run(rule.Name, func(t *testing.T) {
			t.Parallel()
			for _, breach := range rule.Check(tree) {
				t.Error(breach)
			}
		})
	}
}

// Lists of exceptions go stale: a package that is gone leaves a door for the
// next one of its name.
func TestPlanNamesRealPackages(t *testing.T) {
	t.Parallel()
	tree, err := Load("../..")
	if err != nil {
		t.Fatal(err)
	}
	_, files := tree.Packages()
	for from, targets := range sideways {
		for _, pkg := range append(targets, from) {
			if len(files[pkg]) == 0 {
				t.Errorf("sideways names %s, which does not exist", pkg)
			}
		}
	}
}
