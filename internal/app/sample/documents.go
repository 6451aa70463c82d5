package sample

import (
	"context"
	"fmt"
	"strings"
	"time"

	"vigie/internal/app"
	"vigie/internal/estate/cmdb"
	"vigie/internal/onboard/document"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
)

// documents fills the papers of the sample's main customer: those that it keeps, and those that its assessment asks for.
func documents(ctx context.Context, a *app.App, op permission.Actor, at string, people map[string]string) error {
	day := func(days int) string { return a.Now().AddDate(0, 0, days).Format(time.DateOnly) }
	for _, d := range []document.Document{
		{Title: "Service agreement", Type: "contract", Status: "current", Edition: "3.0", ReviewOn: register.Date(day(120)), Summary: "What is promised, and how it is measured."},
		{Title: "Recovery of parcel tracking", Type: "runbook", Status: "current", Edition: "1.4", ReviewOn: register.Date(day(-6)), Summary: "Step by step, for the one who is woken."},
		{Title: "Access policy", Type: "policy", Status: "draft", Edition: "0.9", ReviewOn: register.Date(day(3))},
	} {
		d.State = string(document.Listed)
		if _, err := a.Documents.List.Create(ctx, op, at, register.As(d)); err != nil {
			return fmt.Errorf("sample document %s: %w", d.Title, err)
		}
	}
	found, err := a.CMDB.Workloads(ctx, op, cmdb.WorkloadSpec.All())
	if err != nil {
		return err
	}
	named := map[string]string{}
	for _, w := range found.Items {
		named[w.Name] = w.ID
	}
	for _, ask := range []struct {
		workload, contact string
		due               int
		kinds             []string
	}{
		{"Parcel tracking", "Théo Lambert", 4, []string{"architecture", "diagrams", "stack", "network", "flows", "raci", "runbook-operations", "runbook-deployment", "runbook-changes", "runbook-incidents", "runbook-requests"}},
		{"Customs declarations", "Aiko Tanaka", -3, []string{"architecture", "network", "flows", "runbook-incidents"}},
	} {
		asked, err := a.Documents.Ask(ctx, op, document.NewRequest{Workload: named[ask.workload], OwedBy: people[ask.contact], DueOn: day(ask.due), Kinds: ask.kinds})
		if err != nil {
			return fmt.Errorf("sample documents of %s: %w", ask.workload, err)
		}
		for _, d := range asked {
			if err := handedIn(ctx, a, op, d); err != nil {
				return fmt.Errorf("sample document %s: %w", d.Title, err)
			}
		}
	}
	return nil
}

// handedIn hands in what the sample's customer has written, and says what came of reading it.
func handedIn(ctx context.Context, a *app.App, op permission.Actor, d document.Document) error {
	papers := map[string]struct {
		text   string
		review document.NewReview
	}{
		"architecture": {"Parcels are scanned in the depots; each scan is a message on the queue, which three services read. The position of a parcel is a row of the database, and the page reads it from a cache.",
			document.NewReview{Verdict: "accepted", Quality: document.Good}},
		"network":            {"10.20.0.0/16, three zones, private subnets; one line to each depot.", document.NewReview{Verdict: "accepted", Quality: document.Usable, Remarks: "The lines to the depots lack the name of their supplier."}},
		"runbook-operations": {"Restart: see Bruno.", document.NewReview{Verdict: "refused", Quality: document.Poor, Remarks: "A runbook must stand without the one who wrote it: each step, and how one sees that it worked."}},
		"flows":              {"depot -> queue 443/tcp TLS; queue -> services 5671/tcp; services -> database 5432/tcp TLS", document.NewReview{Verdict: "reviewed", Quality: document.Usable}},
		"diagrams":           {"[depot] -> [queue] -> [services] -> [database]", document.NewReview{}},
	}
	paper, ok := papers[d.Kind]
	if !ok || !strings.HasSuffix(d.Title, "Parcel tracking") {
		return nil
	}
	_, err := a.Documents.HandIn(ctx, op, d.ID, document.NewVersion{Name: d.Kind + ".md", Content: strings.NewReader("# " + d.Title + "\n\n" + paper.text + "\n"), Edition: "1.0"})
	if err != nil || paper.review.Verdict == "" {
		return err
	}
	_, err = a.Documents.Review(ctx, op, d.ID, paper.review)
	return err
}
