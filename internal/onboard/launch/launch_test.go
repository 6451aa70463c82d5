package launch

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"vigie/catalogue"
	"vigie/internal/customer"
	"vigie/internal/kit/i18n"
	"vigie/internal/platform/db"
	"vigie/internal/trust/approval"
	"vigie/locales"
)

func rules(t testing.TB) Rules {
	t.Helper()
	r, err := LoadRules(catalogue.Files)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var noon = db.At(time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC))

func TestRulesAreReadStrictly(t *testing.T) {
	t.Parallel()
	if r := rules(t); len(r.Conditions) != 8 || len(r.Phases) != 3 {
		t.Errorf("%d conditions, %d phases", len(r.Conditions), len(r.Phases))
	}
	good := `[{key: a, text: {en: A, fr: A}, help: {en: H, fr: H}, machine: true, waivable: true}]`
	phases := `[{phase: prospect, days: 1, text: {en: P, fr: P}}]`
	for name, test := range map[string]struct{ conditions, phases, want string }{
		"good":               {good, phases, ""},
		"an unknown member":  {"- key: a\n  txt: {en: A}", phases, "conditions.yaml:2: "},
		"one language":       {strings.Replace(good, "fr: A", "fr: ''", 1), phases, "[0].text: the French words are missing"},
		"a key twice":        {strings.Replace(good, "]", ", "+good[1:], 1), phases, "a key is needed, once"},
		"nothing":            {"[]", phases, "nothing is listed"},
		"no days":            {good, strings.Replace(phases, "days: 1", "days: 0", 1), "a phase and its days are needed"},
		"a number of a word": {good, strings.Replace(phases, "days: 1", "days: one", 1), "phases.yaml"},
	} {
		_, err := LoadRules(fstest.MapFS{"launch/conditions.yaml": {Data: []byte(test.conditions)}, "launch/phases.yaml": {Data: []byte(test.phases)}})
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

// Only what was found to hold passes, or what a customer has signed to do without, and that only where the data allow it and in its time.
func TestJudge(t *testing.T) {
	t.Parallel()
	machine, hand := Condition{Key: "m", Machine: true, Waivable: true}, Condition{Key: "h", Waivable: true}
	firm := machine
	firm.Waivable = false
	found := func(s Status) *Finding { return &Finding{Status: s} }
	waiver := func(change func(*Waiver)) []Waiver {
		w := Waiver{waiverRow: waiverRow{ID: "w", Key: "m", ExpiresAt: db.At(noon.Add(time.Hour))}, Signature: approval.Signed}
		if change != nil {
			change(&w)
		}
		return []Waiver{w}
	}
	for name, c := range map[string]struct {
		c       Condition
		found   *Finding
		ticks   []Tick
		waivers []Waiver
		status  Status
		passed  bool
		asked   bool
	}{
		"no check":                {c: machine, status: Unknown},
		"no check, and a tick":    {c: machine, ticks: []Tick{{Key: "m"}}, status: Unknown},
		"met":                     {c: machine, found: found(Met), status: Met, passed: true},
		"unmet":                   {c: machine, found: found(Unmet), status: Unmet},
		"unmet, and a tick":       {c: machine, found: found(Unmet), ticks: []Tick{{Key: "m"}}, status: Unmet},
		"unknown, waived":         {c: machine, waivers: waiver(nil), status: Unknown, passed: true},
		"unmet, waived":           {c: machine, found: found(Unmet), waivers: waiver(nil), status: Unmet, passed: true},
		"asked":                   {c: machine, waivers: waiver(func(w *Waiver) { w.Signature = approval.Requested }), status: Unknown, asked: true},
		"refused":                 {c: machine, waivers: waiver(func(w *Waiver) { w.Signature = approval.Refused }), status: Unknown},
		"ran out":                 {c: machine, waivers: waiver(func(w *Waiver) { w.ExpiresAt = noon }), status: Unknown},
		"revoked":                 {c: machine, waivers: waiver(func(w *Waiver) { w.RevokedAt = noon }), status: Unknown},
		"of another condition":    {c: machine, waivers: waiver(func(w *Waiver) { w.Key = "x" }), status: Unknown},
		"no waiver can be had":    {c: firm, waivers: waiver(nil), status: Unknown},
		"by hand, not ticked":     {c: hand, status: Unmet},
		"by hand, ticked":         {c: hand, ticks: []Tick{{Key: "x"}, {Key: "h"}}, status: Met, passed: true},
		"by hand, another ticked": {c: hand, ticks: []Tick{{Key: "x"}}, status: Unmet},
	} {
		j := judge(c.c, c.found, c.ticks, c.waivers, noon)
		if j.Finding.Status != c.status || j.Passed() != c.passed || (j.Asked != nil) != c.asked {
			t.Errorf("%s: %s, passed %v, asked %v", name, j.Finding.Status, j.Passed(), j.Asked != nil)
		}
	}
}

func TestSettled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from    State
		missing int
		want    State
	}{{Planned, 0, Ready}, {Planned, 2, Planned}, {Ready, 0, Ready}, {Ready, 1, Planned}, {Signing, 1, Signing}, {Signing, 0, Signing}, {Launched, 3, Launched}, {Cancelled, 0, Cancelled}} {
		if got := settled(c.from, c.missing); got != c.want {
			t.Errorf("%s with %d missing: %s, want %s", c.from, c.missing, got, c.want)
		}
	}
}

