package aws

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"vigie/internal/estate/collect"
)

// report is the account's credential report: by ARN of the user, the line by the heading of each column.
type report struct {
	made  time.Time
	lines map[string]map[string]string
}

// Making a report takes AWS seconds; it then keeps it for four hours. More than this many looks and the account has trouble.
const (
	reportLooks = 20
	reportPause = time.Second
)

// credentialReport has the report made and reads it. Without one the users are still listed, and the scope is not complete.
func credentialReport(ctx context.Context, s *collect.Session, api *iam.Client) report {
	for range reportLooks {
		state, ok := collect.Try(ctx, s, api.GenerateCredentialReport, &iam.GenerateCredentialReportInput{})
		if !ok {
			return report{}
		}
		if state.State == types.ReportStateTypeComplete {
			break
		}
		select {
		case <-ctx.Done():
			return report{}
		case <-time.After(reportPause):
		}
	}
	out, ok := collect.Try(ctx, s, api.GetCredentialReport, &iam.GetCredentialReportInput{})
	if !ok {
		return report{}
	}
	r, err := readReport(out.Content, of(out.GeneratedTime))
	if err != nil {
		s.Note(err)
	}
	return r
}

func readReport(content []byte, made time.Time) (report, error) {
	r := report{made: made, lines: map[string]map[string]string{}}
	in := csv.NewReader(bytes.NewReader(content))
	in.FieldsPerRecord = -1 // columns were added over the years
	rows, err := in.ReadAll()
	if err != nil {
		return r, fmt.Errorf("read the credential report: %w", err)
	}
	for _, row := range rows[min(1, len(rows)):] {
		line := map[string]string{}
		for i, heading := range rows[0] {
			if i < len(row) {
				line[heading] = row[i]
			}
		}
		r.lines[line["arn"]] = line
	}
	return r, nil
}

// describe adds what the report says of one user. "N/A", "no_information" and "not_supported" are no facts.
func (r report) describe(line map[string]string, f facts) {
	for _, c := range []struct{ column, fact string }{
		{"password_enabled", "PasswordEnabled"}, {"mfa_active", "MFAActive"},
		{"access_key_1_active", "AccessKey1Active"}, {"access_key_2_active", "AccessKey2Active"},
		{"cert_1_active", "Certificate1Active"}, {"cert_2_active", "Certificate2Active"},
	} {
		if v := line[c.column]; v == "true" || v == "false" {
			f[c.fact] = v == "true"
		}
	}
	for _, c := range []struct{ column, fact string }{
		{"password_last_changed", "PasswordLastChanged"},
		{"access_key_1_last_rotated", "AccessKey1CreateDate"}, {"access_key_2_last_rotated", "AccessKey2CreateDate"},
	} {
		if t, ok := reportTime(line[c.column]); ok {
			f[c.fact] = t
		}
	}
	for _, c := range []struct{ column, fact string }{
		{"password_last_used", "PasswordLastUsed"},
		{"access_key_1_last_used_date", "AccessKey1LastUsed"}, {"access_key_2_last_used_date", "AccessKey2LastUsed"},
	} {
		if t, ok := reportTime(line[c.column]); ok {
			f[c.fact] = lastUse(t, r.made)
		}
	}
}

func reportTime(v string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, v)
	return t, err == nil
}

// idleDays is when a credential counts as idle, so that the day it was last used is worth knowing.
const idleDays = 30

// lastUse gives the day of a use that is long past, and only the month of a recent one: credentials in use every day would
// otherwise be a change of the estate every day.
func lastUse(t, now time.Time) string {
	if now.Sub(t) > idleDays*24*time.Hour {
		return t.UTC().Format(time.DateOnly)
	}
	return t.UTC().Format("2006-01")
}
