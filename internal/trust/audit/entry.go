package audit

import (
	"vigie/internal/kit/ui"
	"vigie/internal/trust/web"
)

// facts are the few that matter, under the title.
func (v entryView) facts(p *ui.Page) []ui.Fact {
	record := ui.Text(v.RecordName)
	if v.href != "" {
		record = ui.Anchor(p.In(v.href), v.RecordName)
	}
	facts := []ui.Fact{
		{Label: p.T("audit.who"), Value: ui.Either(p, who(p, v.Entry))},
		{Label: p.T("audit.when"), Value: ui.Exactly(p, v.At.Time)},
		{Label: TypeWord(p, v.RecordType), Value: record},
	}
	if v.Slug != "" {
		facts = append(facts, ui.Fact{Label: p.T("audit.customer"), Value: ui.Text(web.CustomerName(p, string(v.Slug)))})
	}
	return facts
}

// origin is through what and from where, with the ways to the rest of the trail.
func (v entryView) origin(p *ui.Page) []ui.Fact {
	facts := []ui.Fact{
		{Label: p.T("audit.through"), Value: ui.Text(p.T("audit.kind." + v.ActorKind))},
		{Label: p.T("audit.via"), Value: ui.Code(v.Via)},
		{Label: p.T("audit.address"), Value: ui.Code(v.Address)},
		{Label: p.T("audit.record"), Value: ui.Anchor(p.In("/audit?record_type="+v.RecordType+"&record_id="+v.RecordID), p.T("audit.of_record"))},
	}
	if v.ActorID != "" {
		facts = append(facts, ui.Fact{Label: p.T("audit.who"), Value: ui.Anchor(p.In("/audit?actor_id="+v.ActorID), p.T("audit.of_person", "name", v.ActorName))})
	}
	return facts
}

// standing says how the entry stands in the log.
func (v entryView) standing(p *ui.Page) string {
	number := ""
	if v.proof != nil {
		number = p.Number(int(v.proof.Leaf.Seq))
	}
	key := "audit.proof_" + v.state // i18n: audit.proof_*
	return p.T(key, "number", number, "size", p.Number(int(v.size)))
}
