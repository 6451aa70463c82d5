package workshop

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"vigie/internal/customer"
	"vigie/internal/kit/document"
	"vigie/internal/kit/i18n"
)

// pack is all that the document says.
type pack struct {
	Customer customer.Customer
	At       time.Time
	Assessed Assessed
	Gaps     Gaps
	Asked    []Asked
	Paths    Paths
	Calendar Calendar
}

// beside is how many workloads stand beside each other in the map: more do not fit on a page.
const beside = 6

// compose lays the document out. Pure.
func compose(p *i18n.Printer, k pack) document.Document {
	d := document.Document{Title: p.T("workshop.title", "name", k.Customer.Name), Subtitle: p.T("workshop.subtitle"), From: k.Customer.Name, At: k.At}
	d.Blocks = append(d.Blocks, document.Text(p.T("workshop.about")), document.Facts{
		{Label: p.T("workshop.as_of"), Value: p.DateTime(k.At)},
		{Label: p.T("customers.phase_label"), Value: p.T("customers.phase." + string(k.Customer.Phase))}, // i18n: customers.phase.*
	})
	for _, part := range [][]document.Block{assessment(p, k.Assessed), gaps(p, k.Gaps), model(p, k.Asked), paths(p, k.Paths), levels(p, k.Asked), calendar(p, k.Calendar)} {
		d.Blocks = append(d.Blocks, part...)
	}
	return d
}

func column(label string, kind document.Kind) document.Column {
	return document.Column{Label: label, Kind: kind}
}

func words(labels ...string) (out []document.Column) {
	for _, l := range labels {
		out = append(out, document.Column{Label: l})
	}
	return out
}

