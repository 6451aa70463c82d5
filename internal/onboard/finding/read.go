package finding

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"vigie/internal/platform/fault"
)

// The limits of a file.
const (
	MaxBytes    = 16 << 20
	maxFindings = 20_000
	maxFaults   = 50 // that one answer names
)

// Lengths of what is kept.
const (
	maxTitle    = 300
	maxText     = 4000
	maxID       = 1000
	maxShort    = 200
	maxEvidence = 16 << 10
)

// Report is a file that has been read.
type Report struct {
	Format   string // "asff", "ocsf", "sarif"
	Findings []Read
}

// Read is one finding of a file, checked and cut to what is kept.
type Read struct {
	Source                 Source
	Product, ExternalID    string
	Rule, Title            string
	Description, Remedy    string
	URL                    string
	Severity               Severity
	Status                 Status
	Account, Region        string
	Resource, ResourceType string
	Frameworks             []Framework
	Seen                   time.Time // zero where the file does not say
	Evidence               json.RawMessage
}

// faults gathers what is wrong with a file, by place.
type faults struct {
	data   []byte
	fields fault.Fields
	more   int
}

// add notes a fault of the item that begins at the offset.
func (f *faults) add(at int, path, key string, pairs ...any) {
	if len(f.fields) >= maxFaults {
		f.more++
		return
	}
	f.fields.Add(path, key, append(pairs, "line", lineOf(f.data, at))...)
}

func lineOf(data []byte, at int) int {
	return 1 + bytes.Count(data[:min(max(at, 0), len(data))], []byte("\n"))
}

// Parse reads a file whose format it finds out. Faults: invalid, with the place of each fault; too_large.
func Parse(data []byte) (Report, error) {
	if len(data) > MaxBytes {
		return Report{}, fault.New(fault.TooLarge, "finding.fault.size", "max", MaxBytes>>20)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	f := &faults{data: data}
	if !utf8.Valid(data) {
		f.add(0, "file", "finding.fault.encoding")
		return Report{}, f.fields.Err()
	}
	items, err := split(data)
	if err != nil {
		return Report{}, err
	}
	if len(items) == 0 {
		f.add(0, "file", "finding.fault.empty")
		return Report{}, f.fields.Err()
	}
	format := items[0].format()
	var out Report
	switch format {
	case "asff", "ocsf":
		out = Report{Format: format}
		for _, it := range items {
			if it.format() != format {
				f.add(it.at, it.path, "finding.fault.mixed", "format", strings.ToUpper(format))
				continue
			}
			if format == "asff" {
				out.Findings = append(out.Findings, f.asff(it)...)
			} else {
				out.Findings = append(out.Findings, f.ocsf(it)...)
			}
		}
	case "sarif":
		out = Report{Format: format}
		for _, it := range items {
			out.Findings = append(out.Findings, f.sarif(it)...)
		}
	case "none":
		out = Report{Format: "asff"}
	default:
		f.add(items[0].at, items[0].path, "finding.fault.format")
	}
	if len(out.Findings) > maxFindings {
		f.add(0, "file", "finding.fault.many", "max", maxFindings)
	}
	if err := f.fields.Err(); err != nil {
		return Report{}, err
	}
	out.Findings = distinct(out.Findings)
	return out, nil
}

// item is one object of a file, with its place.
type item struct {
	raw  json.RawMessage
	path string // "[3]"
	at   int    // offset in the file
}

// format is that of the object; what stands in a list of Findings is ASFF, whatever it lacks.
func (i item) format() string {
	if found := formatOf(i.raw); found != "" || !strings.HasPrefix(i.path, "Findings[") {
		return found
	}
	return "asff"
}

// split gives the objects of a file: one, an array, {"Findings": [...]}, or one on each line. An empty list is one item without content.
func split(data []byte) (out []item, err error) {
	d := json.NewDecoder(bytes.NewReader(data))
	for n := 0; ; n++ {
		var v json.RawMessage
		if err := d.Decode(&v); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, broken(data, err, int(d.InputOffset()))
		}
		at := int(d.InputOffset()) - len(v)
		path := "[" + strconv.Itoa(n) + "]"
		if list, base, ok := inside(v, "Findings"); ok {
			if out, err = appendList(out, list, at+base, "Findings"); err != nil {
				return nil, broken(data, err, at)
			}
			if bytes.HasPrefix(bytes.TrimSpace(list), []byte("[")) && len(out) == 0 {
				out = append(out, item{at: at})
			}
			continue
		}
		if v[0] == '[' {
			before := len(out)
			if out, err = appendList(out, v, at, ""); err != nil {
				return nil, broken(data, err, at)
			}
			if len(out) == before {
				out = append(out, item{at: at})
			}
			continue
		}
		out = append(out, item{v, path, at})
		if len(out) > maxFindings {
			break
		}
	}
	if len(out) > 1 { // a list of nothing beside something says nothing
		out = slices.DeleteFunc(out, func(i item) bool { return i.raw == nil })
	}
	return out, nil
}

// inside gives a member of an object, and where in the object it begins.
func inside(v json.RawMessage, name string) (json.RawMessage, int, bool) {
	if len(v) == 0 || v[0] != '{' || !bytes.Contains(v, []byte(`"`+name+`"`)) {
		return nil, 0, false
	}
	d := json.NewDecoder(bytes.NewReader(v))
	if _, err := d.Token(); err != nil {
		return nil, 0, false
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, 0, false
		}
		var member json.RawMessage
		if err := d.Decode(&member); err != nil {
			return nil, 0, false
		}
		if key == name {
			return member, int(d.InputOffset()) - len(member), true
		}
	}
	return nil, 0, false
}

