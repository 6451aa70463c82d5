package app

import (
	"context"
	"errors"
	"strings"
	"time"

	"vigie/internal/customer"
	"vigie/internal/kit/i18n"
	"vigie/internal/onboard/control"
	"vigie/internal/onboard/deliverable"
	"vigie/internal/onboard/gap"
	"vigie/internal/onboard/plan"
	"vigie/internal/onboard/question"
	"vigie/internal/onboard/workshop"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/promise/requirement"
	"vigie/internal/record/register"
)

// wireWorkshop opens the room of workshop packs, which reads what the others know.
func (a *App) wireWorkshop() {
	a.Workshop = workshop.New(workshop.Parts{DB: a.db, Bundle: a.bundle, Clock: a.opts.Clock, Customers: a.Customers, Files: a.Files,
		Sources: workshop.Sources{Assessed: assessedFor, Gaps: a.gapsFor, Asked: askedFor, Paths: pathsFor, Calendar: a.calendarFor}})
}

// assessedFor is what the assessments of a customer have brought.
func assessedFor(ctx context.Context, tx *db.Tx, c customer.Customer, p *i18n.Printer) (out workshop.Assessed, err error) {
	sheet, err := question.Latest(ctx, tx, c.ID, "")
	switch {
	case fault.Is(err, fault.NotFound):
	case err != nil:
		return out, err
	default:
		out.Title, out.State, out.At = sheet.Title, p.T("question.state."+string(sheet.State)), sheet.HandedInAt.Time // i18n: question.state.*
		for _, x := range sheet.Said(p) {
			out.Answers = append(out.Answers, workshop.Answer(x))
		}
	}
	now, err := plan.Stands(ctx, tx)
	if err != nil || now.Plan.ID == "" {
		return out, err
	}
	out.Plan = workshop.Plan{Title: now.Plan.Title, State: p.T("plans.state." + now.Plan.State), From: dayOf(now.Plan.StartsOn), To: dayOf(now.Plan.EndsOn)} // i18n: plans.state.*
	for _, m := range now.Meetings {
		out.Plan.Meetings = append(out.Plan.Meetings, workshop.Meeting{Title: m.Title, State: p.T("plans.state." + m.State), At: m.StartsAt.Time})
	}
	for _, t := range now.Tasks {
		out.Plan.Actions = append(out.Plan.Actions, workshop.Action{Title: t.Title, Side: p.T("plans.side." + t.Side), Owner: t.Owner, Due: dayOf(t.DueOn), Done: !t.DoneAt.IsZero()}) // i18n: plans.side.*
	}
	return out, nil
}

// dayOf is the first instant of a date; zero for none.
func dayOf[T ~string](day T) time.Time {
	t, err := time.Parse(time.DateOnly, string(day))
	if err != nil {
		return time.Time{}
	}
	return t
}

// worstRead is how many of the worst gaps are looked at, worstShown how many lines they make.
const (
	worstRead  = 400
	worstShown = 20
)

