package sample

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"

	"vigie/internal/app"
	"vigie/internal/customer"
	"vigie/internal/estate/cmdb"
	"vigie/internal/estate/discovery"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
)

//go:embed meridian.vigie
var meridian []byte

// Password is everybody's in the sample, which only ever listens on the loopback address.
const Password = "demo-harbour-lantern"

// Person is one printed sign-in.
type Person struct{ Email, Name, Role string }

// People are the sample's staff and customer.
func People() []Person {
	return []Person{
		{"ada@vigie.example", "Ada Lindqvist", "admin"},
		{"marc@vigie.example", "Marc Delorme", "manager"},
		{"ines@vigie.example", "Inès Carpentier", "engineer"},
		{"tom@vigie.example", "Tom Okafor", "agent"},
		{"sofia@vigie.example", "Sofia Brandt", "sales"},
		{"paul@vigie.example", "Paul Renard", "auditor"},
		{"claire@meridian.example", "Claire Vasseur", "approver"},
		{"hugo@meridian.example", "Hugo Petit", "requester"},
		{"lena@meridian.example", "Lena Fischer", "viewer"},
	}
}

// Fill writes the sample through the services, as people would. watch is told how the replay goes.
func Fill(ctx context.Context, a *app.App, watch discovery.Progress) error {
	op := a.Operator("vigie demo")
	slugs := []customer.NewCustomer{
		{Slug: "meridian", Name: "Meridian Freight", Country: "FR", Language: "fr", TimeZone: "Europe/Paris", Phase: "remediation"},
		{Slug: "nordlys", Name: "Nordlys Energi", Country: "DK", Language: "en", TimeZone: "Europe/Copenhagen", Phase: "assessment"},
		{Slug: "atelier-lumen", Name: "Atelier Lumen", Country: "CA", Language: "fr", TimeZone: "America/Montreal", Phase: "prospect"},
	}
	for _, c := range slugs {
		if _, err := a.Customers.CreateCustomer(ctx, op, c); err != nil {
			return fmt.Errorf("sample customer %s: %w", c.Slug, err)
		}
	}
	for _, p := range People() {
		u := identity.NewUser{Email: p.Email, Name: p.Name, Role: permission.Role(p.Role), Password: Password, TimeZone: "Europe/Paris"}
		if u.Role.Customer() {
			u.Customer, u.Language = "meridian", "fr"
		}
		if _, err := a.Identity.CreateUser(ctx, op, u); err != nil {
			return fmt.Errorf("sample person %s: %w", p.Email, err)
		}
	}
	id, err := a.CustomerID(ctx, op, "meridian")
	if err != nil {
		return err
	}
	if err := workloads(ctx, a, op); err != nil {
		return err
	}
	if err := letters(ctx, a, op); err != nil {
		return err
	}
	if err := webhooks(ctx, a, op); err != nil {
		return err
	}
	if err := fields(ctx, a, op); err != nil {
		return err
	}
	if err := assessments(ctx, a, op); err != nil {
		return err
	}
	if err := registers(ctx, a, op); err != nil {
		return err
	}
	if err := requirements(ctx, a, op, id); err != nil {
		return err
	}
	if err := estimates(ctx, a, op); err != nil {
		return err
	}
	if err := plans(ctx, a, op); err != nil {
		return err
	}
	if _, err = a.Discovery.ReplayRun(ctx, op, id, bytes.NewReader(meridian), "", watch); err != nil {
		return err
	}
	if err := letIn(ctx, a, op, id); err != nil {
		return err
	}
	if err := measures(ctx, a, op, id); err != nil {
		return err
	}
	if err := findings(ctx, a, op); err != nil {
		return err
	}
	return service(ctx, a, op) // last: the manual of alerts is made of the alarms that were found
}

// workloads gathers the estate by the application tag, with the people who answer for each part.
func workloads(ctx context.Context, a *app.App, op permission.Actor) error {
	for _, w := range []struct{ name, application, criticality, owner, contact, email string }{
		{"Parcel tracking", "parcel-tracking", "critical", "Parcel platform", "Karim Haddad", "karim@meridian.example"},
		{"Customs declarations", "customs", "high", "Customs", "Elise Moreau", "elise@meridian.example"},
		{"Warehouse management", "warehouse-management", "high", "Warehouse systems", "Jonas Weber", "jonas@meridian.example"},
		{"Customer portal", "customer-portal", "high", "Digital", "Claire Vasseur", "claire@meridian.example"},
		{"Freight billing", "freight-billing", "high", "Finance systems", "Olivier Lemaire", "olivier@meridian.example"},
		{"Data platform", "data-platform", "medium", "Data", "Nadia Kowalska", "nadia@meridian.example"},
	} {
		c, err := a.Customers.CreateContact(ctx, op, customer.NewContact{Customer: "meridian", Name: w.contact, Email: w.email, Job: w.owner})
		if err != nil {
			return fmt.Errorf("sample contact %s: %w", w.contact, err)
		}
		in := cmdb.NewWorkload{Customer: "meridian", Name: w.name, Criticality: w.criticality, Environment: "production", Owner: w.owner, Contacts: []string{c.ID},
			Rule: cmdb.Rule{Any: []cmdb.Group{{All: []cmdb.Condition{{Field: "tag", Key: "Application", Values: []string{w.application}}}}}}}
		if _, _, err := a.CMDB.CreateWorkload(ctx, op, in); err != nil {
			return fmt.Errorf("sample workload %s: %w", w.name, err)
		}
	}
	return nil
}
