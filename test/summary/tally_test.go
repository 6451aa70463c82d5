package main

import (
	"strings"
	"testing"
)

func TestTally(t *testing.T) {
	t.Parallel()
	const pass = `{"Action":"pass","Package":"a","Test":"TestX"}
{"Action":"pass","Package":"a","Elapsed":0.5}
`
	for name, c := range map[string]struct {
		in   string
		ok   bool
		want []string
	}{
		"all pass": {pass, true, []string{"pass a", "1 passed, 0 failed, 0 skipped"}},
		"a failure shows its output": {pass + `{"Action":"output","Package":"b","Test":"TestY","Output":"x_test.go:9: got 3\n"}
{"Action":"fail","Package":"b","Test":"TestY"}
{"Action":"fail","Package":"b"}
`, false, []string{"FAILED b.TestY", "got 3", "1 passed, 1 failed, 0 skipped"}},
		"a skip fails and gives its reason": {pass + `{"Action":"output","Package":"b","Test":"TestY","Output":"=== RUN   TestY\n"}
{"Action":"output","Package":"b","Test":"TestY","Output":"    x_test.go:9: no browser\n"}
{"Action":"skip","Package":"b","Test":"TestY"}
{"Action":"pass","Package":"b"}
`, false, []string{"SKIPPED b.TestY: x_test.go:9: no browser", "1 passed, 0 failed, 1 skipped"}},
		"a package without tests is no skip": {pass + `{"Action":"skip","Package":"b"}` + "\n", true, []string{"1 passed, 0 failed, 0 skipped"}},
		"a build failure": {pass + `{"ImportPath":"b","Action":"build-output","Output":"b.go:1: undefined: y\n"}
{"ImportPath":"b","Action":"build-fail"}
{"Action":"output","Package":"b","Output":"FAIL\tb [build failed]\n"}
{"Action":"fail","Package":"b","FailedBuild":"b"}
{"Action":"aborted"}
`, false, []string{"undefined: y", "FAILED  b", "1 passed, 1 failed, 0 skipped"}},
		"a panic shows the test that never ended": {pass + `{"Action":"output","Package":"b","Test":"TestY","Output":"panic: oh\n"}
{"Action":"fail","Package":"b"}
`, false, []string{"in TestY", "panic: oh", "1 failed"}},
		"go test itself fails":        {pass + "go: bad module\n" + `{"Action":"aborted"}` + "\n", false, []string{"go: bad module", "go test itself", "1 failed"}},
		"nothing was run":             {"", false, []string{"no test was run"}},
		"a last line without its end": {strings.TrimSuffix(pass, "\n"), true, []string{"pass a"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			tally := newTally(&out)
			if err := tally.read(strings.NewReader(c.in)); err != nil {
				t.Fatal(err)
			}
			if ok := tally.close(); ok != c.ok {
				t.Errorf("ok = %v, want %v", ok, c.ok)
			}
			for _, want := range c.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("output lacks %q:\n%s", want, &out)
				}
			}
		})
	}
}
