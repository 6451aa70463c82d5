package gap

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"vigie/internal/estate/collect"
	"vigie/internal/onboard/control"
	"vigie/internal/platform/db"
)

// ciRow is a CI as evaluation reads it.
type ciRow struct {
	ID          string  `db:"id"`
	Type        string  `db:"type"`
	Name        string  `db:"name"`
	ExternalID  string  `db:"external_id"`
	ARN         string  `db:"arn"`
	Account     string  `db:"account"`
	Region      string  `db:"region"`
	Status      string  `db:"status"`
	Environment string  `db:"environment"`
	Criticality string  `db:"criticality"`
	Owner       string  `db:"owner"`
	WorkloadID  db.Null `db:"workload_id"`
	Source      string  `db:"source"`
	Tags        raw     `db:"tags"`
	Attributes  raw     `db:"attributes"`
}

// raw is JSON that is decoded later, by whoever has time.
type raw []byte

// Scan implements sql.Scanner.
func (r *raw) Scan(v any) error {
	switch x := v.(type) {
	case []byte:
		*r = slices.Clone(x)
	case string:
		*r = []byte(x)
	case nil:
		*r = nil
	default:
		return fmt.Errorf("JSON from %T", v)
	}
	return nil
}

const ciColumns = `c.id, c.type, c.name, c.external_id, c.arn, c.account, c.region, c.status, c.environment, c.criticality, c.owner, c.workload_id, c.source, c.tags, c.attributes`

// snapshot is a customer's estate beside the CI that is judged: what all evaluations of a run share. It is not changed once it is read.
type snapshot struct {
	customer     customerRow
	workloads    map[string]*workloadRow
	accounts     []accountRow
	requirements Requirements
	looked       map[string]*control.CI   // CIs of types that expressions ask for
	ofType       map[string][]*control.CI // the same by type, in order
	edges        map[string][]edge        // by CI
	unseen       map[[2]string]string     // (account, type) -> why not all are known
	asked        map[[2]string]bool       // (account, type) that discovery asked for
	places       map[[3]string]string     // (account, region, type) -> outcome, of those not complete
}

type customerRow struct {
	ID      string `db:"id"`
	Slug    string `db:"slug"`
	Name    string `db:"name"`
	Phase   string `db:"phase"`
	Country string `db:"country"`
}

type workloadRow struct {
	ID          string `db:"id"`
	Name        string `db:"name"`
	Description string `db:"description"`
	Environment string `db:"environment"`
	Criticality string `db:"criticality"`
	Owner       string `db:"owner"`
	Contacts    int64  `db:"contacts"`
	CIs         int64  `db:"cis"`
}

type accountRow struct {
	ID           string `db:"id"`
	AccountID    string `db:"account_id"`
	Name         string `db:"name"`
	Status       string `db:"status"`
	Organization bool   `db:"organization"`
}

type edge struct {
	relation string
	typ      string
	other    string // id; empty while it is not known
}

