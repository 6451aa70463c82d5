package finding

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"vigie/internal/platform/db"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// File is what somebody brings.
type File struct {
	Customer string // slug or id
	Name     string
	Data     []byte
	// Complete says that the file holds all that its source has of each account in it: what it lacks is resolved.
	Complete bool
	DryRun   bool // only check and count
}

// Result tells what a file did, or would do.
type Result struct {
	ID       string   `json:"id,omitempty" doc:"Of the import; none of a dry run."`
	DryRun   bool     `json:"dry_run"`
	Format   string   `json:"format" enum:"asff,ocsf,sarif"`
	Source   Source   `json:"source" doc:"Of the first finding."`
	Product  string   `json:"product"`
	Complete bool     `json:"complete"`
	Accounts []string `json:"accounts" nullable:"false" doc:"That the findings are of."`
	Unknown  []string `json:"unknown_accounts" nullable:"false" doc:"Of these, those that are no account of the customer."`
	Counts
}

// place is what a complete import has said everything about.
type place struct {
	Source  Source
	Product string // empty: of any
	Account string
	Region  string // empty: of any
}

// Take reads a file and stores what it says: whole, or not at all while there is a fault in it. Faults: forbidden, invalid, too_large.
func (s *Service) Take(ctx context.Context, a permission.Actor, f File) (out Result, err error) {
	ref, err := s.named(ctx, a, f.Customer)
	if err != nil {
		return out, err
	}
	scope, err := a.For(permission.FindingImport, ref)
	if err != nil {
		return out, err
	}
	report, err := Parse(f.Data)
	if err != nil {
		return out, err
	}
	out = Result{DryRun: f.DryRun, Format: report.Format, Complete: f.Complete, Accounts: []string{}, Unknown: []string{}}
	places := map[place]bool{}
	for _, r := range report.Findings {
		places[place{Source: r.Source, Product: r.Product, Account: r.Account}] = true
		if r.Account != "" && !slices.Contains(out.Accounts, r.Account) {
			out.Accounts = append(out.Accounts, r.Account)
		}
	}
	slices.Sort(out.Accounts)
	if len(report.Findings) > 0 {
		out.Source, out.Product = report.Findings[0].Source, report.Findings[0].Product
	}
	in := batch{found: report.Findings}
	if f.Complete {
		for p := range places {
			in.whole = append(in.whole, p)
		}
	}
	undo := errors.New("only looked at")
	err = s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		if out.Unknown, err = unknown(ctx, tx, out.Accounts); err != nil {
			return err
		}
		imp := Import{ID: id.New(), Source: out.Source, Product: out.Product, File: clip(f.Name, maxShort), Complete: f.Complete, State: Done, RequestedBy: a.Name, CreatedAt: tx.Now(), StartedAt: tx.Now(),
			FinishedAt: tx.Now(), Version: 1}
		imp.Outcomes.V = []Outcome{}
		if imp.File == "" {
			imp.File = report.Format
		}
		if _, err := tx.Insert(ctx, "finding_import", imp, ""); err != nil {
			return err
		}
		if out.Counts, err = s.store(ctx, tx, a, imp.ID, in); err != nil {
			return err
		}
		if f.DryRun {
			return undo
		}
		out.ID = imp.ID
		imp.Counts.V = out.Counts
		if _, err := tx.Exec(ctx, `UPDATE {finding_import} SET counts = ? WHERE id = ?`, imp.Counts, imp.ID); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "create", audit.Record{Type: importKind, ID: imp.ID, Name: imp.File}, nil,
			map[string]any{"source": imp.Source, "product": imp.Product, "complete": imp.Complete, "counts": out.Counts})
	})
	if errors.Is(err, undo) {
		err = nil
	}
	return out, err
}

func unknown(ctx context.Context, tx *db.Tx, accounts []string) ([]string, error) {
	out := []string{}
	known, err := accountsOf(ctx, tx)
	for _, a := range accounts {
		if known[a] == "" {
			out = append(out, a)
		}
	}
	return out, err
}

