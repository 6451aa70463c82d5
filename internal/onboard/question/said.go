package question

import (
	"strings"

	"vigie/internal/kit/i18n"
)

// Said is one answer in words, with its question and the section that it is in.
type Said struct{ Section, Question, Answer string }

// Said puts the answers in words, in the order of the questions. Of a table it names the rows.
func (s Sheet) Said(p *i18n.Printer) (out []Said) {
	for _, section := range s.Questionnaire.Sections {
		for _, q := range section.Questions {
			v, given := s.Answers[q.ID]
			if !given || v == nil {
				continue
			}
			if text := q.names(p, v); text != "" {
				out = append(out, Said{section.Title.In(p.Lang()), q.Text.In(p.Lang()), text})
			}
		}
	}
	return out
}

// names says a value; of a table the first column that each row has.
func (q Question) names(p *i18n.Printer, v any) string {
	if q.Type != Table {
		return q.say(p, v)
	}
	var names []string
	for _, cells := range rowsIn(q, v) {
		for _, c := range q.Columns {
			if text := c.say(p, cells[c.ID]); text != "" {
				names = append(names, strings.TrimSpace(text))
				break
			}
		}
	}
	return p.List(names)
}
