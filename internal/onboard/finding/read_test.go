package finding

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vigie/internal/platform/fault"
)

func parse(t *testing.T, name string) Report {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSecurityHub(t *testing.T) {
	t.Parallel()
	r := parse(t, "securityhub.json")
	if r.Format != "asff" || len(r.Findings) != 5 {
		t.Fatalf("%s with %d findings", r.Format, len(r.Findings))
	}
	f := r.Findings[0]
	if f.Source != SecurityHub || f.Rule != "RDS.11" || f.Severity != Medium || f.Status != Open || f.Account != "111122223333" || f.Region != "eu-west-1" ||
		f.Resource != "arn:aws:rds:eu-west-1:111122223333:db:orders" || f.URL == "" || f.Seen.IsZero() || f.Product != "Security Hub" {
		t.Errorf("the first: %+v", f)
	}
	for _, want := range []Framework{{fsbp, "", "RDS.11"}, {cis, "3.0.0", "2.3.3"}} {
		if !slices.Contains(f.Frameworks, want) {
			t.Errorf("%v lacks %v", f.Frameworks, want)
		}
	}
	var got []Status
	for _, f := range r.Findings {
		got = append(got, f.Status)
	}
	if want := []Status{Open, Suppressed, Resolved, silent, Resolved}; !slices.Equal(got, want) {
		t.Errorf("statuses %q, want %q", got, want)
	}
	if f := r.Findings[1]; f.Severity != High { // by its figure
		t.Errorf("a figure of 70 is %s", f.Severity)
	}
	if strings.Contains(string(r.Findings[0].Evidence), "wJalr") {
		t.Errorf("a key stands in the evidence: %s", r.Findings[0].Evidence)
	}
}

func TestProwler(t *testing.T) {
	t.Parallel()
	r := parse(t, "prowler.ocsf.json")
	if r.Format != "ocsf" || len(r.Findings) != 4 {
		t.Fatalf("%s with %d findings", r.Format, len(r.Findings))
	}
	f := r.Findings[0]
	if f.Source != Prowler || f.Rule != "s3_bucket_public_access" || f.Severity != Critical || f.Status != Open || f.Account != "111122223333" || f.Region != "eu-west-1" ||
		f.Resource != "arn:aws:s3:::parcels" || f.Remedy == "" {
		t.Errorf("the first: %+v", f)
	}
	for _, want := range []Framework{{cis, "3.0", "2.1.4"}, {fsbp, "", "S3.8"}, {architecture, "", "SEC03-BP07"}} {
		if !slices.Contains(f.Frameworks, want) {
			t.Errorf("%v lacks %v", f.Frameworks, want)
		}
	}
	for i, want := range []Status{Open, Resolved, silent, Suppressed} {
		if got := r.Findings[i].Status; got != want {
			t.Errorf("finding %d is %q, want %q", i, got, want)
		}
	}
	if r.Findings[3].Resource != "arn:aws:iam::111122223333:root" || (about{Resource: r.Findings[3].Resource}).itself() != "111122223333" {
		t.Errorf("about an account: %+v", r.Findings[3])
	}
}

func TestSARIF(t *testing.T) {
	t.Parallel()
	r := parse(t, "scan.sarif")
	if r.Format != "sarif" || len(r.Findings) != 5 {
		t.Fatalf("%s with %d findings", r.Format, len(r.Findings))
	}
	for i, want := range []struct {
		severity Severity
		status   Status
		resource string
	}{{Critical, Open, "main.tf:12"}, {High, Suppressed, "main.tf:40"}, {Medium, Open, "arn:aws:s3:::parcels"}, {Low, Resolved, "main.tf:2"}, {Critical, Open, "main.tf:12"}} {
		f := r.Findings[i]
		if f.Severity != want.severity || f.Status != want.status || f.Resource != want.resource {
			t.Errorf("finding %d is %s %s on %s, want %+v", i, f.Severity, f.Status, f.Resource, want)
		}
		if strings.Contains(string(f.Evidence), "hunter2") {
			t.Errorf("finding %d keeps what it quotes", i)
		}
	}
	if r.Findings[0].ExternalID == r.Findings[4].ExternalID {
		t.Error("two results with one fingerprint have one id")
	}
}

func TestShapes(t *testing.T) {
	t.Parallel()
	one := `{"Id":"a","AwsAccountId":"111122223333","Title":"t","Resources":[{"Id":"r"}]}`
	two := strings.ReplaceAll(one, `"a"`, `"b"`)
	for name, c := range map[string]struct {
		text string
		want int
	}{
		"one": {one, 1}, "a list": {"[" + one + "," + two + "]", 2}, "of an answer": {`{"Findings":[` + one + "," + two + "]}", 2}, "lines": {one + "\n" + two + "\n", 2},
		"pages": {`{"Findings":[` + one + `],"NextToken":"x"}` + "\n" + `{"Findings":[` + two + `]}`, 2}, "with a mark": {"\ufeff" + one, 1}, "none": {`{"Findings":[]}`, 0}, "an empty list": {"[]", 0},
		"the same twice": {one + one, 1},
	} {
		r, err := Parse([]byte(c.text))
		if err != nil || len(r.Findings) != c.want {
			t.Errorf("%s: %d findings, %v", name, len(r.Findings), err)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text, path, key string
		line            int
	}{
		"nothing":           {"", "file", "finding.fault.empty", 1},
		"no JSON":           {"[\n{]", "file", "finding.fault.syntax", 2},
		"cut off":           {"[\n{}", "file", "finding.fault.syntax", 2},
		"another format":    {`{"a":1}`, "[0]", "finding.fault.format", 1},
		"a number":          {`7`, "[0]", "finding.fault.format", 1},
		"no id":             {"[\n{\"SchemaVersion\":\"x\",\"AwsAccountId\":\"1\",\"Title\":\"t\",\"Resources\":[{\"Id\":\"r\"}]}]", "[0].Id", "finding.fault.required", 2},
		"no resource":       {"{\"Findings\":[\n\n{\"Id\":\"x\",\"AwsAccountId\":\"1\",\"Title\":\"t\"}]}", "Findings[0].Resources[0].Id", "finding.fault.required", 3},
		"a wrong type":      {`{"AwsAccountId":7}`, "[0].AwsAccountId", "finding.fault.type", 1},
		"no time":           {`{"Id":"x","AwsAccountId":"1","Title":"t","UpdatedAt":"yesterday","Resources":[{"Id":"r"}]}`, "[0].UpdatedAt", "finding.fault.time", 1},
		"no severity":       {`{"Id":"x","AwsAccountId":"1","Title":"t","Severity":{"Label":"BAD"},"Resources":[{"Id":"r"}]}`, "[0].Severity.Label", "finding.fault.value", 1},
		"another class":     {`{"class_uid":4001,"finding_info":{"uid":"1","title":"t"}}`, "[0].class_uid", "finding.fault.class", 1},
		"two formats":       {`{"Id":"x","AwsAccountId":"1","Title":"t","Resources":[{"Id":"r"}]}` + "\n" + `{"class_uid":2004}`, "[1]", "finding.fault.mixed", 2},
		"an old SARIF":      {`{"version":"1.0.0","runs":[]}`, "[0].version", "finding.fault.version", 1},
		"SARIF of nobody":   {`{"version":"2.1.0","runs":[{"results":[]}]}`, "runs[0].tool.driver.name", "finding.fault.required", 1},
		"a wrong level":     {`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[{"ruleId":"r","level":"bad"}]}]}`, "runs[0].results[0].level", "finding.fault.value", 1},
		"letters of others": {"\xff\xfe", "file", "finding.fault.encoding", 1},
	} {
		_, err := Parse([]byte(c.text))
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != fault.Invalid || len(f.Fields) == 0 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if x := f.Fields[0]; x.Path != c.path || x.Key != c.key || x.Args["line"] != c.line {
			t.Errorf("%s: %s %s at line %v", name, x.Path, x.Key, x.Args["line"])
		}
	}
	if _, err := Parse(make([]byte, MaxBytes+1)); !fault.Is(err, fault.TooLarge) {
		t.Errorf("too large: %v", err)
	}
	if _, err := Parse([]byte(strings.Repeat(`{"Id":"x","AwsAccountId":"1","Title":"t","Resources":[{"Id":"r"}]}`+"\n", maxFindings+5))); !fault.Is(err, fault.Invalid) {
		t.Errorf("too many: %v", err)
	}
	var f *fault.Error
	if _, err := Parse([]byte("[" + strings.Repeat(`{"Id":""},`, 200) + `{"Id":""}]`)); errors.As(err, &f) && len(f.Fields) > maxFaults {
		t.Errorf("%d faults are named", len(f.Fields))
	}
}

// TestAnything lets no file panic, and nothing be kept beyond its bounds.
func TestAnything(t *testing.T) {
	t.Parallel()
	var seeds []string
	for _, name := range []string{"securityhub.json", "prowler.ocsf.json", "scan.sarif"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		seeds = append(seeds, string(data))
	}
	rapid.Check(t, func(t *rapid.T) {
		data := []byte(rapid.SampledFrom(seeds).Draw(t, "seed"))
		for range rapid.IntRange(0, 6).Draw(t, "edits") {
			at := rapid.IntRange(0, len(data)-1).Draw(t, "at")
			switch rapid.IntRange(0, 3).Draw(t, "edit") {
			case 0:
				data[at] = rapid.Byte().Draw(t, "byte")
			case 1:
				data = data[:max(at, 1)]
			case 2:
				data = slices.Concat(data[:at], []byte(rapid.SampledFrom([]string{`null`, `[]`, `{}`, `"\u0000"`, `1e999999`, `-1`, `"` + strings.Repeat("x", 5000) + `"`}).Draw(t, "piece")), data[at:])
			case 3:
				text := strings.Replace(string(data), rapid.SampledFrom([]string{`"FAIL"`, `"Id"`, `"uid"`, `"runs"`, `[`, `{`, `2004`}).Draw(t, "old"), rapid.SampledFrom([]string{`null`, `""`, `7`, `[[`, `{"a":`}).Draw(t, "new"), 1)
				data = []byte(text)
			}
			if len(data) == 0 {
				data = []byte(" ")
			}
		}
		r, err := Parse(data)
		if err != nil {
			if c := fault.CodeOf(err); c != fault.Invalid && c != fault.TooLarge {
				t.Fatalf("%v", err)
			}
			return
		}
		for _, f := range r.Findings {
			if f.ExternalID == "" || f.Title == "" || len(f.ExternalID) > maxID || len(f.Title) > maxText || len(f.Evidence) > maxEvidence || !json.Valid(f.Evidence) || strings.Contains(f.Title+f.Description+f.Resource, "\x00") {
				t.Fatalf("kept: %+v", f)
			}
			if f.Severity.rank() == 0 {
				t.Fatalf("severity %q", f.Severity)
			}
		}
	})
}

func TestDeep(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)
	r, err := Parse([]byte(`{"Id":"x","AwsAccountId":"1","Title":"t","Resources":[{"Id":"r"}],"ProductFields":{"deep":` + deep + `}}`))
	if err != nil || len(r.Findings) != 1 || len(r.Findings[0].Evidence) > maxEvidence {
		t.Errorf("%v, %v", r, err)
	}
	if _, err := Parse([]byte(strings.Repeat("[", 100_000))); !fault.Is(err, fault.Invalid) {
		t.Errorf("a hole: %v", err)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b Framework
		same bool
	}{
		{Framework{cis, "3.0.0", "2.2.1"}, Framework{cis, "3.0", "2.2.1"}, true},
		{Framework{cis, "1.4.0", "2.2.1"}, Framework{cis, "3.0.0", "2.2.1"}, false}, // a number means another check in each edition
		{Framework{fsbp, "2024-09", "RDS.11"}, Framework{fsbp, "", "RDS.11"}, true},
		{Framework{architecture, "2024-06", "SEC03-BP07"}, Framework{architecture, "", "SEC03-BP07"}, false}, // a goal, not a check
	} {
		if got := c.a.Key() != "" && c.a.Key() == c.b.Key(); got != c.same {
			t.Errorf("%v and %v: %t", c.a, c.b, got)
		}
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	bucket := Candidate{ID: "1", Type: "AWS::S3::Bucket", ExternalID: "parcels", ARN: "arn:aws:s3:::parcels", Account: "111122223333", Region: "eu-west-1"}
	group := Candidate{ID: "2", Type: "AWS::EC2::SecurityGroup", ExternalID: "sg-1", ARN: "", Account: "111122223333", Region: "eu-west-1"}
	elsewhere := Candidate{ID: "3", Type: "AWS::EC2::SecurityGroup", ExternalID: "sg-1", Account: "444455556666", Region: "eu-west-1"}
	queue := Candidate{ID: "4", Type: "AWS::SQS::Queue", ExternalID: "jobs", Account: "111122223333", Region: "eu-west-1"}
	table := Candidate{ID: "5", Type: "AWS::DynamoDB::Table", ExternalID: "jobs", Account: "111122223333", Region: "eu-west-1"}
	for name, c := range map[string]struct {
		about about
		all   []Candidate
		want  string
	}{
		"by ARN":                     {about{Resource: "arn:aws:s3:::parcels"}, []Candidate{bucket, group}, "1"},
		"by the end of the ARN":      {about{Resource: "arn:aws:ec2:eu-west-1:111122223333:security-group/sg-1"}, []Candidate{group, elsewhere}, "2"},
		"in another account":         {about{Resource: "arn:aws:ec2:eu-west-1:777788889999:security-group/sg-1"}, []Candidate{group, elsewhere}, ""},
		"in another region":          {about{Resource: "sg-1", Account: "111122223333", Region: "us-east-1"}, []Candidate{group}, ""},
		"by id, account and region":  {about{Resource: "sg-1", Account: "444455556666", Region: "eu-west-1"}, []Candidate{group, elsewhere}, "3"},
		"by id without an account":   {about{Resource: "sg-1"}, []Candidate{group}, ""},
		"of two the one of its type": {about{Resource: "jobs", Account: "111122223333", Region: "eu-west-1", ResourceType: "AwsSqsQueue"}, []Candidate{queue, table}, "4"},
		"of two none":                {about{Resource: "jobs", Account: "111122223333", Region: "eu-west-1"}, []Candidate{queue, table}, ""},
		"another bucket's ARN":       {about{Resource: "arn:aws:s3:::other"}, []Candidate{bucket}, ""},
	} {
		if got := choose(c.about, c.all); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
