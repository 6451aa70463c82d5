package sample

import (
	"context"
	"fmt"

	"vigie/internal/app"
	"vigie/internal/onboard/estimate"
	"vigie/internal/trust/permission"
)

// estimates are what was told to the two customers who are not live yet: one that is issued, and one that rests on little.
func estimates(ctx context.Context, a *app.App, op permission.Actor) error {
	made, err := a.Estimates.Create(ctx, op, estimate.NewEstimate{Customer: "nordlys", Answers: estimate.Answers{
		"service_tier": "12x5", "aws_accounts": 5.0, "ec2_instances": 42.0, "rds_databases": 7.0, "ecs_clusters": 2.0, "emr_clusters": 0.0, "eks_clusters": 1.0,
		"serverless_applications": 12.0, "redshift_clusters": 1.0, "users_internal": 340.0, "requests_month": 45.0, "incidents_month": 18.0,
		"rto": "PT4H", "compliance": []any{"iso27001", "nis2"}, "criticality": "high", "languages": []any{"en"},
	}})
	if err != nil {
		return fmt.Errorf("sample estimate of nordlys: %w", err)
	}
	_, err = a.Estimates.Compute(ctx, op, made.ID, 0, estimate.NewVersion{Note: "Pipelines counted; around the clock", Answers: estimate.Answers{"cicd_pipelines": 14.0, "changes_month": 22.0, "rpo": "PT1H", "service_tier": "24x7",
		"workloads": []any{
			map[string]any{"name": "Grid control", "criticality": "critical", "environments": []any{"production", "staging", "test"}},
			map[string]any{"name": "Metering", "criticality": "high", "environments": []any{"production", "test"}},
			map[string]any{"name": "Customer app", "criticality": "high", "environments": []any{"production", "staging", "test"}},
			map[string]any{"name": "Forecast", "criticality": "medium", "environments": []any{"production", "development"}},
		}}})
	if err == nil {
		_, err = a.Estimates.Issue(ctx, op, made.ID, 0)
	}
	if err == nil {
		_, err = a.Estimates.Create(ctx, op, estimate.NewEstimate{Customer: "atelier-lumen", Answers: estimate.Answers{"aws_accounts": 2.0, "ec2_instances": 9.0, "service_tier": "8x5"}})
	}
	if err != nil {
		return fmt.Errorf("sample estimates: %w", err)
	}
	return nil
}