// Equal facts give equal texts, other facts others, and no text has characters that nobody sees.
func TestEvidenceIsCanonical(t *testing.T) {
	t.Parallel()
	bundle, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	p := bundle.Printer("fr", time.UTC, noon.Time)
	all := rules(t).Conditions
	rapid.Check(t, func(t *rapid.T) {
		draw := func(facts map[string]any) string {
			var judged []Judged
			for _, c := range all {
				judged = append(judged, judge(c, &Finding{Status: Met, Facts: facts, Items: []Item{{Key: "launch.item.not_approved", Args: map[string]any{"title": "A\u202eB <x>"}}}}, nil, nil, noon))
			}
			text, err := evidenceOf(p, customer.Customer{ID: "1", Slug: "acme", Name: "Acme\u200b"}, Launch{launchRow: launchRow{ID: "2", TargetOn: "2026-04-01"}}, judged)
			if err != nil {
				t.Fatal(err)
			}
			return text
		}
		facts := rapid.MapOf(rapid.StringMatching(`[a-z]{1,4}`), rapid.IntRange(0, 9)).Draw(t, "facts")
		one, two, other := map[string]any{}, map[string]any{}, map[string]any{"more": 1}
		for k, v := range facts {
			one[k], two[k], other[k] = v, v, v
		}
		if draw(one) != draw(two) {
			t.Fatal("equal facts give two texts")
		}
		if _, same := facts["more"]; !same && draw(one) == draw(other) {
			t.Fatal("other facts give the same text")
		}
		if strings.ContainsAny(draw(one), "\u202e\u200b") || !strings.Contains(draw(one), "AB <x>\u00a0: pas encore approuvé") {
			t.Fatal(draw(one))
		}
	})
}

// No gap is good news only where somebody has looked.
func TestNoCriticalGap(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		found Critical
		want  Status
		items int
	}{
		"never judged": {Critical{}, Unknown, 1},
		"none":         {Critical{Judged: true}, Met, 0},
		"two":          {Critical{Judged: true, Open: []CriticalGap{{Subject: "x"}, {Subject: "y"}}}, Unmet, 2},
	} {
		f, err := NoCriticalGap(func(context.Context, *db.Tx, string) (Critical, error) { return c.found, nil })(t.Context(), nil, "")
		if err != nil || f.Status != c.want || len(f.Items) != c.items {
			t.Errorf("%s: %+v %v", name, f, err)
		}
	}
}

func TestDiscoveryComplete(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		seen Seen
		want Status
	}{
		"never read": {Seen{}, Unknown}, "nothing to read": {Seen{Run: "r"}, Unknown}, "all": {Seen{"r", 20, 20}, Met}, "just": {Seen{"r", 19, 20}, Met}, "too little": {Seen{"r", 18, 20}, Unmet},
	} {
		f, err := DiscoveryComplete(0.95, func(context.Context, *db.Tx, string) (Seen, error) { return c.seen, nil }, "/coverage")(t.Context(), nil, "")
		if err != nil || f.Status != c.want {
			t.Errorf("%s: %+v %v", name, f, err)
		}
	}
}