// accountsOf gives the customer's accounts: number to id.
func accountsOf(ctx context.Context, tx *db.Tx) (map[string]string, error) {
	var rows []struct {
		ID     string `db:"id"`
		Number string `db:"account_id"`
	}
	err := tx.Select(ctx, &rows, `SELECT id, account_id FROM {account}`)
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		out[r.Number] = r.ID
	}
	return out, err
}

// batch is what an import has to say.
type batch struct {
	found []Read
	whole []place
}

const atOnce = 500 // ids in one statement

// store compares what was found with what is there, writes the differences with their trail, and matches anew. It gives the counts.
func (s *Service) store(ctx context.Context, tx *db.Tx, a permission.Actor, imp string, in batch) (n Counts, err error) {
	before, err := stored(ctx, tx, in.found)
	if err != nil {
		return n, err
	}
	rows, acts, same := decide(in.found, before, imp, tx.Now(), &n)
	gone, err := s.gone(ctx, tx, in)
	if err != nil {
		return n, err
	}
	for _, old := range gone {
		now := old
		now.Status, now.ImportID, now.UpdatedAt, now.Version = Resolved, imp, tx.Now(), old.Version+1
		rows, acts = append(rows, now), append(acts, change(old, now))
		n.Resolved++
	}
	for i := range rows {
		if rows[i].ID == "" {
			rows[i].ID = id.New()
		}
		acts[i].ID = rows[i].ID
	}
	if _, err := tx.Insert(ctx, "finding", rows, overwrite); err != nil {
		return n, fmt.Errorf("store findings: %w", err)
	}
	for some := range slices.Chunk(same, atOnce) {
		if _, err := tx.Exec(ctx, `UPDATE {finding} SET last_seen = ?, import_id = ? WHERE id IN (`+db.Marks(len(some))+`)`, append([]any{tx.Now(), imp}, db.Anys(some)...)...); err != nil {
			return n, fmt.Errorf("date findings: %w", err)
		}
	}
	if err := audit.WriteAll(ctx, tx, a, acts); err != nil {
		return n, err
	}
	if err := s.match(ctx, tx, imp); err != nil {
		return n, err
	}
	err = tx.Get(ctx, &n.Unmatched, `SELECT COUNT(*) FROM {finding} f LEFT JOIN {finding_match} m ON m.customer_id = f.customer_id AND m.finding_id = f.id
		WHERE f.import_id = ? AND f.status <> 'resolved' AND m.finding_id IS NULL`, imp)
	return n, err
}

const overwrite = `(customer_id, source, external_id) DO UPDATE SET product = excluded.product, rule = excluded.rule, title = excluded.title, description = excluded.description,
	remedy = excluded.remedy, url = excluded.url, severity = excluded.severity, severity_rank = excluded.severity_rank, status = excluded.status, account = excluded.account, region = excluded.region,
	resource = excluded.resource, resource_type = excluded.resource_type, frameworks = excluded.frameworks, evidence = excluded.evidence, digest = excluded.digest, import_id = excluded.import_id,
	last_seen = excluded.last_seen, version = excluded.version, updated_at = excluded.updated_at`

// stored gives the rows that the findings are already, by source and id.
func stored(ctx context.Context, tx *db.Tx, found []Read) (map[[2]string]Finding, error) {
	bySource := map[Source][]string{}
	for _, r := range found {
		bySource[r.Source] = append(bySource[r.Source], r.ExternalID)
	}
	out := map[[2]string]Finding{}
	for source, ids := range bySource {
		for some := range slices.Chunk(ids, atOnce) {
			var rows []Finding
			if err := tx.Select(ctx, &rows, `SELECT `+db.Columns[Finding]("f.")+` FROM {finding} f WHERE f.source = ? AND f.external_id IN (`+db.Marks(len(some))+`)`,
				append([]any{string(source)}, db.Anys(some)...)...); err != nil {
				return nil, err
			}
			for _, r := range rows {
				out[[2]string{string(r.Source), r.ExternalID}] = r
			}
		}
	}
	return out, nil
}

