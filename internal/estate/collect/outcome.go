package collect

import (
	"context"
	"errors"
	"net"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/smithy-go"
)

// Outcome is how a scope (account, region, type) ended. Only inside Complete may a CI be marked gone.
type Outcome string

// The outcomes of CONTRACT.md.
const (
	Complete     Outcome = "complete"
	Denied       Outcome = "denied"
	RegionOff    Outcome = "region_off"
	ThrottledOut Outcome = "throttled_out"
	Failed       Outcome = "failed"
	Skipped      Outcome = "skipped"
)

// Outcomes lists all outcomes, the good one first.
func Outcomes() []Outcome {
	return []Outcome{Complete, Denied, RegionOff, ThrottledOut, Failed, Skipped}
}

// Result is the end of one scope.
type Result struct {
	Outcome Outcome
	Action  string // IAM action that was denied or failed: "ec2:DescribeInstances"
	Message string // what AWS said, cut and without secrets; for Failed with the page
	Items   int
	Calls   int
	Page    int
}

// Classify turns the error of a collector into an outcome. It is pure.
func Classify(err error) Result {
	if err == nil {
		return Result{Outcome: Complete}
	}
	r := Result{Outcome: Failed, Message: message(err)}
	var ce *CallError
	if errors.As(err, &ce) {
		r.Action, r.Page = IAMAction(ce.Action), ce.Page
	}
	code := errorCode(err)
	switch {
	case errors.Is(err, context.Canceled):
		r.Outcome = Skipped
	case errors.Is(err, ErrOpenRole):
		r.Outcome, r.Message = Denied, ErrOpenRole.Error()
	case errors.Is(err, ErrSkip):
		r.Outcome = Skipped
	case throttling(code):
		r.Outcome = ThrottledOut
	case slices.Contains(offCodes, code):
		r.Outcome = RegionOff
	case strings.Contains(code, "AccessDenied") || slices.Contains(deniedCodes, code):
		r.Outcome = Denied
		if a := deniedAction.FindStringSubmatch(err.Error()); a != nil {
			r.Action = a[1]
		}
	case absentService(err):
		r.Outcome = Skipped
		r.Message = NotOffered
	}
	return r
}

// NotOffered is the message of a scope that was skipped since its region lacks the service: there is nothing to see.
const NotOffered = "the service is not offered in this region"

// ErrSkip ends a collector that has nothing to look at here; wrap it with the reason.
var ErrSkip = errors.New("skipped")

// ErrOpenRole refuses a role that anybody who knows its name may assume: it does not ask for the ExternalId.
var ErrOpenRole = errors.New("the role can be assumed without the ExternalId; add the sts:ExternalId condition to its trust policy")

var (
	offCodes     = []string{"OptInRequired", "SubscriptionRequiredException", "InvalidClientTokenId", "UnrecognizedClientException", "InvalidSecurity"}
	deniedCodes  = []string{"UnauthorizedOperation", "AuthorizationError", "AuthorizationErrorException", "UnauthorizedException", "NotAuthorized", "AuthFailure", "Forbidden", "403"}
	throttleCode = regexp.MustCompile(`(?i)throttl|toomanyrequests|requestlimitexceeded|slowdown|bandwidthlimitexceeded|provisionedthroughputexceeded|priorrequestnotcomplete|^429$|limitexceededexception$`)
	deniedAction = regexp.MustCompile(`not authorized to perform: ([a-z0-9-]+:[A-Za-z0-9]+)`)
)

func throttling(code string) bool { return code != "" && throttleCode.MatchString(code) }

// errorCode gives the code of AWS, or "".
func errorCode(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// absentService: the name of the endpoint does not exist, which is how a service that a region lacks looks.
func absentService(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound
}

// Reason says in short what denied a call, where AWS tells it: "scp", "resource_policy", "permissions_boundary", "session_policy",
// "identity_policy" or "".
func Reason(message string) string {
	m := strings.ToLower(message)
	for _, p := range [][2]string{
		{"service control policy", "scp"}, {"resource control policy", "rcp"}, {"permissions boundary", "permissions_boundary"},
		{"session policy", "session_policy"}, {"resource-based policy", "resource_policy"}, {"identity-based policy", "identity_policy"},
	} {
		if strings.Contains(m, p[0]) {
			return p[1]
		}
	}
	return ""
}

func message(err error) string {
	m := Text(err.Error())
	var api smithy.APIError
	if errors.As(err, &api) {
		m = Text(api.ErrorMessage())
		if api.ErrorCode() != "" {
			m = api.ErrorCode() + ": " + m
		}
	}
	if len(m) > 500 {
		m = strings.ToValidUTF8(m[:500], "") + "…"
	}
	return m
}