// gapsFor is what stands between what is and what is asked.
func (a *App) gapsFor(ctx context.Context, tx *db.Tx, c customer.Customer, p *i18n.Printer) (out workshop.Gaps, err error) {
	at, err := a.Gaps.Judged(ctx, tx)
	if err != nil || at.IsZero() {
		return out, err
	}
	heat, err := gap.HeatOf(ctx, tx, c.Slug)
	if err != nil {
		return out, err
	}
	out.JudgedAt, out.Open = at.Time, int(heat.Total.Fail)
	area := func(x control.Area) string { return p.T("gap.area." + string(x)) } // i18n: gap.area.*
	for _, x := range heat.Areas {
		out.Areas = append(out.Areas, area(x))
	}
	for _, l := range heat.Lines {
		line := workshop.Heat{Workload: l.Name, Total: tally(l.Total)}
		if line.Workload == "" {
			line.Workload = p.T("gap.heat.none")
		}
		for _, x := range heat.Areas {
			line.Cells = append(line.Cells, tally(l.Cells[x]))
		}
		out.Lines = append(out.Lines, line)
	}
	for _, r := range heat.Reasons {
		out.Reasons = append(out.Reasons, workshop.Reason{Text: p.Or("gap.reason."+r.Reason, r.Reason), N: int(r.N)}) // i18n: gap.reason.*
	}
	worst, err := gap.Worst(ctx, tx, worstRead)
	line := map[[3]string]int{}
	for _, g := range worst {
		place := [3]string{g.Control, g.Workload, g.Measure}
		i, there := line[place]
		if !there {
			if len(out.Worst) == worstShown {
				break
			}
			title := g.Control
			if found := a.Gaps.Catalogue().Find(g.Control); found != nil {
				title = found.Title.In(p.Lang())
			}
			i = len(out.Worst)
			line[place] = i
			out.Worst = append(out.Worst, workshop.Gap{Control: title, Workload: g.Workload, Area: area(g.Area), Severity: p.T("gap.severity." + string(g.Severity)), Measure: g.Measure}) // i18n: gap.severity.*
		}
		out.Worst[i].Subjects = append(out.Worst[i].Subjects, g.SubjectName)
	}
	return out, err
}

func tally(t gap.Tally) workshop.Tally {
	judged := t.Judged()
	return workshop.Tally{None: judged < 0, Fail: int(t.Fail), Grave: int(t.Grave), Unknown: int(t.Unknown), Judged: int(max(judged, 0))}
}

// month is that of service levels: a twelfth of a year.
const month = 730 * time.Hour

// askedFor is what is asked of the workloads, in words.
func askedFor(ctx context.Context, tx *db.Tx, c customer.Customer, p *i18n.Printer) (out []workshop.Asked, err error) {
	all, err := requirement.All(ctx, tx, c.ID)
	value := func(field, v string) string { // i18n: register.*
		if v == "" {
			return ""
		}
		return p.Or("register.requirement.value."+field+"."+v, v)
	}
	field := func(name string) string { return p.T("register.requirement.field." + name) }
	span := func(d register.Duration) string {
		n, ok := d.Minutes()
		switch {
		case !ok:
			return ""
		case n == 0:
			return p.T("register.common.no_time")
		}
		return p.Duration(time.Duration(n) * time.Minute)
	}
	for _, r := range all {
		x := workshop.Asked{Workload: r.WorkloadName, Environment: value("environment", r.Environment), Criticality: value("criticality", r.Criticality), State: value("state", r.State), Tier: value("tier", r.Tier),
			Strategy: value("dr_strategy", r.Strategy), RTO: span(r.RTO), RPO: span(r.RPO), AgreedBy: r.AgreedBy, AgreedAt: r.AgreedAt.Time}
		if n, ok := r.Availability.Percent(); ok {
			x.Availability = p.T("format.percent", "number", p.Decimal(n, r.Availability.Decimals()))
			x.Downtime = p.Duration(time.Duration(float64(month) * (100 - n) / 100).Truncate(time.Minute))
		}
		if r.Retention != nil {
			x.Backups = p.N("workshop.kept_days", int(*r.Retention))
		}
		var watched []string
		guarded := map[string][]string{}
		for _, w := range [][2]string{{"monitor_infrastructure", r.Infrastructure}, {"monitor_application", r.Application}, {"monitor_performance", r.Performance}} {
			if w[1] == "yes" {
				watched = append(watched, field(w[0]))
			}
		}
		for _, w := range [][2]string{{"security_access", r.Access}, {"security_antimalware", r.Antimalware}, {"security_waf", r.WAF}, {"security_pki", r.PKI}, {"security_encryption", r.Encryption},
			{"security_authentication", r.Authentication}, {"security_firewall", r.Firewall}} {
			if w[1] != "" && w[1] != "none" {
				guarded[w[1]] = append(guarded[w[1]], field(w[0]))
			}
		}
		x.Monitoring = strings.Join(watched, ", ")
		for _, level := range []string{"strict", "standard"} {
			if what := guarded[level]; what != nil {
				x.Security += p.T("workshop.guarded", "what", strings.Join(what, ", "), "level", value("security_access", level)) + "\n"
			}
		}
		x.Security = strings.TrimSpace(x.Security)
		out = append(out, x)
	}
	return out, err
}

