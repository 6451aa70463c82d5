package customer

import (
	"vigie/internal/kit/list"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/fault"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
)

// Contact is a person at a customer. They need no sign-in; somebody who has one is a user, of package identity.
type Contact struct {
	register.Head
	Name     string         `db:"name" json:"name" field:"text required sort filter search"`
	Email    string         `db:"email" json:"email" field:"email sort filter search section=reach"`
	Phone    string         `db:"phone" json:"phone" field:"phone search section=reach"`
	Job      string         `db:"job" json:"job" field:"text sort filter search"`
	Language string         `db:"language" json:"language" field:"language filter extra" doc:"In which we write to them; empty for the customer's."`
	TimeZone string         `db:"time_zone" json:"time_zone" field:"zone extra help" doc:"IANA name; empty for the customer's."`
	Channels register.Pairs `db:"channels" json:"channels" field:"pairs values=phone|sms|email|chat|pager|other extra section=reach help" doc:"Ways to reach them, the preferred one first."`
	Level    *int64         `db:"escalation_level" json:"escalation_level" field:"number max=9 sort filter section=escalation help" doc:"1 is asked first; null where they take no part in the escalation."`
	Role     string         `db:"escalation_role" json:"escalation_role" field:"choice values=primary|deputy filter extra section=escalation" doc:"At their level."`
	Duty     string         `db:"duty_hours" json:"duty_hours" field:"text extra section=escalation help" doc:"When they can be reached, as people say it."`
	register.Tail
}

var contacts = register.Declaration[Contact]{Name: "contact", Path: "/contacts", Icon: "user", Read: permission.ContactRead, Write: permission.ContactWrite,
	Check: func(c Contact, bad *fault.Fields) {
		if c.Role != "" && c.Level == nil {
			bad.Add("escalation_level", "register.bad.level")
		}
	}}

// NewContact is the input of CreateContact.
type NewContact struct {
	Customer, Name, Email, Phone, Job string
}

// ContactSpec is how contacts are listed.
var ContactSpec list.Spec = register.Define(contacts, register.Parts{}).Spec()

// Stakeholder is somebody whose view of the service matters, at the customer or around it. Only the provider's people see them.
type Stakeholder struct {
	register.Head
	Name         string  `db:"name" json:"name" field:"text required sort filter search"`
	Organisation string  `db:"organisation" json:"organisation" field:"text sort filter search"`
	Contact      refText `db:"contact_id" json:"contact" field:"ref to=contact filter" doc:"Id of the contact who it is, if they are one."`
	Person       refText `db:"person_id" json:"person" field:"ref to=person filter extra" doc:"Id of the user who it is, if they are one."`
	Influence    string  `db:"influence" json:"influence" field:"choice values=high|medium|low sort filter section=stance"`
	Attitude     string  `db:"attitude" json:"attitude" field:"choice values=champion|supporter|neutral|critic|opponent sort filter section=stance"`
	Interest     string  `db:"interest" json:"interest" field:"long search extra section=stance help"`
	Strategy     string  `db:"strategy" json:"strategy" field:"long search extra section=stance help"`
	Owner        refText `db:"owner_id" json:"owner" field:"ref to=person filter section=stance" doc:"Id of the user who keeps the relation."`
	register.Tail
}

var stakeholders = register.Declaration[Stakeholder]{Name: "stakeholder", Path: "/stakeholders", Icon: "users", Read: permission.StakeholderRead, Write: permission.StakeholderWrite,
	Status: "attitude", Tones: map[string]ui.Tone{"champion": ui.Good, "supporter": ui.Info, "critic": ui.Soon, "opponent": ui.Bad}}