// decide says what becomes of each finding: rows to write with their trail, and the ids of those that are as they were. Pure.
func decide(found []Read, before map[[2]string]Finding, imp string, now db.Time, n *Counts) (rows []Finding, acts []audit.Act, same []string) {
	for _, r := range found {
		n.Read++
		old, known := before[[2]string{string(r.Source), r.ExternalID}]
		switch {
		case r.Status == silent && !known:
			n.Silent++
			continue
		case r.Status == Resolved && !known:
			n.Passing++
			continue
		case r.Status == silent:
			n.Silent++
			same = append(same, old.ID)
			continue
		}
		digest := r.digest()
		if known && old.Digest == digest && old.Status == r.Status {
			if r.Status == Resolved {
				n.Passing++
			} else {
				n.Unchanged++
			}
			same = append(same, old.ID)
			continue
		}
		row := Finding{Source: r.Source, Product: r.Product, ExternalID: r.ExternalID, Rule: r.Rule, Title: r.Title, Description: r.Description, Remedy: r.Remedy, URL: r.URL, Severity: r.Severity,
			SeverityRank: r.Severity.rank(), Status: r.Status, Account: r.Account, Region: r.Region, Resource: r.Resource, ResourceType: r.ResourceType, Digest: digest, ImportID: imp,
			FirstSeen: now, LastSeen: now, CreatedAt: now, UpdatedAt: now, Version: 1}
		row.Frameworks.V, row.Evidence.V = r.Frameworks, r.Evidence
		if !known {
			n.Added++
			rows = append(rows, row)
			acts = append(acts, audit.Act{Action: "create", Record: audit.Record{Type: kind, Name: row.Title}, After: summary(row)})
			continue
		}
		row.ID, row.FirstSeen, row.CreatedAt, row.Version = old.ID, old.FirstSeen, old.CreatedAt, old.Version+1
		if r.Status == Resolved && old.Status != Resolved {
			n.Resolved++
		} else {
			n.Changed++
		}
		rows, acts = append(rows, row), append(acts, change(old, row))
	}
	return rows, acts, same
}

func summary(f Finding) map[string]any {
	return map[string]any{"status": f.Status, "severity": f.Severity, "source": f.Source, "product": f.Product, "resource": f.Resource, "account": f.Account, "region": f.Region, "title": f.Title}
}

// change is the entry of the trail for a finding that is now another: what differs.
func change(old, now Finding) audit.Act {
	before, after := summary(old), summary(now)
	for k, v := range before {
		if after[k] == v {
			delete(before, k)
			delete(after, k)
		}
	}
	return audit.Act{Action: "update", Record: audit.Record{Type: kind, ID: now.ID, Name: now.Title}, Before: before, After: after}
}

// gone gives the findings that are not resolved and that a complete import no longer has.
func (s *Service) gone(ctx context.Context, tx *db.Tx, in batch) (out []Finding, err error) {
	has := map[[2]string]bool{}
	for _, r := range in.found {
		has[[2]string{string(r.Source), r.ExternalID}] = true
	}
	taken := map[string]bool{}
	for _, p := range in.whole {
		where, args := "f.source = ? AND f.account = ? AND f.status <> 'resolved'", []any{string(p.Source), p.Account}
		if p.Product != "" {
			where, args = where+" AND f.product = ?", append(args, p.Product)
		}
		if p.Region != "" {
			where, args = where+" AND f.region = ?", append(args, p.Region)
		}
		var rows []Finding
		if err := tx.Select(ctx, &rows, `SELECT `+db.Columns[Finding]("f.")+` FROM {finding} f WHERE `+where+` ORDER BY f.id`, args...); err != nil {
			return nil, err
		}
		for _, r := range rows {
			if !has[[2]string{string(r.Source), r.ExternalID}] && !taken[r.ID] {
				taken[r.ID] = true
				out = append(out, r)
			}
		}
	}
	return out, nil
}
