package customer

import (
	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
)

type refText = db.Null

// Supplier is whom the customer's services rest on besides us.
type Supplier struct {
	register.Head
	Name         string           `db:"name" json:"name" field:"text required sort filter search"`
	Kind         string           `db:"kind" json:"kind" field:"choice values=cloud|software|network|hardware|staff|other default=software sort filter"`
	Status       string           `db:"status" json:"status" field:"choice values=planned|active|leaving|ended default=active required sort filter"`
	Criticality  string           `db:"criticality" json:"criticality" field:"choice values=critical|high|medium|low sort filter"`
	Service      string           `db:"service" json:"service" field:"text sort filter search help" doc:"What they deliver."`
	Contract     string           `db:"contract" json:"contract" field:"text search extra section=contract" doc:"Reference of the contract."`
	StartsOn     register.Date    `db:"starts_on" json:"starts_on" field:"date sort filter extra section=contract"`
	EndsOn       register.Date    `db:"ends_on" json:"ends_on" field:"date sort filter section=contract"`
	NoticeDays   *int64           `db:"notice_days" json:"notice_days" field:"number max=3650 sort extra section=contract help"`
	SLA          string           `db:"sla" json:"sla" field:"long search extra section=contract help" doc:"What they promise, in words."`
	YearlyCost   register.Money   `db:"yearly_cost" json:"yearly_cost" field:"money extra section=contract help"`
	Certificates register.Choices `db:"certificates" json:"certificates" field:"several values=iso27001|iso20000|iso9001|soc2|hds|pci extra section=contract"`
	Contact      refText          `db:"contact_id" json:"contact" field:"ref to=contact filter section=reach help" doc:"Id of the contact who deals with them."`
	Phone        string           `db:"phone" json:"phone" field:"phone search extra section=reach"`
	Email        string           `db:"email" json:"email" field:"email search extra section=reach"`
	Website      string           `db:"website" json:"website" field:"url extra section=reach"`
	register.Tail
}

var suppliers = register.Declaration[Supplier]{Name: "supplier", Path: "/suppliers", Icon: "truck", Read: permission.SupplierRead, Write: permission.SupplierWrite,
	Status: "status", Tones: map[string]ui.Tone{"active": ui.Good, "planned": ui.Info, "leaving": ui.Soon},
	Check: func(s Supplier, bad *fault.Fields) {
		if s.StartsOn.Valid() && s.EndsOn.Valid() && s.EndsOn < s.StartsOn {
			bad.Add("ends_on", "register.bad.order")
		}
	}}
