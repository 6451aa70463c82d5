package aws

import (
	"reflect"
	"testing"
	"time"
)

const reportText = `user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_2_active,access_key_2_last_rotated
<root_account>,arn:aws:iam::123456789012:root,2019-01-02T03:04:05+00:00,not_supported,2026-11-20T01:00:00+00:00,not_supported,not_supported,true,false,N/A,N/A,false,N/A
piet,arn:aws:iam::123456789012:user/piet,2020-01-02T03:04:05+00:00,true,no_information,2020-01-02T03:04:05+00:00,N/A,false,true,2021-05-06T07:08:09+00:00,2023-02-01T10:00:00+00:00,false,N/A
`

func TestCredentialReport(t *testing.T) {
	t.Parallel()
	r, err := readReport([]byte(reportText), time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	for arn, want := range map[string]facts{
		"arn:aws:iam::123456789012:root": {"MFAActive": true, "AccessKey1Active": false, "AccessKey2Active": false, "PasswordLastUsed": "2026-11"},
		"arn:aws:iam::123456789012:user/piet": {"PasswordEnabled": true, "MFAActive": false, "AccessKey1Active": true, "AccessKey2Active": false,
			"PasswordLastChanged": "2020-01-02T03:04:05Z", "AccessKey1CreateDate": "2021-05-06T07:08:09Z", "AccessKey1LastUsed": "2023-02-01"},
		"arn:aws:iam::123456789012:user/nobody": {},
	} {
		got := facts{}
		r.describe(r.lines[arn], got)
		if got = tidy(got); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, want %v", arn, got, want)
		}
	}
	if _, err := readReport(nil, time.Time{}); err != nil {
		t.Errorf("an empty report: %v", err)
	}
}

// A key in use every day must not be a change of the estate every day.
func TestLastUseOfABusyCredentialKeepsItsMonth(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	if a, b := lastUse(now.AddDate(0, 0, -2), now), lastUse(now.AddDate(0, 0, -1), now); a != b {
		t.Errorf("two days running: %s and %s", a, b)
	}
	if got := lastUse(now.AddDate(0, -6, 0), now); got != "2026-05-23" {
		t.Errorf("half a year ago: %s", got)
	}
}
