package app

import (
	"context"

	"vigie/internal/estate/cmdb"
	"vigie/internal/estate/collect"
	collectaws "vigie/internal/estate/collect/aws"
	"vigie/internal/estate/discovery"
	"vigie/internal/platform/db"
)

// Cloud is AWS as discovery needs it; profile may be empty.
func Cloud(profile string) discovery.Cloud {
	return cloud{collectaws.Cloud{Profile: profile}}
}

// Collectors is the registry of everything that Vigie reads.
func Collectors() []collect.Collector { return collectaws.Registry() }

type cloud struct{ aws collectaws.Cloud }

// Open implements discovery.Cloud.
func (c cloud) Open(ctx context.Context, l discovery.Login) (collect.Account, error) {
	return c.aws.Enter(ctx, l.AccountID, l.RoleARN, l.ExternalID, l.AcceptOpenRole, l.Regions)
}

// Members implements discovery.Cloud.
func (c cloud) Members(ctx context.Context, a collect.Account) ([]discovery.Member, error) {
	rows, err := c.aws.Organization(ctx, a)
	out := make([]discovery.Member, len(rows))
	for i, r := range rows {
		out[i] = discovery.Member{AccountID: r[0], Name: r[1]}
	}
	return out, err
}

// estateIntake is the CMDB as discovery needs it.
type estateIntake struct{ cmdb cmdb.Intake }

// Upsert implements discovery.Intake.
func (i estateIntake) Upsert(ctx context.Context, tx *db.Tx, run, account string, items []collect.Item) (discovery.Tally, error) {
	n, err := i.cmdb.Upsert(ctx, tx, run, account, items)
	return discovery.Tally(n), err
}

// Close implements discovery.Intake.
func (i estateIntake) Close(ctx context.Context, tx *db.Tx, run, account, region string, types []string, complete bool) (gone, stale int, err error) {
	return i.cmdb.Close(ctx, tx, run, account, region, types, complete)
}

// Settle implements discovery.Intake.
func (i estateIntake) Settle(ctx context.Context, tx *db.Tx) error { return i.cmdb.Settle(ctx, tx) }