// day is a date, or an empty cell.
func day(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

func assessment(p *i18n.Printer, a Assessed) []document.Block {
	out := []document.Block{document.Heading{Level: 2, Text: p.T("workshop.assessment")}}
	if a.Title == "" {
		out = append(out, document.Text(p.T("workshop.assessment_none")))
	} else {
		out = append(out, document.Facts{{Label: p.T("workshop.base"), Value: a.Title}, {Label: p.T("workshop.state"), Value: a.State}, {Label: p.T("workshop.handed_in"), Value: a.At}})
		for section := range chunks(a.Answers, func(x, y Answer) bool { return x.Section == y.Section }) {
			t := document.Table{Caption: section[0].Section, Columns: words(p.T("workshop.question"), p.T("workshop.answer"))}
			for _, x := range section {
				t.Rows = append(t.Rows, []any{x.Question, x.Answer})
			}
			out = append(out, document.Heading{Level: 3, Text: section[0].Section}, t)
		}
	}
	out = append(out, document.Heading{Level: 3, Text: p.T("workshop.full")})
	if a.Plan.Title == "" {
		return append(out, document.Text(p.T("workshop.full_none")))
	}
	meetings := document.Table{Caption: p.T("workshop.meetings"), Empty: p.T("workshop.meetings_none"), Columns: append(words(p.T("workshop.meeting")), column(p.T("workshop.when"), document.Moment), column(p.T("workshop.state"), document.Words))}
	for _, m := range a.Plan.Meetings {
		meetings.Rows = append(meetings.Rows, []any{m.Title, m.At, m.State})
	}
	actions := document.Table{Caption: p.T("workshop.actions"), Empty: p.T("workshop.actions_none"), Columns: append(words(p.T("workshop.action"), p.T("workshop.side"), p.T("workshop.owner")), column(p.T("workshop.due"), document.Date), column(p.T("workshop.state"), document.Words))}
	for _, x := range a.Plan.Actions {
		state := p.T("workshop.open")
		if x.Done {
			state = p.T("workshop.done")
		}
		actions.Rows = append(actions.Rows, []any{x.Title, x.Side, x.Owner, day(x.Due), state})
	}
	return append(out, document.Facts{{Label: p.T("workshop.plan"), Value: a.Plan.Title}, {Label: p.T("workshop.state"), Value: a.Plan.State},
		{Label: p.T("workshop.days"), Value: p.Date(a.Plan.From) + " – " + p.Date(a.Plan.To)}},
		document.Heading{Level: 3, Text: p.T("workshop.meetings")}, meetings, document.Heading{Level: 3, Text: p.T("workshop.actions")}, actions)
}

// chunks gives neighbours that belong together.
func chunks[T any](all []T, same func(a, b T) bool) func(func([]T) bool) {
	return func(yield func([]T) bool) {
		for from := 0; from < len(all); {
			to := from + 1
			for to < len(all) && same(all[from], all[to]) {
				to++
			}
			if !yield(all[from:to]) {
				return
			}
			from = to
		}
	}
}

func gaps(p *i18n.Printer, g Gaps) []document.Block {
	out := []document.Block{document.Heading{Level: 2, Text: p.T("workshop.gaps")}}
	if g.JudgedAt.IsZero() {
		return append(out, document.Text(p.T("workshop.gaps_never")))
	}
	out = append(out, document.Facts{{Label: p.T("workshop.judged"), Value: p.DateTime(g.JudgedAt)}, {Label: p.T("workshop.open_gaps"), Value: g.Open}},
		document.Heading{Level: 3, Text: p.T("workshop.heat")}, document.Text(p.T("workshop.heat_help")))
	for lines := range slices.Chunk(g.Lines, beside) {
		t := document.Table{Caption: p.T("workshop.heat"), Columns: words(p.T("workshop.area"))}
		for _, l := range lines {
			t.Columns = append(t.Columns, column(l.Workload, document.Words))
		}
		for i, area := range g.Areas {
			row := []any{area}
			for _, l := range lines {
				row = append(row, l.Cells[i].words(p))
			}
			t.Rows = append(t.Rows, row)
		}
		total, judged := []any{p.T("workshop.total")}, []any{p.T("workshop.share")}
		for _, l := range lines {
			total = append(total, l.Total.words(p))
			judged = append(judged, p.T("format.percent", "number", strconv.Itoa(l.Total.Judged)))
		}
		t.Rows = append(t.Rows, total, judged)
		out = append(out, t)
	}
	worst := document.Table{Caption: p.T("workshop.worst"), Empty: p.T("workshop.worst_none"), Columns: words(p.T("workshop.severity"), p.T("workshop.control"), p.T("workshop.subject"), p.T("workshop.workload"), p.T("workshop.measure"))}
	for _, x := range g.Worst {
		worst.Rows = append(worst.Rows, []any{x.Severity, x.Control, named(p, x.Subjects), x.Workload, x.Measure})
	}
	out = append(out, document.Heading{Level: 3, Text: p.T("workshop.worst")}, worst)
	told := 0
	for _, x := range g.Worst {
		told += len(x.Subjects)
	}
	if more := g.Open - told; more > 0 && told > 0 {
		out = append(out, document.Text(p.N("workshop.worst_more", more)))
	}
	reasons := document.Table{Caption: p.T("workshop.unjudged"), Empty: p.T("workshop.unjudged_none"), Columns: append(words(p.T("workshop.reason")), column(p.T("workshop.verdicts"), document.Number))}
	for _, r := range g.Reasons {
		reasons.Rows = append(reasons.Rows, []any{r.Text, r.N})
	}
	return append(out, document.Heading{Level: 3, Text: p.T("workshop.unjudged")}, reasons)
}

// namedSubjects is how many subjects a line names.
const namedSubjects = 4

func named(p *i18n.Printer, subjects []string) string {
	if len(subjects) <= namedSubjects {
		return strings.Join(subjects, ", ")
	}
	return p.N("workshop.named", len(subjects)-namedSubjects, "names", strings.Join(subjects[:namedSubjects], ", "))
}

// words says a cell of the map: how much fails, in brackets how much of it is grave, and a mark where nothing fails but not all could be judged.
func (t Tally) words(p *i18n.Printer) string {
	switch {
	case t.None:
		return "–"
	case t.Grave > 0:
		return p.Number(t.Fail) + " (" + p.Number(t.Grave) + ")"
	case t.Fail == 0 && t.Unknown > 0:
		return "?"
	}
	return p.Number(t.Fail)
}

func model(p *i18n.Printer, all []Asked) []document.Block {
	t := document.Table{Caption: p.T("workshop.model"), Empty: p.T("workshop.asked_none"), Columns: words(p.T("workshop.workload"), p.T("workshop.criticality"), p.T("workshop.tier"),
		p.T("workshop.strategy"), p.T("workshop.monitoring"), p.T("workshop.security"))}
	for _, a := range all {
		t.Rows = append(t.Rows, []any{a.place(), a.Criticality, a.Tier, a.Strategy, a.Monitoring, a.Security})
	}
	return []document.Block{document.Heading{Level: 2, Text: p.T("workshop.model")}, document.Text(p.T("workshop.model_help")), t}
}

// place is the workload in its environment.
func (a Asked) place() string { return a.Workload + " · " + a.Environment }

func levels(p *i18n.Printer, all []Asked) []document.Block {
	t := document.Table{Caption: p.T("workshop.levels"), Empty: p.T("workshop.asked_none"), Columns: words(p.T("workshop.workload"), p.T("workshop.availability"), p.T("workshop.downtime"),
		"RTO", "RPO", p.T("workshop.backups"), p.T("workshop.state"))}
	for _, a := range all {
		state := a.State
		if !a.AgreedAt.IsZero() {
			state += ", " + p.Date(a.AgreedAt)
		}
		t.Rows = append(t.Rows, []any{a.place(), a.Availability, a.Downtime, a.RTO, a.RPO, a.Backups, state})
	}
	return []document.Block{document.Heading{Level: 2, Text: p.T("workshop.levels")}, document.Text(p.T("workshop.levels_help")), t}
}

func paths(p *i18n.Printer, x Paths) []document.Block {
	out := []document.Block{document.Heading{Level: 2, Text: p.T("workshop.paths")}}
	if x.State == "" {
		out = append(out, document.Text(p.T("workshop.matrix_none")))
	} else {
		out = append(out, document.Facts{{Label: p.T("workshop.matrix"), Value: x.State}, {Label: p.T("workshop.hours"), Value: x.Hours}})
		steps := document.Table{Caption: p.T("workshop.escalation"), Empty: p.T("workshop.escalation_none"), Columns: append([]document.Column{column(p.T("workshop.level"), document.Number)},
			words(p.T("workshop.name"), p.T("workshop.after"), p.T("workshop.when_called"))...)}
		for _, l := range x.Levels {
			steps.Rows = append(steps.Rows, []any{l.Number, l.Name, l.After, l.When})
		}
		out = append(out, document.Heading{Level: 3, Text: p.T("workshop.escalation")}, steps)
	}
	t := document.Table{Caption: p.T("workshop.people"), Empty: p.T("workshop.people_none"), Columns: append([]document.Column{column(p.T("workshop.level"), document.Number)},
		words(p.T("workshop.name"), p.T("workshop.side"), p.T("workshop.job"), p.T("workshop.role"), p.T("workshop.phone"), p.T("workshop.email"))...)}
	for _, y := range x.People {
		var level any
		if y.Level > 0 {
			level = y.Level
		}
		t.Rows = append(t.Rows, []any{level, y.Name, y.Side, y.Job, y.Role, y.Phone, y.Email})
	}
	return append(out, document.Heading{Level: 3, Text: p.T("workshop.people")}, t)
}

func calendar(p *i18n.Printer, c Calendar) []document.Block {
	marks := document.Table{Caption: p.T("workshop.milestones"), Empty: p.T("workshop.milestones_none"), Columns: append([]document.Column{column(p.T("workshop.due"), document.Date)}, append(
		words(p.T("workshop.milestone"), p.T("workshop.component"), p.T("workshop.workload"), p.T("workshop.measures"), p.T("workshop.state")), column(p.T("workshop.hours_left"), document.Number))...)}
	for _, m := range c.Milestones {
		marks.Rows = append(marks.Rows, []any{day(m.Due), m.Name, m.Component, m.Workload, p.T("workshop.of", "done", m.Done, "all", m.Measures), m.State, m.Hours})
	}
	t := document.Table{Caption: p.T("workshop.open_measures"), Empty: p.T("workshop.measures_none"), Columns: append(words(p.T("workshop.measure"), p.T("workshop.priority"), p.T("workshop.side")),
		column(p.T("workshop.starts"), document.Date), column(p.T("workshop.ends"), document.Date), column(p.T("workshop.due"), document.Date), column(p.T("workshop.note"), document.Words))}
	for _, m := range c.Measures {
		note := ""
		switch {
		case m.Late:
			note = p.T("workshop.late")
		case m.Critical:
			note = p.T("workshop.critical")
		}
		t.Rows = append(t.Rows, []any{m.Title, m.Priority, m.Side, day(m.Starts), day(m.Ends), day(m.Due), note})
	}
	out := []document.Block{document.Heading{Level: 2, Text: p.T("workshop.calendar")}}
	facts := document.Facts{{Label: p.T("workshop.open_measures"), Value: c.Open}, {Label: p.T("workshop.done_measures"), Value: c.Done}, {Label: p.T("workshop.hours_left"), Value: c.Hours}}
	if !c.Ends.IsZero() {
		facts = append(facts, document.Fact{Label: p.T("workshop.all_done"), Value: p.Date(c.Ends)})
	}
	out = append(out, facts, document.Heading{Level: 3, Text: p.T("workshop.milestones")}, marks, document.Heading{Level: 3, Text: p.T("workshop.open_measures")}, t)
	if more := c.Open - len(c.Measures); more > 0 {
		out = append(out, document.Text(p.N("workshop.measures_more", more)))
	}
	return out
}
