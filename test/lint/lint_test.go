package main

import (
	"os/exec"
	"regexp"
	"slices"
	"testing"
)

// A newer Go may bring a check of vet that nobody would run.
func TestVetIsWhole(t *testing.T) {
	t.Parallel()
	help, err := exec.CommandContext(t.Context(), "go", "tool", "vet", "help").Output()
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, m := range regexp.MustCompile(`(?m)^ {4}(\w+) `).FindAllSubmatch(help, -1) {
		want = append(want, string(m[1]))
	}
	for _, a := range vet() {
		got = append(got, a.Name)
	}
	slices.Sort(want)
	slices.Sort(got)
	if len(want) < 30 || !slices.Equal(want, got) {
		t.Errorf("go vet checks\n%v, we\n%v", want, got)
	}
}
