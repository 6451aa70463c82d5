package awssim

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Server is a running simulator.
type Server struct {
	URL  string // fit for AWS_ENDPOINT_URL
	plan Plan

	mu    sync.Mutex
	calls map[string]int // by action
	spent []int          // how often each fault has happened
	keep  func(Exchange)
	bufs  sync.Pool

	connections atomic.Int64
}

// Exchange is one call as it went over the wire.
type Exchange struct {
	Service, Op string
	Status      int
	Header      http.Header
	Body        []byte
}

// Start runs a simulator until the test ends.
func Start(tb testing.TB, p Plan) *Server {
	tb.Helper()
	s := &Server{plan: p, calls: map[string]int{}, spent: make([]int, len(p.Faults))}
	s.bufs.New = func() any { return new(bytes.Buffer) }
	web := httptest.NewUnstartedServer(s)
	web.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.connections.Add(1)
		}
	}
	web.Start()
	tb.Cleanup(web.Close)
	s.URL = web.URL
	return s
}

// Break replaces the faults.
func (s *Server) Break(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plan.Faults, s.spent = faults, make([]int, len(faults))
}

// Keep has each exchange shown to see from now on.
func (s *Server) Keep(see func(Exchange)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep = see
}

// Connections tells how many connections were made since the start.
func (s *Server) Connections() int { return int(s.connections.Load()) }

// Calls tells how often an action was asked for since the start, or all of them for "".
func (s *Server) Calls(action string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if action != "" {
		return s.calls[action]
	}
	n := 0
	for _, c := range s.calls {
		n += c
	}
	return n
}

// Actions lists how often each action was asked for.
func (s *Server) Actions() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string]int, len(s.calls))
	for a, n := range s.calls {
		out[a] = n
	}
	return out
}

// keyPrefix begins the access keys that AssumeRole gives; the account follows.
const keyPrefix = "ASIA"

func (s *Server) accountOf(key string) string {
	if account, ok := strings.CutPrefix(key, keyPrefix); ok && len(account) == 12 {
		return account
	}
	return s.plan.Accounts[0]
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, h *http.Request) {
	r, err := s.read(h)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.calls[r.action()]++
	keep := s.keep
	s.mu.Unlock()

	f := s.fault(r)
	if f.Kind == Slow {
		select {
		case <-time.After(f.Delay):
		case <-h.Context().Done():
			return
		}
	}
	r.repeat = f.Kind == RepeatToken
	b := s.bufs.Get().(*bytes.Buffer)
	defer s.bufs.Put(b)
	b.Reset()
	status := http.StatusOK
	if code, message, st := refusal(r, f); code != "" {
		status = st
		r.writeError(w, b, code, message)
	} else if err := r.answer(b); err != nil {
		status = err.status
		b.Reset()
		r.writeError(w, b, err.code, err.message)
	}
	header := w.Header()
	if header.Get("Content-Type") == "" {
		header.Set("Content-Type", r.contentType())
	}
	if r.protocol == cborRPC {
		header.Set("Smithy-Protocol", "rpc-v2-cbor")
	}
	if r.service == "dynamodb" { // whose clients check it
		header.Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(b.Bytes())), 10))
	}
	header.Set("X-Amzn-Requestid", requestID)
	header.Set("Content-Length", strconv.Itoa(b.Len()))
	if keep != nil {
		keep(Exchange{Service: r.service, Op: r.op, Status: status, Header: header.Clone(), Body: bytes.Clone(b.Bytes())})
	}
	w.WriteHeader(status)
	if f.Kind == Cut {
		_, _ = w.Write(b.Bytes()[:b.Len()/2])
		panic(http.ErrAbortHandler) // ends the connection, without a word in the log
	}
	_, _ = w.Write(b.Bytes()) // a client that left is no concern of ours
}

// fault finds what goes wrong with a request, and counts it.
func (s *Server) fault(r *request) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	who := r.place
	if r.action() == "sts:AssumeRole" { // by the account that is to be entered
		who.account, _ = accountInRole(r.text("RoleArn"))
	}
	for i, f := range s.plan.Faults {
		switch {
		case f.Account != "" && f.Account != who.account, f.Region != "" && f.Region != who.region, f.Action != "" && f.Action != r.action():
		case f.Times > 0 && s.spent[i] >= f.Times:
		case f.Page > 0 && f.Page != r.pageNumber():
		default:
			s.spent[i]++
			return f
		}
	}
	return Fault{}
}

// pageNumber tells which page is asked for, by the token that is sent.
func (r *request) pageNumber() int {
	for _, name := range []string{"NextToken", "nextToken", "Marker", "ContinuationToken", "continuation-token", "ExclusiveStartTableName", "PaginationToken"} {
		if token, ok := strings.CutPrefix(r.text(name), tokenPrefix); ok {
			from, _ := strconv.Atoi(token)
			size := r.plan.PageSize
			if size == 0 {
				return 0 // faults by page need a page size
			}
			return from/size + 1
		}
	}
	return 1
}

func accountInRole(role string) (account, name string) {
	p := strings.SplitN(role, ":", 6)
	if len(p) < 6 {
		return "", ""
	}
	return p[4], strings.TrimPrefix(p[5], "role/")
}

const requestID = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"

// refused is an answer that says no.
type refused struct {
	status        int
	code, message string
}

// refusal is what a fault makes of a request; "" where it is answered all the same.
func refusal(r *request, f Fault) (code, message string, status int) {
	switch f.Kind {
	case Denied:
		return deniedCode(r), deniedMessage(r, f.Policy), http.StatusForbidden
	case Throttled:
		return throttle(r)
	case Broken:
		return "InternalFailure", "The request processing has failed because of an unknown error, exception or failure.", http.StatusInternalServerError
	case RegionOff:
		switch r.protocol {
		case ec2Query:
			return "OptInRequired", "You are not subscribed to this service. Please go to http://aws.amazon.com to subscribe.", http.StatusUnauthorized
		case query, restXML:
			return "InvalidClientTokenId", "The security token included in the request is invalid", http.StatusForbidden
		}
		return "UnrecognizedClientException", "The security token included in the request is invalid.", http.StatusForbidden
	}
	return "", "", 0
}

func deniedCode(r *request) string {
	switch r.protocol {
	case ec2Query:
		return "UnauthorizedOperation"
	case jsonRPC, restJSON, cborRPC:
		return "AccessDeniedException"
	}
	return "AccessDenied"
}

func deniedMessage(r *request, p Policy) string {
	action := r.action()
	if action == "s3:ListBuckets" {
		action = "s3:ListAllMyBuckets" // the permission has another name than the call
	}
	m := fmt.Sprintf("User: arn:aws:sts::%s:assumed-role/VigieReadOnly/vigie is not authorized to perform: %s %s", r.account, action, p.reason(action))
	if r.protocol == ec2Query {
		m = "You are not authorized to perform this operation. " + m
	}
	return m
}

func throttle(r *request) (code, message string, status int) {
	switch {
	case r.protocol == ec2Query:
		return "RequestLimitExceeded", "Request limit exceeded.", http.StatusServiceUnavailable
	case r.service == "s3":
		return "SlowDown", "Please reduce your request rate.", http.StatusServiceUnavailable
	case r.service == "lambda":
		return "TooManyRequestsException", "Rate exceeded", http.StatusTooManyRequests
	case r.protocol == query:
		return "Throttling", "Rate exceeded", http.StatusBadRequest
	}
	return "ThrottlingException", "Rate exceeded", http.StatusBadRequest
}
