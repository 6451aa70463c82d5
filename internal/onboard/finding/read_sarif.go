package finding

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// sarifLog is what is read of SARIF 2.1.0.
type sarifLog struct {
	Version string            `json:"version"`
	Runs    []json.RawMessage `json:"runs"`
}

type sarifRun struct {
	Tool struct {
		Driver     sarifComponent   `json:"driver"`
		Extensions []sarifComponent `json:"extensions"`
	} `json:"tool"`
	Results     []json.RawMessage `json:"results"`
	Invocations []struct {
		EndTimeUTC string `json:"endTimeUtc"`
	} `json:"invocations"`
	Properties sarifPlace `json:"properties"`
}

type sarifComponent struct {
	Name  string      `json:"name"`
	Rules []sarifRule `json:"rules"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifRule struct {
	ID               string    `json:"id"`
	Name             string    `json:"name"`
	ShortDescription sarifText `json:"shortDescription"`
	FullDescription  sarifText `json:"fullDescription"`
	Help             sarifText `json:"help"`
	HelpURI          string    `json:"helpUri"`
	Default          struct {
		Level string `json:"level"`
	} `json:"defaultConfiguration"`
	Relationships []struct {
		Target sarifTaxon `json:"target"`
	} `json:"relationships"`
	Properties struct {
		Severity loose `json:"security-severity"`
	} `json:"properties"`
}

type sarifTaxon struct {
	ID        string `json:"id"`
	Component struct {
		Name string `json:"name"`
	} `json:"toolComponent"`
}

// sarifPlace is where tools that look at clouds say what a result is about; SARIF itself only knows files.
type sarifPlace struct {
	Account  string `json:"account"`
	Region   string `json:"region"`
	Resource string `json:"resource"`
	ARN      string `json:"arn"`
	Severity loose  `json:"security-severity"`
}

type sarifResult struct {
	RuleID    string `json:"ruleId"`
	RuleIndex *int   `json:"ruleIndex"`
	Rule      struct {
		ID string `json:"id"`
	} `json:"rule"`
	Level         string            `json:"level"`
	Kind          string            `json:"kind"`
	Message       sarifText         `json:"message"`
	CorrelationID string            `json:"correlationGuid"`
	Fingerprints  map[string]string `json:"fingerprints"`
	Partial       map[string]string `json:"partialFingerprints"`
	BaselineState string            `json:"baselineState"`
	Suppressions  []struct {
		Status string `json:"status"`
	} `json:"suppressions"`
	Taxa      []sarifTaxon `json:"taxa"`
	Locations []struct {
		Physical struct {
			Artifact struct {
				URI string `json:"uri"`
			} `json:"artifactLocation"`
			Region struct {
				StartLine int64 `json:"startLine"`
			} `json:"region"`
		} `json:"physicalLocation"`
		Logical []struct {
			Full string `json:"fullyQualifiedName"`
			Name string `json:"name"`
			Kind string `json:"kind"`
		} `json:"logicalLocations"`
	} `json:"locations"`
	Properties sarifPlace `json:"properties"`
}

// loose is a text that some write as a number.
type loose string

// UnmarshalJSON takes any scalar.
func (l *loose) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) != nil {
		s = string(b)
	}
	*l = loose(s)
	return nil
}

// sarif reads a whole log.
func (f *faults) sarif(it item) (out []Read) {
	var log sarifLog
	if !f.decode(it, &log) {
		return nil
	}
	if log.Version != "" && !strings.HasPrefix(log.Version, "2.1") {
		f.add(it.at, join(it.path, "version"), "finding.fault.version", "value", clip(log.Version, 20))
		return nil
	}
	for i, one := range log.Runs {
		out = append(out, f.run(item{one, "runs[" + strconv.Itoa(i) + "]", it.at}, len(out))...)
	}
	return out
}

func (f *faults) run(it item, before int) (out []Read) {
	var run sarifRun
	if !f.decode(it, &run) {
		return nil
	}
	if clean(run.Tool.Driver.Name) == "" {
		f.add(it.at, it.path+".tool.driver.name", "finding.fault.required")
		return nil
	}
	seenAt := ""
	if n := len(run.Invocations); n > 0 {
		seenAt = run.Invocations[n-1].EndTimeUTC
	}
	seen, ok := moment(seenAt)
	if !ok {
		f.add(it.at, it.path+".invocations.endTimeUtc", "finding.fault.time")
	}
	rules := map[string]*sarifRule{}
	for _, c := range append([]sarifComponent{run.Tool.Driver}, run.Tool.Extensions...) {
		for i := range c.Rules {
			rules[c.Rules[i].ID] = &c.Rules[i]
		}
	}
	times := map[string]int{}
	for i, one := range run.Results {
		if before+len(out) > maxFindings {
			return out
		}
		at := item{one, it.path + ".results[" + strconv.Itoa(i) + "]", it.at}
		var v sarifResult
		if !f.decode(at, &v) {
			continue
		}
		r, ok := f.result(at, &run, rules, &v)
		if !ok {
			continue
		}
		r.Seen = seen
		// Tools give equal lines of one file one fingerprint: the second is another finding all the same.
		if n := times[r.ExternalID]; n > 0 {
			times[r.ExternalID]++
			r.ExternalID += "#" + strconv.Itoa(n+1)
		} else {
			times[r.ExternalID] = 1
		}
		out = append(out, r)
	}
	return out
}

func (f *faults) result(it item, run *sarifRun, rules map[string]*sarifRule, v *sarifResult) (Read, bool) {
	id := cmp.Or(v.RuleID, v.Rule.ID)
	if i := v.RuleIndex; id == "" && i != nil && *i >= 0 && *i < len(run.Tool.Driver.Rules) {
		id = run.Tool.Driver.Rules[*i].ID
	}
	rule := rules[id]
	if rule == nil { // "CA1000/1" is a sharper id of the rule CA1000
		base, _, _ := strings.Cut(id, "/")
		if rule = rules[base]; rule == nil {
			rule = &sarifRule{ID: id}
		}
	}
	if clean(id) == "" && clean(v.Message.Text) == "" {
		f.add(it.at, it.path+".ruleId", "finding.fault.required")
		return Read{}, false
	}
	severity, ok := sarifSeverity(cmp.Or(v.Level, rule.Default.Level), string(cmp.Or(v.Properties.Severity, rule.Properties.Severity)))
	if !ok {
		f.add(it.at, it.path+".level", "finding.fault.value", "value", clip(v.Level, 40))
		return Read{}, false
	}
	var all refs
	for _, t := range v.Taxa {
		all.named(t.Component.Name, t.ID)
	}
	for _, r := range rule.Relationships {
		all.named(r.Target.Component.Name, r.Target.ID)
	}
	place, kind := where(v)
	r := Read{Source: SARIF, Product: run.Tool.Driver.Name, Rule: id, Title: cmp.Or(clean(rule.ShortDescription.Text), clean(rule.Name), firstLine(v.Message.Text), id),
		Description: cmp.Or(clean(v.Message.Text), rule.FullDescription.Text), Remedy: rule.Help.Text, URL: rule.HelpURI, Severity: severity, Status: sarifStatus(v),
		Account: cmp.Or(v.Properties.Account, run.Properties.Account), Region: cmp.Or(v.Properties.Region, run.Properties.Region), Resource: place, ResourceType: kind, Frameworks: all}
	if account, region := accountOf(place); account != "" || region != "" {
		r.Account, r.Region = cmp.Or(r.Account, account), cmp.Or(r.Region, region)
	}
	r.ExternalID = run.Tool.Driver.Name + "/" + fingerprint(id, place, v)
	return r.finish(it.raw), true
}

// where says what a result is about: a resource of the cloud if anything names one, else the file and its line.
func where(v *sarifResult) (place, kind string) {
	if p := cmp.Or(v.Properties.ARN, v.Properties.Resource); p != "" {
		return p, "resource"
	}
	file := ""
	for _, l := range v.Locations {
		for _, one := range l.Logical {
			if name := cmp.Or(one.Full, one.Name); strings.HasPrefix(name, "arn:") || one.Kind == "resource" {
				return name, "resource"
			}
		}
		if uri := l.Physical.Artifact.URI; uri != "" && file == "" {
			if strings.HasPrefix(uri, "arn:") {
				return uri, "resource"
			}
			file = uri
			if n := l.Physical.Region.StartLine; n > 0 {
				file += ":" + strconv.FormatInt(n, 10)
			}
		}
	}
	if file != "" {
		return file, "file"
	}
	return "", ""
}

// fingerprint is what stays the same from one analysis to the next.
func fingerprint(rule, place string, v *sarifResult) string {
	if v.CorrelationID != "" {
		return v.CorrelationID
	}
	for _, prints := range []map[string]string{v.Fingerprints, v.Partial} {
		names := make([]string, 0, len(prints))
		for name := range prints {
			names = append(names, name)
		}
		if len(names) == 0 {
			continue
		}
		slices.Sort(names)
		file, _, _ := strings.Cut(place, ":")
		if strings.HasPrefix(place, "arn:") {
			file = place
		}
		return rule + "/" + file + "/" + prints[names[0]]
	}
	sum := sha256.Sum256([]byte(rule + "\x00" + place + "\x00" + v.Message.Text))
	return rule + "/" + hex.EncodeToString(sum[:12])
}

// sarifSeverity is the figure (as CVSS, 0 to 10) where the tool gives one, else the level; a rule without a level is a warning.
func sarifSeverity(level, figure string) (Severity, bool) {
	if n, err := strconv.ParseFloat(strings.TrimSpace(figure), 64); err == nil {
		switch {
		case n >= 9:
			return Critical, true
		case n >= 7:
			return High, true
		case n >= 4:
			return Medium, true
		}
		return Low, true
	}
	switch level {
	case "error":
		return High, true
	case "", "warning":
		return Medium, true
	case "note", "none":
		return Low, true
	}
	return "", false
}

func sarifStatus(v *sarifResult) Status {
	switch v.Kind {
	case "pass":
		return Resolved
	case "notApplicable", "informational":
		return silent
	}
	if v.BaselineState == "absent" {
		return Resolved
	}
	for _, s := range v.Suppressions {
		if s.Status == "" || s.Status == "accepted" {
			return Suppressed
		}
	}
	return Open
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}
