package access

import (
	"time"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
)

// Check is one thing that the provider must be let into.
type Check struct {
	register.Head
	Name      string        `db:"name" json:"name" field:"text required sort filter search"`
	Area      string        `db:"area" json:"area" field:"choice values=infrastructure|ticketing|monitoring|cicd|third_party default=infrastructure required sort filter"`
	State     string        `db:"state" json:"state" field:"choice values=asked|given|proved|failed|expired default=asked required sort filter fixed"`
	Needed    string        `db:"needed" json:"needed" field:"long search extra help"`
	Giver     db.Null       `db:"giver_id" json:"giver" field:"ref to=contact filter help" doc:"Id of the contact who gives it."`
	DueOn     register.Date `db:"due_on" json:"due_on" field:"date sort filter"`
	Proof     string        `db:"proof" json:"proof" field:"choice values=role|webhook|token|mail|person default=person required sort filter section=proof help"`
	Target    string        `db:"target" json:"target" field:"text extra section=proof help" doc:"AWS account number, name of the webhook, or address; empty for all of the customer's."`
	ValidDays *int64        `db:"valid_days" json:"valid_days" field:"number max=3650 extra section=proof help" doc:"For how many days a proof holds; null for ever."`
	Seen      string        `db:"seen" json:"seen" field:"choice values=role_assumed|role_open|role_refused|role_unchecked|role_none|webhook_taken|webhook_refused|webhook_untried|webhook_none|token_used|token_unused|token_none|mail_delivered|mail_refused|mail_none|person_saw|person_refused filter extra section=proof fixed" doc:"What was seen the last time."`
	SeenWhat  string        `db:"seen_what" json:"seen_what" field:"text extra section=proof fixed" doc:"Of what."`
	SeenAt    db.Time       `db:"seen_at" json:"seen_at" field:"instant sort filter section=proof fixed" doc:"When what was seen happened."`
	LookedAt  db.Time       `db:"looked_at" json:"looked_at" field:"instant sort extra section=proof fixed" doc:"When somebody or Vigie looked last."`
	ProvedBy  string        `db:"proved_by" json:"proved_by" field:"text extra section=proof fixed"`
	ProofNote string        `db:"proof_note" json:"proof_note" field:"long extra section=proof fixed" doc:"How a person proved it."`
	Template  string        `db:"template" json:"template" field:"text hidden fixed section=proof" doc:"Which of the usual checks it is; empty for one's own."`
	Note      string        `db:"note" json:"note" field:"long search extra"`
	register.Tail
}

// The states.
const (
	Asked   = "asked"
	Given   = "given"
	Proved  = "proved"
	Failed  = "failed"
	Expired = "expired"
)

// ByPerson is the proof that a person gives; Vigie looks for the others itself.
const ByPerson = "person"

var declared = register.Declaration[Check]{Name: "access_check", Path: "/access-checks", Icon: "plug-connected", Read: permission.AccessRead, Write: permission.AccessWrite, Status: "state",
	Tones:  map[string]ui.Tone{Proved: ui.Good, Failed: ui.Bad, Expired: ui.Soon, Given: ui.Info},
	Settle: settle, Links: links}

// settle takes a proof away that was given for something else.
func settle(before Check, rec *Check) {
	if before.State != "" && (before.Proof != rec.Proof || before.Target != rec.Target) {
		rec.State, rec.Seen, rec.SeenWhat, rec.ProvedBy, rec.ProofNote, rec.SeenAt, rec.LookedAt = Asked, "", "", "", "", db.Time{}, db.Time{}
	}
}

// Stands is the state at an instant: a proof that is too old has expired, whoever has written that down or not.
func (c Check) Stands(now time.Time) string {
	if c.State == Proved && c.ValidDays != nil && now.Sub(c.SeenAt.Time) > time.Duration(*c.ValidDays)*24*time.Hour {
		return Expired
	}
	return c.State
}

// Seen is what Vigie found when it looked.
type Seen struct {
	Code string // a value of the field seen
	What string // of what: an account, a webhook, a person, an address
	At   db.Time
	Good bool
}

// look is what a check becomes by what was seen.
func look(c *Check, s Seen, now db.Time) {
	c.Seen, c.SeenWhat, c.SeenAt, c.LookedAt, c.ProvedBy, c.ProofNote = s.Code, s.What, s.At, now, "", ""
	switch {
	case s.Good:
		c.State, c.ProvedBy = Proved, "Vigie"
		c.State = c.Stands(now.Time)
	case s.At.IsZero() && c.State != Proved && c.State != Expired: // nothing there yet: nobody has failed
		if c.State != Given {
			c.State = Asked
		}
	default:
		c.State = Failed
	}
}

func bad(field, key string) error {
	var f fault.Fields
	f.Add(field, key)
	return f.Err()
}
