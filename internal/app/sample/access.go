package sample

import (
	"context"
	"fmt"

	"vigie/internal/app"
	"vigie/internal/onboard/access"
	"vigie/internal/onboard/inventory"
	"vigie/internal/platform/db"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
)

// letIn asks for the usual access, of somebody, with some of it tried; the estate is frozen and held against what the customer had declared.
func letIn(ctx context.Context, a *app.App, op permission.Actor, customer string) error {
	const at = "meridian"
	made, err := a.Access.Propose(ctx, op, customer, "fr")
	if err != nil {
		return fmt.Errorf("sample access: %w", err)
	}
	contacts, err := a.Customers.Registers.Contacts.List(ctx, op, a.Customers.Registers.Contacts.Spec().All().Where("r.email = ?", "theo@meridian.example"))
	if err != nil {
		return fmt.Errorf("sample access: %w", err)
	}
	for _, c := range made {
		switch {
		case c.Area == "infrastructure" && len(contacts.Items) > 0:
			_, err = a.Access.Checks.Update(ctx, op, c.ID, 0, register.Set(func(r *access.Check) { r.Giver = db.Null(contacts.Items[0].ID) }))
		case c.Template == "monitoring":
			_, err = a.Access.Prove(ctx, op, c.ID, 0, true, "Connexion au tableau de bord « parcel-tracking », une alerte mise en silence puis rétablie.")
		case c.Template == "cicd":
			_, err = a.Access.Prove(ctx, op, c.ID, 0, false, "Lecture des dépôts possible, mais le lancement d’une chaîne est refusé (403).")
		case c.Template == "logs":
			_, err = a.Access.Give(ctx, op, c.ID, 0)
		}
		if err != nil {
			return fmt.Errorf("sample access %s: %w", c.Name, err)
		}
	}
	if _, err := a.Access.Look(ctx, op, customer); err != nil {
		return fmt.Errorf("sample access: %w", err)
	}
	number := func(n int64) *int64 { return &n }
	lines, err := a.Inventory.Review(ctx, op, customer)
	if err != nil {
		return fmt.Errorf("sample inventory: %w", err)
	}
	for _, l := range lines {
		n := l.Discovered
		switch l.Kind {
		case "ec2_instances":
			n += 3
		case "eks_clusters":
			n++
		case "cicd_pipelines":
			continue
		}
		if _, err := a.Inventory.Declared.Create(ctx, op, at, register.As(inventory.Declared{Kind: l.Kind, Number: number(n), Source: "hand"})); err != nil {
			return fmt.Errorf("sample declared %s: %w", l.Kind, err)
		}
	}
	if _, err := a.Inventory.Targets.Create(ctx, op, at, register.As(inventory.Target{Name: "Cluster de préproduction", Kind: "eks_clusters", Number: number(1), Note: "Décidé au comité d’octobre."})); err != nil {
		return fmt.Errorf("sample target: %w", err)
	}
	if _, err := a.Inventory.Freeze(ctx, op, inventory.NewBaseline{Customer: at, Name: "Évaluation complète", Note: "L’état du parc sur lequel porte l’accord."}); err != nil {
		return fmt.Errorf("sample baseline: %w", err)
	}
	return nil
}
