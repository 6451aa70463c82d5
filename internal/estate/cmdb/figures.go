package cmdb

import (
	"context"

	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

// Count is how many CIs of one type stand in one place of one customer.
type Count struct {
	CustomerID  string `db:"customer_id" json:"-"`
	Type        string `db:"type" json:"type"`
	Account     string `db:"account" json:"account"`
	Region      string `db:"region" json:"region"`
	Environment string `db:"environment" json:"environment"`
	Status      Status `db:"status" json:"status"`
	CIs         int64  `db:"cis" json:"cis"`
}

// Kind is one of the things that an estate is counted by first.
type Kind struct {
	Name  string   `json:"name"` // i18n: cmdb.kind.NAME
	Types []string `json:"types"`
	CIs   int64    `json:"cis" doc:"Without those that are gone"`
}

// kinds are the nine that an estate is measured by first, in their order.
//
// i18n: cmdb.kind.*
func kinds() []Kind {
	return []Kind{
		{Name: "account", Types: []string{"AWS::Organizations::Account"}},
		{Name: "instance", Types: []string{"AWS::EC2::Instance"}},
		{Name: "database", Types: []string{"AWS::RDS::DBInstance"}},
		{Name: "ecs", Types: []string{"AWS::ECS::Cluster"}},
		{Name: "eks", Types: []string{"AWS::EKS::Cluster"}},
		{Name: "emr", Types: []string{"AWS::EMR::Cluster"}},
		{Name: "serverless", Types: []string{"AWS::Serverless::Application"}},
		{Name: "warehouse", Types: []string{"AWS::Redshift::Cluster"}},
		{Name: "pipeline", Types: []string{"AWS::CodePipeline::Pipeline"}},
	}
}

// Accuracy says how far the CMDB can be trusted. All counts but Gone are of CIs that are not gone.
type Accuracy struct {
	CustomerID      string  `db:"customer_id" json:"-"`
	Customer        string  `db:"customer" json:"customer"`
	Total           int64   `db:"total" json:"total"`
	Discovered      int64   `db:"discovered" json:"discovered"`
	Verified        int64   `db:"verified" json:"verified" doc:"Discovered CIs that their account's last look saw"`
	Stale           int64   `db:"stale" json:"stale" doc:"Their scope could not be read last time"`
	Orphaned        int64   `db:"orphaned" json:"orphaned" doc:"Without any relation"`
	WithoutOwner    int64   `db:"without_owner" json:"without_owner"`
	WithoutWorkload int64   `db:"without_workload" json:"without_workload"`
	Gone            int64   `db:"gone" json:"gone"`
	VerifiedShare   float64 `db:"-" json:"verified_share" doc:"Of the discovered ones, 0 to 1"`
	LastSeen        db.Time `db:"last_seen" json:"last_seen" doc:"When a run last saw anything"`
}

// share is a part of a whole; of nothing, all is well.
func share(part, whole int64) float64 {
	if whole == 0 {
		return 1
	}
	return float64(part) / float64(whole)
}

// Accuracy gives the figures by customer, by slug or id; empty for all that the actor sees. Customers without any CI are left
// out. Codes: not_found, forbidden.
func (s *Service) Accuracy(ctx context.Context, a permission.Actor, customer string) (out []Accuracy, err error) {
	out = []Accuracy{}
	err = s.viewOf(ctx, a, permission.CIRead, customer, func(tx *db.Tx) error {
		all, err := s.figures.read(ctx, tx)
		for _, f := range all {
			if f.accuracy.CustomerID != "" {
				out = append(out, f.accuracy)
			}
		}
		return err
	})
	return out, err
}

// Overview is the estate in numbers.
type Overview struct {
	Customer string  `json:"customer"`
	Kinds    []Kind  `json:"kinds" doc:"The kinds that an estate is measured by, first"`
	Counts   []Count `json:"counts" doc:"By type, account, region, environment and status"`
	Total    int64   `json:"total" doc:"CIs that are not gone"`
	Stale    int64   `json:"stale"`
	Gone     int64   `json:"gone"`
}

// Overview counts the estate of a customer, by slug or id; empty for all that the actor sees. Codes: not_found, forbidden.
func (s *Service) Overview(ctx context.Context, a permission.Actor, customer string) (out Overview, err error) {
	var counts []Count
	err = s.viewOf(ctx, a, permission.CIRead, customer, func(tx *db.Tx) error {
		all, err := s.figures.read(ctx, tx)
		for _, f := range all {
			counts = append(counts, f.counts...)
		}
		return err
	})
	return summarise(customer, counts), err
}

// summarise adds the counts up.
func summarise(customer string, counts []Count) Overview {
	out := Overview{Customer: customer, Kinds: kinds(), Counts: counts}
	if counts == nil {
		out.Counts = []Count{}
	}
	kind := map[string]int{}
	for i, k := range out.Kinds {
		for _, t := range k.Types {
			kind[t] = i
		}
	}
	for _, c := range counts {
		switch c.Status {
		case Gone:
			out.Gone += c.CIs
			continue
		case Stale:
			out.Stale += c.CIs
		}
		out.Total += c.CIs
		if i, ok := kind[c.Type]; ok {
			out.Kinds[i].CIs += c.CIs
		}
	}
	return out
}
