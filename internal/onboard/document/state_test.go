package document

import (
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"vigie/catalogue"
)

// Whatever happens in whatever order: nothing is accepted or refused that was not handed in since it was asked for, only what is owed is
// called off, and nobody is asked for what they handed in and nobody has read.
func TestStatesHold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		state, here := Listed, false // here: something was handed in that nobody has decided on
		for _, e := range rapid.SliceOf(rapid.SampledFrom(events())).Draw(t, "events") {
			to, err := next(state, e)
			if (err == nil) != may(state, e) {
				t.Fatalf("%s from %s: %v, may says otherwise", e, state, err)
			}
			if err != nil {
				if to != state {
					t.Fatalf("a refused %s moves %s to %s", e, state, to)
				}
				continue
			}
			switch e {
			case handIn:
				here = true
			case accept, refuse, read:
				if !here {
					t.Fatalf("%s from %s, and nothing is here", e, state)
				}
				here = e == read
			case waive:
				if !state.Owes() {
					t.Fatalf("called off from %s, which nobody owes", state)
				}
			case ask:
				if here {
					t.Fatalf("asked for from %s, while a version waits to be read", state)
				}
			}
			state = to
			if !slices.Contains(States(), state) || state.Owes() && state.Settled() {
				t.Fatalf("state %q", state)
			}
		}
	})
}

func TestReminderDays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ today, want string }{
		{"2026-11-26", ""}, {"2026-11-27", "2026-11-27"}, {"2026-12-01", "2026-11-27"}, {"2026-12-02", "2026-12-02"}, {"2026-12-03", "2026-12-02"}, {"2026-12-04", "2026-12-04"},
		{"2026-12-06", "2026-12-04"}, {"2026-12-07", "2026-12-07"}, {"2026-12-09", "2026-12-07"}, {"2026-12-10", "2026-12-10"},
	} {
		if got := reminderDay("2026-12-04", c.today); got != c.want {
			t.Errorf("on %s: %q, want %q", c.today, got, c.want)
		}
	}
}

// A document that stays owed is reminded of on the days of the plan and no others, however often and irregularly the tick comes, and never
// twice a day.
func TestRemindersComeOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		asked := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 400).Draw(t, "asked"))
		due := asked.AddDate(0, 0, rapid.IntRange(0, 30).Draw(t, "days"))
		last, sent := "", map[string]int{}
		for day := asked; day.Before(due.AddDate(0, 0, 20)); day = day.AddDate(0, 0, rapid.IntRange(0, 2).Draw(t, "step")) {
			today := day.Format(time.DateOnly)
			if reminds(due.Format(time.DateOnly), today, asked.Format(time.DateOnly), last) {
				sent[today]++
				last = today
			}
			if rapid.IntRange(0, 50).Draw(t, "stop") == 0 {
				break
			}
		}
		for day, n := range sent {
			if n > 1 || day <= asked.Format(time.DateOnly) {
				t.Fatalf("%d reminders on %s, asked on %s, due on %s", n, day, asked, due)
			}
		}
	})
}

func TestKinds(t *testing.T) {
	t.Parallel()
	kinds, err := LoadKinds(catalogue.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"architecture", "diagrams", "stack", "network", "flows", "raci", "runbook-operations", "runbook-deployment", "runbook-changes", "runbook-incidents", "runbook-requests"} {
		if _, ok := kinds.Of(id); !ok {
			t.Errorf("the catalogue lacks %s", id)
		}
	}
	const good = "- {id: a-b, type: runbook, days: 5, title: {en: A, fr: A}, help: {en: A, fr: A}}\n"
	for text, want := range map[string]string{
		"- {id: a-b, type: runbook, days: 5, title: {en: A}, help: {en: A, fr: A}}":      `documents/x.yaml:1: [0].title: the French words are missing`,
		"- {id: A, type: runbook, days: 5, title: {en: A, fr: A}, help: {en: A, fr: A}}": `documents/x.yaml:1: [0]: document "A": the id must be small letters, digits and hyphens`,
		good + good: `documents/x.yaml:2: [1]: document "a-b": its id is there already`,
		"- {id: a-b, type: paper, days: 5, title: {en: A, fr: A}, help: {en: A, fr: A}}":             `documents/x.yaml:1: [0]: document "a-b": the type must be one of contract, policy, procedure, runbook, architecture, report, evidence, other`,
		"- {id: a-b, type: runbook, days: 0, title: {en: A, fr: A}, help: {en: A, fr: A}}":           `documents/x.yaml:1: [0]: document "a-b": days must be from 1 to 365`,
		"- {id: a-b, type: runbook, days: 5, titel: {en: A, fr: A}, help: {en: A, fr: A}, extra: 1}": "",
	} {
		_, err := LoadKinds(fstest.MapFS{"documents/x.yaml": {Data: []byte(text)}})
		if err == nil || want != "" && err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
