package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// event is a line of `go test -json` (see `go doc test2json`). scripts/test adds
// the action "aborted" where go test ended with an error.
type event struct {
	Action     string
	Package    string
	ImportPath string // of build output
	Test       string
	Output     string
	Elapsed    float64
}

type key struct{ pkg, test string }

type tally struct {
	out                     io.Writer
	passed, failed, skipped int
	aborted                 bool
	elapsed                 time.Duration // added over packages: work, not waiting
	output                  map[key]*strings.Builder
	count                   map[string]int // tests run, by package
	broken                  map[string]bool
	notes                   []string // shown again at the end, where people look
}

func newTally(out io.Writer) *tally {
	return &tally{out: out, output: map[key]*strings.Builder{}, count: map[string]int{}, broken: map[string]bool{}}
}

func (t *tally) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) == nil && e.Action != "" {
				t.add(e)
			} else {
				fmt.Fprintf(t.out, "%s", line) // go itself had something to say
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (t *tally) add(e event) {
	at := key{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		fmt.Fprint(t.out, e.Output)
	case "output":
		if t.output[at] == nil {
			t.output[at] = &strings.Builder{}
		}
		t.output[at].WriteString(e.Output)
	case "aborted":
		t.aborted = true
	case "pass", "fail", "skip":
		if e.Test == "" {
			t.endPackage(e)
		} else {
			t.endTest(e)
		}
		delete(t.output, at)
	}
}

func (t *tally) endTest(e event) {
	t.count[e.Package]++
	name := e.Package + "." + e.Test
	switch e.Action {
	case "pass":
		t.passed++
	case "skip":
		t.skipped++
		t.notes = append(t.notes, "SKIPPED "+name+": "+t.reason(e))
	case "fail":
		t.failed++
		t.broken[e.Package] = true
		t.notes = append(t.notes, "FAILED  "+name)
		fmt.Fprintf(t.out, "\nFAILED %s\n%s\n", name, t.text(e))
	}
}

func (t *tally) endPackage(e event) {
	t.elapsed += time.Duration(e.Elapsed * float64(time.Second))
	switch {
	case e.Action == "fail" && !t.broken[e.Package]:
		// No test said "fail": it did not build, panicked, timed out or exited.
		t.failed++
		t.notes = append(t.notes, "FAILED  "+e.Package)
		fmt.Fprintf(t.out, "\nFAILED %s\n%s", e.Package, t.text(e))
		for at, text := range t.output {
			if at.pkg == e.Package && at.test != "" {
				fmt.Fprintf(t.out, "in %s, which never ended:\n%s", at.test, text)
				delete(t.output, at)
			}
		}
	case e.Action == "skip": // no test files
	default:
		fmt.Fprintf(t.out, "%-4s %-60s %4d tests %7.1fs\n", e.Action, e.Package, t.count[e.Package], e.Elapsed)
	}
}

func (t *tally) text(e event) string {
	if b := t.output[key{e.Package, e.Test}]; b != nil {
		return b.String()
	}
	return ""
}

// reason is what the test told t.Skip, without the frame that testing adds.
func (t *tally) reason(e event) string {
	var said []string
	for line := range strings.Lines(t.text(e)) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") {
			said = append(said, line)
		}
	}
	return strings.Join(said, " ")
}

// close prints the end and says whether all is well.
func (t *tally) close() bool {
	fmt.Fprintln(t.out)
	for _, note := range t.notes {
		fmt.Fprintln(t.out, note)
	}
	if t.aborted && t.failed == 0 {
		t.failed++
		fmt.Fprintln(t.out, "FAILED  go test itself (see above)")
	}
	if t.passed+t.failed+t.skipped == 0 {
		fmt.Fprintln(t.out, "no test was run")
	}
	fmt.Fprintf(t.out, "%d passed, %d failed, %d skipped (%s of tests)\n", t.passed, t.failed, t.skipped, t.elapsed.Round(time.Second))
	return t.failed == 0 && t.skipped == 0 && t.passed > 0
}