// appendList adds the elements of an array.
func appendList(out []item, list json.RawMessage, base int, name string) ([]item, error) {
	d := json.NewDecoder(bytes.NewReader(list))
	if _, err := d.Token(); err != nil {
		return out, err
	}
	if len(list) == 0 || list[0] != '[' {
		return append(out, item{list, name, base}), nil
	}
	for n := 0; d.More() && len(out) <= maxFindings; n++ {
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			return out, err
		}
		out = append(out, item{v, name + "[" + strconv.Itoa(n) + "]", base + int(d.InputOffset()) - len(v)})
	}
	return out, nil
}

func broken(data []byte, err error, at int) error {
	var f fault.Fields
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		at = max(at, int(syntax.Offset))
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		at = len(data)
	}
	f.Add("file", "finding.fault.syntax", "line", lineOf(data, at))
	return f.Err()
}

// formatOf tells what an object is by the members that its format always has.
func formatOf(v json.RawMessage) string {
	if v == nil {
		return "none"
	}
	var probe struct {
		Runs       json.RawMessage `json:"runs"`
		ClassUID   json.RawMessage `json:"class_uid"`
		ClassName  json.RawMessage `json:"class_name"`
		Metadata   json.RawMessage `json:"metadata"`
		ProductArn json.RawMessage
		Generator  json.RawMessage `json:"GeneratorId"`
		AccountID  json.RawMessage `json:"AwsAccountId"`
		Schema     json.RawMessage `json:"SchemaVersion"`
	}
	if len(v) == 0 || v[0] != '{' || json.Unmarshal(v, &probe) != nil {
		return ""
	}
	switch {
	case probe.Runs != nil:
		return "sarif"
	case probe.ClassUID != nil || probe.ClassName != nil || probe.Metadata != nil:
		return "ocsf"
	case probe.ProductArn != nil || probe.Generator != nil || probe.AccountID != nil || probe.Schema != nil:
		return "asff"
	}
	return ""
}

// decode reads an item, and names the member that has the wrong type.
func (f *faults) decode(it item, into any) bool {
	err := json.Unmarshal(it.raw, into)
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		return true
	case errors.As(err, &wrong):
		f.add(it.at+int(wrong.Offset), join(it.path, wrong.Field), "finding.fault.type", "got", wrong.Value)
	default:
		f.add(it.at, it.path, "finding.fault.object")
	}
	return false
}

func join(path, field string) string {
	if path == "" || field == "" {
		return path + field
	}
	return path + "." + field
}

// distinct keeps of findings with one id the last: it is the newest word.
func distinct(all []Read) []Read {
	type key struct {
		source Source
		id     string
	}
	at := map[key]int{}
	out := all[:0:0]
	for _, r := range all {
		k := key{r.Source, r.ExternalID}
		if i, known := at[k]; known {
			if !r.Seen.Before(out[i].Seen) {
				out[i] = r
			}
			continue
		}
		at[k] = len(out)
		out = append(out, r)
	}
	return out
}

// kept makes an id fit its column: a long one is its own beginning and its digest.
func kept(id string) string {
	id = clean(id)
	if len(id) <= maxID {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return clip(id, 200) + "#" + hex.EncodeToString(sum[:])
}

// clean takes out what no database takes.
func clean(s string) string {
	if !strings.ContainsRune(s, 0) && utf8.ValidString(s) {
		return strings.TrimSpace(s)
	}
	return strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), ""))
}

// clip is at most n bytes of a text, whole letters.
func clip(s string, n int) string {
	if s = clean(s); len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// moment reads a time of a file; ok is false for what is none.
func moment(text string) (time.Time, bool) {
	if text = strings.TrimSpace(text); text == "" {
		return time.Time{}, true
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() > 1970 && t.Year() < 2200 {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// unix reads a time that is a number: of OCSF, in milliseconds, or in seconds as Prowler writes it.
func unix(n int64) (time.Time, bool) {
	switch {
	case n == 0:
		return time.Time{}, true
	case n < 0 || n > 7e12:
		return time.Time{}, false
	case n > 1e11:
		return time.UnixMilli(n).UTC(), true
	}
	return time.Unix(n, 0).UTC(), true
}

// digest tells two readings of one finding apart.
func (r Read) digest() string {
	h := sha256.New()
	for _, part := range []string{r.Product, r.Rule, r.Title, r.Description, r.Remedy, r.URL, string(r.Severity), string(r.Status), r.Account, r.Region, r.Resource, r.ResourceType, fmt.Sprint(r.Frameworks)} {
		_, _ = h.Write([]byte(part))
		_, _ = h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// finish cuts what a reader made to what is kept.
func (r Read) finish(evidence json.RawMessage) Read {
	r.ExternalID = kept(r.ExternalID)
	r.Product, r.Rule, r.Title = clip(r.Product, maxShort), clip(r.Rule, maxShort), clip(r.Title, maxTitle)
	r.Description, r.Remedy, r.URL = prose(r.Description), prose(r.Remedy), address(r.URL)
	r.Account, r.Region = clip(r.Account, 32), clip(r.Region, 64)
	r.Resource, r.ResourceType = clip(r.Resource, maxID), clip(r.ResourceType, maxShort)
	r.Title = cmp.Or(prose(r.Title), r.Rule, r.ExternalID)
	r.Frameworks = append([]Framework{}, r.Frameworks...)
	r.Evidence = shorten(evidence)
	return r
}

// address is a link that may be shown: of the web, and nothing else.
func address(u string) string {
	u = clip(u, maxID)
	if strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "http://") {
		return u
	}
	return ""
}
