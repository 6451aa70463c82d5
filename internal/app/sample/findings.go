package sample

import (
	"context"
	_ "embed"
	"fmt"

	"vigie/internal/app"
	"vigie/internal/onboard/finding"
	"vigie/internal/trust/permission"
)

//go:embed securityhub.json
var securityHub []byte

// findings takes in what Security Hub has found: some of it our controls say as well, some only those see who look at packets and packages.
func findings(ctx context.Context, a *app.App, op permission.Actor) error {
	if _, err := a.Findings.Take(ctx, op, finding.File{Customer: "meridian", Name: "meridian-security-hub.json", Data: securityHub}); err != nil {
		return fmt.Errorf("sample findings: %w", err)
	}
	return nil
}
