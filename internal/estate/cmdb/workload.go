package cmdb

import (
	"vigie/internal/platform/db"
	"vigie/internal/record/field"
)

// workloadRow is a row of workload.
type workloadRow struct {
	CustomerID  string        `db:"customer_id"`
	ID          string        `db:"id"`
	Name        string        `db:"name"`
	Description string        `db:"description"`
	Environment string        `db:"environment"`
	Criticality string        `db:"criticality"`
	Owner       string        `db:"owner"`
	Rule        db.JSON[Rule] `db:"rule"`
	Version     int64         `db:"version"`
	CreatedAt   db.Time       `db:"created_at"`
	UpdatedAt   db.Time       `db:"updated_at"`
}

// Workload is what a business knows as one thing (a shop, a data platform) and the CIs that make it run.
type Workload struct {
	workloadRow
	Customer string       `db:"customer"`
	CIs      int64        `db:"cis"` // how many CIs that are not gone belong to it
	Custom   field.Values `db:"-"`
}

// Contact is a person to tell when a workload suffers.
type Contact struct {
	WorkloadID string `db:"workload_id" json:"-"`
	ID         string `db:"id" json:"id"`
	Name       string `db:"name" json:"name"`
	Email      string `db:"email" json:"email"`
	Phone      string `db:"phone" json:"phone"`
	Job        string `db:"job" json:"job"`
}
