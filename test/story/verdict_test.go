package story

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// verdict is one verdict as the API tells it.
type verdict struct {
	ID       string `json:"id"`
	Control  string `json:"control"`
	Subject  string `json:"subject"`
	Verdict  string `json:"verdict"`
	Judged   string `json:"judged"`
	Severity string `json:"severity"`
	Reason   string `json:"reason"`
	Evidence struct {
		Missing []struct{ What, Name, Why string } `json:"missing"`
	} `json:"evidence"`
}

// verdicts are the subjects of each control, by name.
type verdicts map[string]string

// judges asks for an evaluation, and waits until the page says that it is done.
func (b *tab) judges() {
	b.t.Helper()
	b.goes("/gaps?customer=quai")
	b.until(`(window.before = true)`)
	b.enters(`main form[action*="/gaps/evaluate"] button`)
	b.until(`!window.before && /controls over .* subjects, judged/.test(document.querySelector("#gap-heat")?.innerText)`)
}

// minute stands in the names of snapshots that the emulator makes.
var minute = regexp.MustCompile(`-\d{4}-\d\d-\d\d-\d\d-\d\d$`)

// finds compares the verdicts of one sort with what is expected: every control, every subject, no more and no fewer.
func (f *firm) finds(sort string, want verdicts) (found []verdict) {
	f.t.Helper()
	found = all[verdict](f, "/gaps?customer=quai&verdict="+sort)
	got := verdicts{}
	for _, v := range found {
		got[v.Control] = strings.TrimPrefix(got[v.Control]+", "+minute.ReplaceAllString(v.Subject, ""), ", ")
	}
	for control, subjects := range got {
		names := strings.Split(subjects, ", ")
		slices.Sort(names)
		got[control] = strings.Join(names, ", ")
	}
	for _, control := range slices.Sorted(maps.Keys(merged(got, want))) {
		if got[control] != want[control] {
			f.t.Errorf("%s %s: found %q, want %q", sort, control, got[control], want[control])
		}
	}
	return found
}

func merged(one, other verdicts) verdicts {
	both := maps.Clone(one)
	maps.Copy(both, other)
	return both
}

// nonePassedUnseen holds what passes against what was read: nothing passes that names missing evidence.
func (f *firm) nonePassedUnseen() {
	f.t.Helper()
	passed := all[verdict](f, "/gaps?customer=quai&verdict=pass")
	if len(passed) == 0 {
		f.t.Error("nothing passes")
	}
	for _, v := range passed {
		if len(v.Evidence.Missing) > 0 {
			f.t.Errorf("%s of %s passes without %v", v.Control, v.Subject, v.Evidence.Missing)
		}
	}
}

