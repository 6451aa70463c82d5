// Command summary reads the output of `go test -json` and prints what a person
// wants to know: a line per package, the whole output of what failed, the
// reason of what was skipped, and a last line with the counts. A skipped test
// is a failure here: a machine that lacks something must be told, not spared.
package main

import (
	"fmt"
	"os"
)

func main() {
	t := newTally(os.Stdout)
	if err := t.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "read test output:", err)
		os.Exit(1)
	}
	if !t.close() {
		os.Exit(1)
	}
}
