package awssim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// protocol is how a request is written, and its answer.
type protocol int

const (
	ec2Query protocol = iota
	query
	jsonRPC
	restJSON
	restXML
	cborRPC
)

// request is what somebody asks of AWS.
type request struct {
	*http.Request
	place
	service, op string
	protocol    protocol
	form        url.Values     // of a query
	input       map[string]any // of JSON
	plan        *Plan
	repeat      bool // the page is to name itself as the next (RepeatToken)
}

func (r *request) action() string { return r.service + ":" + r.op }

var credential = regexp.MustCompile(`Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request`)

// prefixes are the IAM prefixes of services that sign by another name.
var prefixes = map[string]string{"monitoring": "cloudwatch", "tagging": "tag", "execute-api": "apigateway"}

// read finds out who asks what. Requests that are not signed are nobody's.
func (s *Server) read(h *http.Request) (*request, error) {
	m := credential.FindStringSubmatch(h.Header.Get("Authorization"))
	if m == nil {
		return nil, fmt.Errorf("%s %s is not signed", h.Method, h.URL)
	}
	r := &request{Request: h, plan: &s.plan, place: place{account: s.accountOf(m[1]), region: m[2]}, service: m[3]}
	if p, ok := prefixes[r.service]; ok {
		r.service = p
	}
	body, err := io.ReadAll(h.Body)
	if err != nil {
		return nil, err
	}
	target := h.Header.Get("X-Amz-Target")
	switch {
	case h.Header.Get("Smithy-Protocol") == "rpc-v2-cbor":
		r.protocol, r.op = cborRPC, h.URL.Path[strings.LastIndexByte(h.URL.Path, '/')+1:]
	case target != "":
		r.protocol, r.op = jsonRPC, target[strings.LastIndexByte(target, '.')+1:]
		if err := json.Unmarshal(body, &r.input); err != nil {
			return nil, fmt.Errorf("%s: %w", r.action(), err)
		}
	case strings.HasPrefix(h.Header.Get("Content-Type"), "application/x-www-form-urlencoded"):
		r.protocol = query
		if r.service == "ec2" {
			r.protocol = ec2Query
		}
		if r.form, err = url.ParseQuery(string(body)); err != nil {
			return nil, err
		}
		r.op = r.form.Get("Action")
	default:
		r.protocol, r.op = restJSON, restOp(r.service, h)
		if r.service == "s3" || r.service == "route53" || r.service == "cloudfront" {
			r.protocol = restXML
		}
		if len(body) > 0 && r.protocol == restJSON {
			if err := json.Unmarshal(body, &r.input); err != nil {
				return nil, fmt.Errorf("%s %s: %w", h.Method, h.URL, err)
			}
		}
	}
	return r, nil
}

// rest names the operations of REST services by method and path, as far as discovery calls their lists.
var rest = []struct {
	service, method string
	path            *regexp.Regexp
	op              string
}{
	{"lambda", "GET", regexp.MustCompile(`^/2015-03-31/functions/?$`), "ListFunctions"},
	{"lambda", "GET", regexp.MustCompile(`^/2015-03-31/event-source-mappings/?$`), "ListEventSourceMappings"},
	{"eks", "GET", regexp.MustCompile(`^/clusters$`), "ListClusters"},
	{"apigateway", "GET", regexp.MustCompile(`^/restapis$`), "GetRestApis"},
	{"apigateway", "GET", regexp.MustCompile(`^/v2/apis$`), "GetApis"},
	{"elasticfilesystem", "GET", regexp.MustCompile(`^/2015-02-01/file-systems/?$`), "DescribeFileSystems"},
	{"backup", "GET", regexp.MustCompile(`^/backup-vaults/?$`), "ListBackupVaults"},
	{"backup", "GET", regexp.MustCompile(`^/backup/plans/?$`), "ListBackupPlans"},
	{"backup", "GET", regexp.MustCompile(`^/resources/?$`), "ListProtectedResources"},
	{"guardduty", "GET", regexp.MustCompile(`^/detector$`), "ListDetectors"},
	{"securityhub", "GET", regexp.MustCompile(`^/accounts$`), "DescribeHub"},
	{"route53", "GET", regexp.MustCompile(`^/2013-04-01/hostedzone$`), "ListHostedZones"},
	{"cloudfront", "GET", regexp.MustCompile(`^/[0-9-]+/distribution$`), "ListDistributions"},
	{"s3", "GET", regexp.MustCompile(`^/$`), "ListBuckets"},
}

func restOp(service string, h *http.Request) string {
	for _, o := range rest {
		if o.service == service && o.method == h.Method && o.path.MatchString(h.URL.Path) {
			return o.op
		}
	}
	if service == "s3" {
		for _, b := range bucketCalls {
			if h.URL.Query().Has(b.query) {
				return b.op
			}
		}
	}
	return h.Method + " " + h.URL.Path
}

// text gives a parameter, wherever the protocol has it.
func (r *request) text(name string) string {
	switch {
	case r.form != nil:
		return r.form.Get(name)
	case r.input[name] != nil:
		if n, ok := r.input[name].(float64); ok {
			return strconv.Itoa(int(n))
		}
		return fmt.Sprint(r.input[name])
	}
	return r.URL.Query().Get(name)
}

// page is one page of a list: the numbers from from to before, and the token of the next, or "".
type page struct {
	from, before int
	next         string
}

// turn cuts the page that is asked for: size and token are the names of the parameters, most is what AWS gives at most, usual what
// it gives to those who do not ask.
func (r *request) turn(total int, size, token string, usual, most int) page {
	n, err := strconv.Atoi(r.text(size))
	if err != nil || n <= 0 {
		n = usual
	}
	if n = min(n, most); r.plan.PageSize > 0 {
		n = min(n, r.plan.PageSize)
	}
	from, _ := strconv.Atoi(strings.TrimPrefix(r.text(token), tokenPrefix))
	p := page{from: min(from, total), before: min(from+n, total)}
	switch {
	case r.repeat:
		p.next = tokenPrefix + strconv.Itoa(from)
	case p.before < total:
		p.next = tokenPrefix + strconv.Itoa(p.before)
	}
	return p
}

// tokenPrefix makes tokens look as little like numbers as AWS's do.
const tokenPrefix = "next-"