// failing are the faults that test/estate/quay.py puts into the estate, and what is promised and not there, by the controls that must find them.
var failing = verdicts{
	"account-backup-failures":          "Quai",
	"account-guardduty-findings-sent":  "Quai",
	"account-has-backup-plan":          "Quai",
	"account-has-password-policy":      "Quai",
	"account-has-security-hub":         "Quai",
	"account-has-support-role":         "Quai",
	"account-health-events":            "Quai",
	"account-records-configuration":    "Quai",
	"alarm-described":                  "boutique-cpu",
	"alarm-names-runbook":              "boutique-cpu",
	"alarm-tells-somebody":             "boutique-cpu",
	"cloudtrail-all-regions":           "Quai",
	"customer-has-audit-trail":         "Librairie du Quai",
	"default-security-group-closed":    "default",
	"dynamodb-deletion-protection":     "sessions",
	"dynamodb-global":                  "paniers, sessions",
	"dynamodb-own-key":                 "paniers, sessions",
	"dynamodb-point-in-time":           "sessions",
	"dynamodb-watched":                 "paniers, sessions",
	"ebs-snapshot-within-rpo":          "boutique-1-root, boutique-2-root",
	"ebs-volume-encrypted":             "boutique-2-root, vieux-disque",
	"ec2-detailed-monitoring":          "boutique-1, boutique-2",
	"ec2-has-role":                     "boutique-1, boutique-2",
	"ec2-instance-alarm":               "boutique-1, boutique-2",
	"ec2-managed":                      "boutique-1, boutique-2",
	"ec2-metadata-v2":                  "boutique-2",
	"ec2-no-public-address":            "boutique-1, boutique-2",
	"iam-user-has-mfa":                 "stagiaire-2025",
	"iam-user-no-administrator":        "stagiaire-2025",
	"iam-user-rights-by-group":         "stagiaire-2025",
	"kms-key-rotates":                  "aws/ebs",
	"rds-backup-retention":             "archives, boutique",
	"rds-deletion-protection":          "archives",
	"rds-encrypted":                    "archives",
	"rds-free-storage-alarm":           "archives, boutique",
	"rds-iam-authentication":           "archives",
	"rds-logs-exported":                "archives, boutique",
	"rds-managed-password":             "archives, boutique",
	"rds-minor-upgrades":               "archives",
	"rds-multi-az":                     "archives",
	"rds-not-public":                   "archives",
	"rds-point-in-time":                "archives",
	"rds-replica-in-other-region":      "archives, boutique",
	"rds-snapshot-encrypted":           "rds:archives",
	"rds-storage-grows":                "archives, boutique",
	"rds-watched":                      "archives",
	"root-has-mfa":                     "root 123456789012",
	"sg-rdp-closed":                    "depannage",
	"sg-ssh-closed":                    "depannage",
	"subnet-no-public-addresses":       "quai-a, quai-b",
	"volume-current-type":              "vieux-disque",
	"volume-in-use":                    "vieux-disque",
	"vpc-flow-logs":                    "quai",
	"vpc-has-s3-endpoint":              "quai",
	"workload-data-is-protected":       "Boutique",
	"workload-has-owner":               "Boutique",
	"workload-reachable-for-operators": "Boutique",
}

// undecided is what cannot be judged: what the role may not read, what the emulator does not tell, and what nobody has promised.
var undecided = verdicts{
	"account-has-guardduty":            "Quai",
	"bucket-clears-unfinished-uploads": "quai-catalogue, quai-commandes",
	"bucket-has-lifecycle":             "quai-catalogue, quai-commandes",
	"ec2-image-fresh":                  "boutique-1, boutique-2",
	"kms-key-multi-region":             "aws/ebs",
	"postgres-forces-tls":              "archives, boutique",
	"rds-enhanced-monitoring":          "archives, boutique",
	"rds-performance-insights":         "archives, boutique",
	"s3-encrypted":                     "quai-catalogue, quai-commandes",
	"s3-old-versions-kept":             "quai-catalogue, quai-commandes",
	"s3-own-key":                       "quai-catalogue, quai-commandes",
	"s3-policy-not-public":             "quai-catalogue, quai-commandes",
	"s3-public-access-blocked":         "quai-catalogue, quai-commandes",
	"s3-replicated":                    "quai-catalogue, quai-commandes",
	"s3-versioning":                    "quai-catalogue, quai-commandes",
}

// mended is what differs once the critical faults are mended and the role may read everything: an empty text for what fails no more.
var mended = verdicts{
	"account-has-guardduty":            "Quai",
	"bucket-clears-unfinished-uploads": "quai-catalogue, quai-commandes",
	"bucket-has-lifecycle":             "quai-catalogue, quai-commandes",
	"cloudtrail-all-regions":           "",
	"customer-has-audit-trail":         "",
	"rds-backup-retention":             "boutique",
	"rds-not-public":                   "",
	"rds-point-in-time":                "",
	"s3-encrypted":                     "quai-catalogue",
	"s3-own-key":                       "quai-commandes",
	"s3-replicated":                    "quai-catalogue, quai-commandes",
	"s3-versioning":                    "quai-catalogue",
	"sg-rdp-closed":                    "",
	"trail-own-key":                    "quai",
	"trail-to-log-group":               "quai",
}

// decided is what can be judged then.
var decided = verdicts{
	"account-has-guardduty":            "",
	"bucket-clears-unfinished-uploads": "",
	"bucket-has-lifecycle":             "",
	"s3-encrypted":                     "",
	"s3-old-versions-kept":             "",
	"s3-own-key":                       "quai-catalogue",
	"s3-policy-not-public":             "",
	"s3-public-access-blocked":         "",
	"s3-replicated":                    "",
	"s3-versioning":                    "",
}
