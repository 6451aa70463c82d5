package estimate

import (
	"context"
	"time"

	"vigie/internal/kit/document"
	"vigie/internal/kit/i18n"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

// Document writes an estimate for the customer, in the customer's language, which it tells. 0 is the latest version. Faults: not_found,
// forbidden.
func (s *Service) Document(ctx context.Context, a permission.Actor, ref string, number int64) (d document.Document, language string, err error) {
	e, v, err := s.Version(ctx, a, ref, number)
	if err != nil {
		return d, "", err
	}
	var c struct {
		Name     string `db:"name"`
		Language string `db:"language"`
		TimeZone string `db:"time_zone"`
	}
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		return tx.Get(ctx, &c, `SELECT name, language, time_zone FROM {customer} WHERE slug = ?`, e.Customer)
	})
	if err != nil {
		return d, "", err
	}
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	return compose(s.Bundle.Printer(c.Language, zone, s.Clock.Now()), e, v, c.Name), c.Language, nil
}

func money(m Money) document.Money { return document.Money{Amount: m.Amount, Currency: m.Currency} }

// compose lays out the document.
func compose(p *i18n.Printer, e Estimate, v Version, name string) document.Document {
	at := v.CreatedAt.Time
	if e.State != Draft {
		at = e.IssuedAt.Time
	}
	facts := document.Facts{{Label: p.T("estimates.document.for"), Value: name}, {Label: p.T("estimates.state_label"), Value: stateWord(p, e.State)}}
	if e.Reference != "" {
		facts = append(facts, document.Fact{Label: p.T("estimates.reference"), Value: e.Reference})
	}
	facts = append(facts, document.Fact{Label: p.T("estimates.document.date"), Value: at}, document.Fact{Label: p.T("estimates.tier"), Value: tierWords(p, v)},
		document.Fact{Label: p.T("estimates.version"), Value: int(v.Number)}, document.Fact{Label: p.T("estimates.model"), Value: v.model.Title.In(p.Lang()) + " " + v.ModelVersion})
	d := document.Document{Title: e.Title, Subtitle: p.T("estimates.document.subtitle"), From: "Vigie", At: at, Blocks: []document.Block{
		facts,
		document.Heading{Level: 2, Text: p.T("estimates.document.summary")},
		document.Text(p.T("estimates.document.summary_text", "setup", p.Money(v.Result.Setup.Cost.Likely.Amount, v.Result.Currency), "month", p.Money(v.Result.Month.Cost.Likely.Amount, v.Result.Currency))),
		summaryTable(p, v.Result),
	}}
	for _, part := range []string{Setup, Month} {
		d.Blocks = append(d.Blocks, document.Heading{Level: 2, Text: partWord(p, part)}, lineTable(p, v, part))
	}
	d.Blocks = append(d.Blocks, document.Heading{Level: 2, Text: p.T("estimates.document.basis")}, basisTable(p, v),
		document.Heading{Level: 2, Text: p.T("estimates.missing.title")}, missingTable(p, v.Result))
	if len(v.model.Terms) > 0 {
		text := ""
		for _, t := range v.model.Terms {
			text += "- " + t.In(p.Lang()) + "\n"
		}
		d.Blocks = append(d.Blocks, document.Heading{Level: 2, Text: p.T("estimates.document.terms")}, document.Text(text))
	}
	return d
}

func summaryTable(p *i18n.Printer, r Result) document.Table {
	t := document.Table{Caption: p.T("estimates.document.summary"), Columns: []document.Column{{Label: p.T("estimates.document.part")}, {Label: p.T("estimates.hours_likely"), Kind: document.Number},
		{Label: p.T("estimates.low"), Kind: document.Amount}, {Label: p.T("estimates.likely"), Kind: document.Amount}, {Label: p.T("estimates.high"), Kind: document.Amount}}}
	for _, part := range []string{Setup, Month} {
		s := r.sum(part)
		t.Rows = append(t.Rows, []any{partWord(p, part), s.Hours.Likely, money(s.Cost.Low), money(s.Cost.Likely), money(s.Cost.High)})
	}
	return t
}

func (r Result) sum(part string) Sum {
	if part == Setup {
		return r.Setup
	}
	return r.Month
}

// lineTable has the lines that cost something, by phase, and the sum.
func lineTable(p *i18n.Printer, v Version, part string) document.Table {
	t := document.Table{Caption: partWord(p, part), Columns: []document.Column{{Label: p.T("estimates.line")}, {Label: p.T("estimates.phase")}, {Label: p.T("estimates.hours"), Kind: document.Number},
		{Label: p.T("estimates.rate"), Kind: document.Amount}, {Label: p.T("estimates.low"), Kind: document.Amount}, {Label: p.T("estimates.likely"), Kind: document.Amount}, {Label: p.T("estimates.high"), Kind: document.Amount}}}
	for _, l := range v.Result.Lines {
		if l.Part != part || l.Hours.High == 0 {
			continue
		}
		phase, _ := v.model.phase(l.Phase)
		t.Rows = append(t.Rows, []any{l.Title.In(p.Lang()), phase.Title.In(p.Lang()), l.Hours.Likely, money(l.Rate), money(l.Cost.Low), money(l.Cost.Likely), money(l.Cost.High)})
	}
	s := v.Result.sum(part)
	t.Rows = append(t.Rows, []any{p.T("estimates.total"), "", s.Hours.Likely, nil, money(s.Cost.Low), money(s.Cost.Likely), money(s.Cost.High)})
	return t
}

// basisTable says once for each input, the tier and each modifier what the estimate rests on.
func basisTable(p *i18n.Printer, v Version) document.Table {
	t := document.Table{Caption: p.T("estimates.document.basis"), Columns: []document.Column{{Label: p.T("estimates.cause")}, {Label: p.T("estimates.value")}, {Label: p.T("estimates.source_label")}}}
	seen := map[string]bool{}
	for _, l := range v.Result.Lines {
		for _, c := range l.Causes {
			if seen[c.Kind+c.ID] {
				continue
			}
			seen[c.Kind+c.ID] = true
			t.Rows = append(t.Rows, []any{c.Title.In(p.Lang()), causeValue(p, c), sourceWord(p, c.Source)})
		}
	}
	return t
}

func missingTable(p *i18n.Printer, r Result) document.Table {
	t := document.Table{Caption: p.T("estimates.missing.title"), Empty: p.T("estimates.missing.none"), Columns: []document.Column{{Label: p.T("estimates.missing.question")},
		{Label: p.T("estimates.missing.assumption")}, {Label: p.T("estimates.missing.width"), Kind: document.Amount}}}
	for _, m := range r.Missing {
		t.Rows = append(t.Rows, []any{m.Title.In(p.Lang()), m.Assumption.In(p.Lang()), money(m.Width)})
	}
	return t
}