// read takes the snapshot, of one transaction.
func (s *Service) read(ctx context.Context, tx *db.Tx, customer string) (*snapshot, error) {
	n := &snapshot{workloads: map[string]*workloadRow{}, looked: map[string]*control.CI{}, ofType: map[string][]*control.CI{}, edges: map[string][]edge{},
		unseen: map[[2]string]string{}, asked: map[[2]string]bool{}, places: map[[3]string]string{}}
	if err := tx.Get(ctx, &n.customer, `SELECT id, slug, name, phase, country FROM {customer} WHERE id = ?`, customer); err != nil {
		return nil, err
	}
	var workloads []workloadRow
	if err := tx.Select(ctx, &workloads, `SELECT w.id, w.name, w.description, w.environment, w.criticality, w.owner,
			(SELECT count(*) FROM {workload_contact} x WHERE x.workload_id = w.id) AS contacts,
			(SELECT count(*) FROM {ci} c WHERE c.workload_id = w.id AND c.status <> 'gone') AS cis
		FROM {workload} w ORDER BY w.id`); err != nil {
		return nil, err
	}
	for i := range workloads {
		n.workloads[workloads[i].ID] = &workloads[i]
	}
	if err := tx.Select(ctx, &n.accounts, `SELECT id, account_id, name, status, organization FROM {account} ORDER BY id`); err != nil {
		return nil, err
	}
	var err error
	if n.requirements, err = s.requirements(ctx, tx); err != nil {
		return nil, fmt.Errorf("requirements: %w", err)
	}
	if err := n.readCoverage(ctx, tx); err != nil {
		return nil, err
	}
	looks := s.catalogue.Looks()
	if len(looks) == 0 {
		return n, nil
	}
	for last := ""; ; {
		page, err := pageOfCIs(ctx, tx, looks, last, 5000)
		if err != nil || len(page) == 0 {
			if err != nil {
				return nil, err
			}
			break
		}
		for i := range page {
			ci, err := n.ci(&page[i])
			if err != nil {
				return nil, err
			}
			n.looked[ci.ID] = ci
			n.ofType[ci.Type] = append(n.ofType[ci.Type], ci)
		}
		last = page[len(page)-1].ID
	}
	return n, n.readRelations(ctx, tx, looks)
}

// pageOfCIs gives CIs of the types that are not gone, in the order of their ids.
func pageOfCIs(ctx context.Context, tx *db.Tx, types []string, after string, limit int) (rows []ciRow, err error) {
	where, args := "c.status <> 'gone' AND c.type IN ("+db.Marks(len(types))+")", db.Anys(types)
	if after != "" {
		where, args = where+" AND c.id > ?", append(args, after)
	}
	err = tx.Select(ctx, &rows, `SELECT `+ciColumns+` FROM {ci} c WHERE `+where+` ORDER BY c.id LIMIT ?`, append(args, limit)...)
	return rows, err
}

// ci makes of a row what expressions see.
func (n *snapshot) ci(r *ciRow) (*control.CI, error) {
	ci := &control.CI{ID: r.ID, Type: r.Type, Name: r.Name, ExternalID: r.ExternalID, ARN: r.ARN, Account: r.Account, Region: r.Region, Environment: r.Environment,
		Criticality: r.Criticality, Owner: r.Owner, Status: r.Status}
	if err := json.Unmarshal(r.Tags, &ci.Tags); err != nil {
		return nil, fmt.Errorf("tags of CI %s: %w", r.ID, err)
	}
	if err := json.Unmarshal(r.Attributes, &ci.Attributes); err != nil {
		return nil, fmt.Errorf("attributes of CI %s: %w", r.ID, err)
	}
	if w := n.workloads[string(r.WorkloadID)]; w != nil {
		ci.Workload = w.Name
		if ci.Environment == "" {
			ci.Environment = w.Environment
		}
		if ci.Criticality == "" {
			ci.Criticality = w.Criticality
		}
	}
	switch {
	case r.Source != "discovered": // what a person left out may be there
		ci.Partial = true
	case n.places[[3]string{r.Account, r.Region, r.Type}] != "" || n.places[[3]string{r.Account, collect.GlobalRegion, r.Type}] != "":
		// A scope that did not end complete may have lacked a detail of this CI: what stands there may be of an earlier look.
		ci.Partial = true
		for k := range ci.Attributes {
			ci.Carried = append(ci.Carried, k)
		}
	}
	return ci, nil
}

// nothing are the outcomes of scopes in which there is nothing to see.
func nothing(outcome collect.Outcome, message string) bool {
	return outcome == collect.RegionOff || outcome == collect.Skipped && message == collect.NotOffered
}

