package launch

import (
	"bytes"
	"encoding/json"
	"strings"

	"vigie/internal/customer"
	"vigie/internal/kit/i18n"
	"vigie/internal/platform/db"
)

// evidenceFormat names the form of an evidence.
const evidenceFormat = "vigie launch evidence v1"

// mostItems is how many things of a condition stand in the evidence; how many more there are stands in its facts.
const mostItems = 100

type evidence struct {
	Format   string `json:"format"`
	Customer struct {
		ID   string `json:"id"`
		Slug string `json:"slug"`
		Name string `json:"name"`
	} `json:"customer"`
	Launch struct {
		ID       string `json:"id"`
		TargetOn string `json:"target_on"`
	} `json:"launch"`
	Conditions []evidenceCondition `json:"conditions"`
}

type evidenceCondition struct {
	Key      string          `json:"key"`
	Text     string          `json:"text"`
	Status   Status          `json:"status"`
	Findings []string        `json:"findings,omitempty"`
	Facts    map[string]any  `json:"facts,omitempty"`
	Waiver   *evidenceWaiver `json:"waiver,omitempty"`
	Measured *measured       `json:"measured,omitempty"`
}

// measured is how things were when the evidence was made: signed with the rest, and allowed to move while the status stands.
type measured struct {
	Findings []string       `json:"findings,omitempty"`
	Facts    map[string]any `json:"facts,omitempty"`
}

type evidenceWaiver struct {
	ID       string  `json:"id"`
	Reason   string  `json:"reason"`
	Owner    string  `json:"owner"`
	Until    db.Time `json:"until"`
	Signer   string  `json:"signer"`
	Approval string  `json:"approval"`
}

// evidenceOf is the one text that both sides sign: the same conditions with the same findings give the same text.
func evidenceOf(p *i18n.Printer, c customer.Customer, l Launch, all []Judged) (string, error) {
	e := evidence{Format: evidenceFormat}
	e.Customer.ID, e.Customer.Slug, e.Customer.Name = c.ID, c.Slug, c.Name
	e.Launch.ID, e.Launch.TargetOn = l.ID, l.TargetOn
	for _, j := range all {
		one := evidenceCondition{Key: j.Key, Text: j.Text.In(p.Lang()), Status: j.Finding.Status, Facts: j.Finding.Facts}
		m := measured{Facts: j.Finding.Measures}
		for i, item := range j.Finding.Items {
			if i == mostItems {
				one.Findings = append(one.Findings, p.T("launch.item.more", "count", len(j.Finding.Items)-mostItems))
				break
			}
			if item.Measure {
				m.Findings = append(m.Findings, item.words(p))
				continue
			}
			one.Findings = append(one.Findings, item.words(p))
		}
		if len(m.Findings)+len(m.Facts) > 0 {
			one.Measured = &m
		}
		if w := j.Waiver; w != nil {
			one.Waiver = &evidenceWaiver{w.ID, w.Reason, w.Owner, w.ExpiresAt, w.Signer, w.ApprovalID}
		}
		e.Conditions = append(e.Conditions, one)
	}
	return e.text()
}

func (e evidence) text() (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return "", err
	}
	// Names come from outside, and nobody signs what they cannot see.
	return strings.TrimSuffix(strings.Map(visible, b.String()), "\n"), nil
}

// sameDecision tells whether two evidences say the same of everything but what was measured.
func sameDecision(one, other string) bool {
	a, errA := decision(one)
	b, errB := decision(other)
	return errA == nil && errB == nil && a == b
}

func decision(text string) (string, error) {
	var e evidence
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		return "", err
	}
	for i := range e.Conditions {
		e.Conditions[i].Measured = nil
	}
	return e.text()
}

func visible(r rune) rune {
	if r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2060 && r <= 0x2069 || r == 0xfeff || r >= 0x7f && r < 0xa0 {
		return -1
	}
	return r
}
