package crossing

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"vigie/internal/kit/i18n"
	"vigie/internal/trust/permission"
)

// Part is one run in a report.
type Part struct {
	Live   bool   `json:"live"` // the instance itself, otherwise one of samples
	Own    string `json:"own"`
	Other  string `json:"other"`
	Engine string `json:"engine"`
	Result
}

// Report is a dated account of the test, for a person who is not an engineer.
type Report struct {
	At      string `json:"at"` // RFC 3339, UTC
	Version string `json:"version"`
	Good    bool   `json:"good"`
	Parts   []Part `json:"parts"`
}

// Markdown writes the report in the language of the printer.
func (r Report) Markdown(p *i18n.Printer) string {
	var b strings.Builder
	line := func(format string, a ...any) { fmt.Fprintf(&b, format+"\n", a...) }
	line("# %s\n", p.T("isolation.title"))
	line("%s\n", p.T("isolation.made", "time", r.At, "version", r.Version))
	verdict := "isolation.bad"
	if r.Good {
		verdict = "isolation.good"
	}
	line("**%s**\n", p.T(verdict)) // i18n: isolation.good, isolation.bad
	line("%s\n", p.T("isolation.how"))
	for _, part := range r.Parts {
		part.write(p, line)
	}
	return b.String()
}

func (r Part) write(p *i18n.Printer, line func(string, ...any)) {
	if r.Live {
		line("## %s\n\n%s\n", p.T("isolation.live"), p.T("isolation.live_text", "own", r.Own, "other", r.Other, "engine", r.Engine))
	} else {
		line("## %s\n\n%s\n", p.T("isolation.sample"), p.T("isolation.sample_text", "own", r.Own, "other", r.Other, "engine", r.Engine))
	}
	line("| | |\n|---|--:|")
	for _, row := range []struct {
		key string
		n   int
	}{{"operations", r.Operations}, {"pages", r.Pages}, {"records", r.Records}, {"requests", r.Requests}, {"reached", r.Reached}} {
		line("| %s | %s |", p.T("isolation.count."+row.key), p.Number(row.n)) // i18n: isolation.count.*
	}
	for _, kind := range slices.Sorted(maps.Keys(r.Tries)) {
		line("| %s | %s |", p.T("isolation.tries."+kind), p.Number(r.Tries[kind])) // i18n: isolation.tries.*
	}
	line("\n%s\n", p.T("isolation.roles"))
	line("| | |\n|---|--:|")
	for _, role := range permission.Roles() {
		line("| %s | %s |", p.T("trust.role."+string(role)), p.Number(r.ByRole[string(role)])) // i18n: trust.role.*
	}
	line("")
	if !r.Live && r.Unchanged {
		line("%s\n", p.T("isolation.unchanged"))
	}
	if !r.Unchanged {
		line("**%s**\n", p.T("isolation.changed"))
	}
	if len(r.Findings) == 0 {
		line("%s\n", p.T("isolation.none"))
		return
	}
	line("%s\n", p.N("isolation.findings", len(r.Findings)))
	for _, f := range r.Findings {
		line("- %s: `%s`: %s", f.Role, strings.ReplaceAll(f.Request, "`", "'"), f.Problem)
	}
	line("")
}