func (n *snapshot) readCoverage(ctx context.Context, tx *db.Tx) error {
	var rows []struct {
		Account string          `db:"account_id"`
		Region  string          `db:"region"`
		Type    string          `db:"type"`
		Outcome collect.Outcome `db:"outcome"`
		Action  string          `db:"action"`
		Message string          `db:"message"`
	}
	if err := tx.Select(ctx, &rows, `SELECT account_id, region, type, outcome, action, message FROM {coverage} ORDER BY account_id, type, region`); err != nil {
		return err
	}
	for _, r := range rows {
		at := [2]string{r.Account, r.Type}
		n.asked[at] = true
		if r.Outcome == collect.Complete || nothing(r.Outcome, r.Message) {
			continue
		}
		n.places[[3]string{r.Account, r.Region, r.Type}] = string(r.Outcome)
		if n.unseen[at] == "" {
			n.unseen[at] = strings.TrimSpace(string(r.Outcome) + " " + r.Region + " " + r.Action)
		}
	}
	return nil
}

func (n *snapshot) readRelations(ctx context.Context, tx *db.Tx, looks []string) error {
	type row struct {
		ID       string  `db:"id"`
		Type     string  `db:"type"`
		From     db.Null `db:"from_id"`
		To       db.Null `db:"to_id"`
		Other    string  `db:"other_type"`
		Resolved bool    `db:"resolved"`
	}
	for last := ""; ; {
		var page []row
		where, args := "1 = 1", []any{}
		if last != "" {
			where, args = "r.id > ?", []any{last}
		}
		if err := tx.Select(ctx, &page, `SELECT r.id, r.type, r.from_id, r.to_id, r.other_type, r.resolved FROM {relation} r WHERE `+where+` ORDER BY r.id LIMIT 10000`, args...); err != nil {
			return err
		}
		for _, r := range page {
			from, to := string(r.From), string(r.To)
			if !r.Resolved {
				if own := from + to; own != "" && slices.Contains(looks, r.Other) {
					n.edges[own] = append(n.edges[own], edge{relation: r.Type, typ: r.Other})
				}
				continue
			}
			if ci := n.looked[to]; ci != nil && from != "" {
				n.edges[from] = append(n.edges[from], edge{r.Type, ci.Type, to})
			}
			if ci := n.looked[from]; ci != nil && to != "" {
				n.edges[to] = append(n.edges[to], edge{r.Type, ci.Type, from})
			}
		}
		if len(page) == 0 {
			break
		}
		last = page[len(page)-1].ID
	}
	for _, list := range n.edges {
		slices.SortFunc(list, func(a, b edge) int { return strings.Compare(a.other+a.relation, b.other+b.relation) })
	}
	return nil
}

// Related implements control.Estate. Each CI stands once, however many relations lead to it.
func (n *snapshot) Related(ci *control.CI, relation, typ string) (list []*control.CI, unresolved int) {
	last := ""
	for _, e := range n.edges[ci.ID] {
		if e.typ != typ || relation != "" && e.relation != relation {
			continue
		}
		switch {
		case e.other == "":
			unresolved++
		case e.other != last:
			last = e.other
			list = append(list, n.looked[e.other])
		}
	}
	return list, unresolved
}

// Members implements control.Estate.
func (n *snapshot) Members(s *control.Subject, typ string) []*control.CI {
	all := n.ofType[typ]
	keep := func(*control.CI) bool { return true }
	switch s.Kind {
	case control.OfAccount:
		keep = func(c *control.CI) bool { return c.Account == s.ID }
	case control.OfCI:
		keep = func(c *control.CI) bool { return c.Account == s.CI.Account }
	case control.OfWorkload:
		keep = func(c *control.CI) bool { return c.Workload == s.Name }
	case control.OfCustomer:
		return all
	}
	var out []*control.CI
	for _, c := range all {
		if keep(c) {
			out = append(out, c)
		}
	}
	return out
}

// Unseen implements control.Estate: a type counts as known only where discovery asked for it everywhere and was answered.
func (n *snapshot) Unseen(_ *control.Subject, account, typ string) string {
	if account != "" {
		if !n.asked[[2]string{account, typ}] {
			return "never_read"
		}
		return n.unseen[[2]string{account, typ}]
	}
	if len(n.accounts) == 0 {
		return "never_read"
	}
	for _, a := range n.accounts {
		if why := n.Unseen(nil, a.AccountID, typ); why != "" {
			return why
		}
	}
	return ""
}
