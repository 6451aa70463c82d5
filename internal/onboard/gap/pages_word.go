package gap

import (
	"strings"

	"github.com/a-h/templ"

	"vigie/internal/estate/collect"
	"vigie/internal/kit/ui"
	"vigie/internal/onboard/control"
)

// i18n: gap.verdict.*
func verdictWord(p *ui.Page, v control.Verdict) string { return p.T("gap.verdict." + string(v)) }

// i18n: gap.severity.*
func severityWord(p *ui.Page, v control.Severity) string { return p.T("gap.severity." + string(v)) }

// i18n: gap.area.*
func areaWord(p *ui.Page, v control.Area) string { return p.T("gap.area." + string(v)) }

// i18n: gap.reason.*
func reasonWord(p *ui.Page, v string) string { return p.Or("gap.reason."+v, v) }

// i18n: gap.missing.*
func missingWord(p *ui.Page, m control.Missing) string {
	return p.T("gap.missing."+m.What, "name", name(p, m.Name), "why", whyWord(p, m.Why))
}

// name is the name of an attribute, requirement or type, for people.
func name(p *ui.Page, n string) string {
	if strings.Contains(n, "::") {
		return p.Or(collect.TypeKey(n), collect.TypeWords(n))
	}
	return strings.TrimPrefix(n, "attributes.")
}

// i18n: gap.why.*
func whyWord(p *ui.Page, why string) string {
	first, rest, _ := strings.Cut(why, " ")
	if first == "" {
		return ""
	}
	return strings.TrimSpace(p.Or("gap.why."+first, first) + " " + rest)
}

// i18n: gap.kind.*
func kindWord(p *ui.Page, k control.Kind) string { return p.T("gap.kind." + string(k)) }

func tone(v control.Verdict, s control.Severity) ui.Tone {
	switch {
	case v == control.Pass:
		return ui.Good
	case v == control.Fail && rank(s) <= 2:
		return ui.Bad
	case v == control.Fail:
		return ui.Soon
	case v == Accepted:
		return ui.Info
	}
	return ui.Off
}

func verdict(p *ui.Page, g Gap) templ.Component {
	return ui.Status(tone(g.Verdict, g.Severity), verdictWord(p, g.Verdict))
}

// wide tells that rows of several customers may stand in one list.
func wide(p *ui.Page) bool { return p.Customer == nil && len(p.Customers) > 1 }

func options[T ~string](p *ui.Page, word func(*ui.Page, T) string, values []T) []ui.Option {
	out := make([]ui.Option, len(values))
	for i, v := range values {
		out[i] = ui.Option{Value: string(v), Label: word(p, v)}
	}
	return out
}

func (h pages) title(p *ui.Page, id string) string {
	if c := h.s.catalogue.Find(id); c != nil {
		return c.Title.In(p.Lang())
	}
	return id
}
