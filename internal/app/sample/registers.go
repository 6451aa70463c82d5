package sample

import (
	"context"
	"fmt"

	"vigie/internal/app"
	"vigie/internal/customer"
	"vigie/internal/platform/db"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
)

// registers fills the registers of the sample's main customer: whom to call, who decides, whom it rests on, and its papers.
func registers(ctx context.Context, a *app.App, op permission.Actor) error {
	const at = "meridian"
	all := a.Customers.Registers
	level := func(n int64) *int64 { return &n }
	people := map[string]string{}
	for _, c := range []customer.Contact{
		{Name: "Sabine Roth", Job: "Service desk lead", Email: "sabine@meridian.example", Phone: "+33 1 70 00 00 11", Language: "fr", Level: level(1), Role: "primary", Duty: "Mon–Fri 7:00–19:00",
			Channels: register.Pairs{{Kind: "phone", Value: "+33 1 70 00 00 11"}, {Kind: "chat", Value: "@sabine"}}},
		{Name: "Théo Lambert", Job: "Operations engineer", Email: "theo@meridian.example", Phone: "+33 6 70 00 00 12", Language: "fr", Level: level(1), Role: "deputy", Duty: "Nights and weekends",
			Channels: register.Pairs{{Kind: "phone", Value: "+33 6 70 00 00 12"}, {Kind: "sms", Value: "+33 6 70 00 00 12"}}},
		{Name: "Aiko Tanaka", Job: "Head of platform", Email: "aiko@meridian.example", Phone: "+81 3 7000 0013", Language: "en", TimeZone: "Asia/Tokyo", Level: level(2), Role: "primary", Duty: "Mon–Fri, Tokyo hours"},
		{Name: "Bruno Castel", Job: "Chief information officer", Email: "bruno@meridian.example", Phone: "+33 1 70 00 00 14", Language: "fr", Level: level(3), Role: "primary"},
	} {
		made, err := all.Contacts.Create(ctx, op, at, register.As(c))
		if err != nil {
			return fmt.Errorf("sample contact %s: %w", c.Name, err)
		}
		people[c.Name] = made.ID
	}
	for _, s := range []customer.Stakeholder{
		{Name: "Bruno Castel", Organisation: "Meridian Freight", Influence: "high", Attitude: "supporter", Interest: "Fewer night calls, and a bill that can be foreseen.", Strategy: "A monthly look at figures, before the board has it."},
		{Name: "Works council", Organisation: "Meridian Freight", Influence: "medium", Attitude: "critic", Interest: "No on-call duty without pay.", Strategy: "Tell early, in writing."},
		{Name: "Port authority", Organisation: "Port of Le Havre", Influence: "high", Attitude: "neutral", Interest: "Customs declarations arrive in time."},
	} {
		if _, err := all.Stakeholders.Create(ctx, op, at, register.As(s)); err != nil {
			return fmt.Errorf("sample stakeholder %s: %w", s.Name, err)
		}
	}
	for _, s := range []customer.Supplier{
		{Name: "Fibre du Nord", Kind: "network", Status: "active", Criticality: "critical", Service: "Two lines to the data centre", Contract: "FDN-2024-118", StartsOn: "2024-01-01", EndsOn: "2026-12-31", NoticeDays: level(90),
			SLA: "Restored within four hours, any day.", YearlyCost: register.Money{Amount: "48000.00", Currency: "EUR"}, Phone: "+33 3 20 00 00 15", Website: "https://fibre.example"},
		{Name: "Customs Gateway SA", Kind: "software", Status: "active", Criticality: "high", Service: "Customs declarations", Contract: "CG-77", EndsOn: "2027-06-30", NoticeDays: level(180), Certificates: register.Choices{"iso27001"}},
		{Name: "Old Labels Ltd", Kind: "hardware", Status: "leaving", Criticality: "low", Service: "Label printers in three warehouses"},
	} {
		if s.Name == "Fibre du Nord" {
			s.Contact = db.Null(people["Théo Lambert"])
		}
		if _, err := all.Suppliers.Create(ctx, op, at, register.As(s)); err != nil {
			return fmt.Errorf("sample supplier %s: %w", s.Name, err)
		}
	}
	return documents(ctx, a, op, at, people)
}
