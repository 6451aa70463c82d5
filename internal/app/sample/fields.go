package sample

import (
	"context"
	"fmt"

	"vigie/internal/app"
	"vigie/internal/customer"
	"vigie/internal/record/field"
	"vigie/internal/trust/permission"
)

// fields gives the sample a custom field of all customers, and two of its main customer, one of which is filled in.
func fields(ctx context.Context, a *app.App, op permission.Actor) error {
	for _, f := range []field.New{
		{RecordType: "customer", Key: "service_tier", LabelEN: "Service tier", LabelFR: "Niveau de service", Kind: field.Choice,
			Choices: []field.Option{{Key: "gold", LabelEN: "Gold", LabelFR: "Or"}, {Key: "silver", LabelEN: "Silver", LabelFR: "Argent"}}},
		{Customer: "meridian", RecordType: "ci", Key: "cost_centre", LabelEN: "Cost centre", LabelFR: "Centre de coûts", Kind: field.Text},
		{Customer: "meridian", RecordType: "ci", Key: "warranty_until", LabelEN: "Warranty until", LabelFR: "Garantie jusqu’au", Kind: field.Date},
	} {
		if _, err := a.Fields.Create(ctx, op, f); err != nil {
			return fmt.Errorf("sample custom field %s: %w", f.Key, err)
		}
	}
	_, err := a.Customers.UpdateCustomer(ctx, op, "meridian", 0, customer.ChangeCustomer{Custom: field.Values{"service_tier": field.V("gold")}})
	return err
}
