package sample

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"vigie/internal/app"
	"vigie/internal/onboard/deliverable"
	"vigie/internal/onboard/launch"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
)

// service drafts the deliverables of the sample's customer, has one signed, and plans the launch, which still lacks a few things.
func service(ctx context.Context, a *app.App, op permission.Actor) error {
	drafted := map[string]string{}
	for _, kind := range deliverable.Names() {
		d, err := a.Deliverables.Create(ctx, op, deliverable.NewDeliverable{Customer: "meridian", Kind: kind})
		if err != nil {
			return fmt.Errorf("sample deliverable %s: %w", kind, err)
		}
		drafted[kind] = d.ID
	}
	w, err := a.Deliverables.Get(ctx, op, drafted[deliverable.IncidentReport], 0)
	if err != nil {
		return err
	}
	report, ok := w.Content.(*deliverable.Report)
	if !ok {
		return fmt.Errorf("sample deliverable: %T", w.Content)
	}
	report.About.Audience = "Claire Vasseur, Karim Haddad, Marc Delorme"
	raw, err := json.Marshal(report)
	if err != nil {
		return err
	}
	note := "Destinataires nommés"
	if _, err := a.Deliverables.Change(ctx, op, w.ID, 0, deliverable.ChangeDeliverable{Data: (*json.RawMessage)(&raw), Note: &note}); err != nil {
		return fmt.Errorf("sample deliverable: %w", err)
	}
	for _, kind := range []string{deliverable.IncidentReport, deliverable.Workflow} {
		if _, err := a.Deliverables.Ask(ctx, op, drafted[kind], 0); err != nil {
			return fmt.Errorf("sample deliverable %s: %w", kind, err)
		}
	}
	if err := sign(ctx, a, "claire@meridian.example", drafted[deliverable.IncidentReport]); err != nil {
		return fmt.Errorf("sample signature: %w", err)
	}
	l, err := a.Launches.Plan(ctx, op, launch.NewLaunch{Customer: "meridian", TargetOn: a.Now().AddDate(0, 0, 21).Format(time.DateOnly), Note: "Après la fin du gel d’avant les fêtes."})
	if err != nil {
		return fmt.Errorf("sample launch: %w", err)
	}
	if _, err := a.Launches.SetTick(ctx, op, l.ID, "handover_held", true, "Passation avec l’équipe d’exploitation"); err != nil {
		return fmt.Errorf("sample launch: %w", err)
	}
	_, err = a.Launches.AskWaiver(ctx, op, launch.NewWaiver{Customer: "meridian", Condition: "test_alert", Owner: "Marc Delorme", ExpiresAt: a.Now().AddDate(0, 2, 0),
		Reason: "La supervision du client change d’outil en janvier ; l’alerte d’essai sera faite avec le nouveau."})
	if err != nil {
		return fmt.Errorf("sample waiver: %w", err)
	}
	return nil
}

// sign signs what a person is asked to sign of a deliverable, as they would: signed in, and shown afresh who they are.
func sign(ctx context.Context, a *app.App, email, id string) error {
	step, err := a.Identity.SignIn(ctx, email, Password, identity.Visit{Address: "127.0.0.1"})
	if err != nil {
		return err
	}
	who, err := a.Identity.OfSession(ctx, step.Secret, "127.0.0.1")
	if err != nil {
		return err
	}
	if err := a.Identity.ProveByPassword(ctx, who, Password, ""); err != nil {
		return err
	}
	w, err := a.Deliverables.Get(ctx, who, id, 0)
	if err != nil {
		return err
	}
	_, err = a.Approvals.Sign(ctx, who, string(w.V.ApprovalID), w.V.SHA256, true)
	return err
}