// pathsFor is the matrix of the deliverable, signed or not; without one, the contacts that the register has.
func pathsFor(ctx context.Context, tx *db.Tx, c customer.Customer, p *i18n.Printer) (out workshop.Paths, err error) {
	v, content, there, err := deliverable.Standing(ctx, tx, c.ID, "contacts")
	if err != nil {
		return out, err
	}
	side := func(s string) string { return p.Or("deliverable.value.side."+s, s) }
	role := func(s string) string { // i18n: deliverable.value.*
		if s == "" {
			return ""
		}
		return p.Or("deliverable.value.role."+s, s)
	}
	if !there {
		called, err := customer.Called(ctx, tx)
		for _, x := range called {
			person := workshop.Person{Name: x.Name, Side: side("customer"), Job: x.Job, Phone: x.Phone, Email: x.Email}
			if x.Level != nil {
				person.Level = int(*x.Level)
			}
			out.People = append(out.People, person)
		}
		return out, err
	}
	m, ok := content.(*deliverable.Matrix)
	if !ok {
		return out, errors.New("the deliverable of contacts is no matrix")
	}
	out.State = p.T("deliverable.version_n", "number", v.Number) + ", " + p.T("deliverable.status."+string(v.Status)) // i18n: deliverable.status.*
	out.Hours = m.About.Hours
	for _, l := range m.Levels {
		level := workshop.Level{Number: l.Level, Name: l.Name, When: l.When, After: p.T("workshop.at_once")}
		if l.AfterMinutes > 0 {
			level.After = p.Duration(time.Duration(l.AfterMinutes) * time.Minute)
		}
		out.Levels = append(out.Levels, level)
	}
	for _, x := range m.Contacts {
		out.People = append(out.People, workshop.Person{Level: x.Level, Name: x.Name, Side: side(x.Side), Job: x.Job, Role: role(x.Role), Phone: x.Phone, Email: x.Email})
	}
	return out, nil
}

// measuresShown is how many open measures a pack names.
const measuresShown = 60

// calendarFor is what is ready by when.
func (a *App) calendarFor(ctx context.Context, tx *db.Tx, _ customer.Customer, p *i18n.Printer) (out workshop.Calendar, err error) {
	marks, lying, err := a.Remediation.Calendar(ctx, tx)
	if err != nil {
		return out, err
	}
	out.Open, out.Done, out.Hours = lying.Open, lying.Done, lying.Hours
	for _, m := range marks {
		out.Milestones = append(out.Milestones, workshop.Milestone{Name: m.Name, Component: m.Component, Workload: m.Workload, Due: dayOf(m.Due), Measures: m.Measures, Done: m.Done, Hours: float64(m.Minutes) / 60,
			State: p.T("register.milestone.value.state." + m.State)})
	}
	for i, l := range lying.Lines {
		if l.Ends.After(out.Ends) {
			out.Ends = l.Ends
		}
		if i < measuresShown {
			out.Measures = append(out.Measures, workshop.Measure{Title: l.Title, Priority: p.T("register.measure.value.priority." + l.Priority), Side: p.T("register.measure.value.side." + l.Side),
				State: p.T("register.measure.value.state." + l.State), Starts: l.Starts, Ends: l.Ends, Due: dayOf(l.Due), Hours: l.Hours, Late: l.Late, Critical: l.Critical})
		}
	}
	return out, nil
}
