package api_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"vigie/internal/customer"
	"vigie/internal/kit/api"
	"vigie/internal/kit/api/apitest"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
)

// odd is a room whose operations go wrong in every way, and count how often they ran.
type odd struct {
	runs    atomic.Int64
	fail    atomic.Bool
	entered chan struct{}
	leave   chan struct{}
}

type made struct {
	N int64 `json:"n"`
}

func (o *odd) Register(a *api.API) {
	type nothing struct{}
	api.Get(a, api.Op{Path: "/odd/panic", Tag: "Odd"}, func(context.Context, *nothing) (made, error) { panic("secret of the stack") })
	api.Get(a, api.Op{Path: "/odd/error", Tag: "Odd"}, func(context.Context, *nothing) (made, error) {
		return made{}, errors.New("password=hunter2")
	})
	api.Get(a, api.Op{Path: "/odd/busy", Tag: "Odd"}, func(context.Context, *nothing) (made, error) {
		return made{}, fmt.Errorf("wrapped: %w", fault.New(fault.Unavailable, "fault.busy"))
	})
	api.Post(a, api.Op{Path: "/odd/count", Tag: "Odd", Secret: true}, func(_ context.Context, in *struct{ Body struct{ Name string } }) (made, error) {
		if o.fail.Load() {
			return made{}, errors.New("broken")
		}
		return made{o.runs.Add(1)}, nil
	})
	api.Post(a, api.Op{Path: "/odd/slow", Tag: "Odd"}, func(context.Context, *nothing) (made, error) {
		o.entered <- struct{}{}
		<-o.leave
		return made{o.runs.Add(1)}, nil
	})
	api.Post(a, api.Op{Path: "/odd/deep", Tag: "Odd"}, func(_ context.Context, in *struct {
		Body struct {
			Regions []string `json:"regions"`
			Rule    struct {
				Depth int `json:"depth"`
			} `json:"rule"`
		}
	}) (made, error) {
		return made{}, nil
	})
}

func serve(t *testing.T, d *db.DB, c clock.Clock) (*apitest.Server, *apitest.Client, *odd) {
	o := &odd{entered: make(chan struct{}, 10), leave: make(chan struct{})}
	s := apitest.New(t, d, c, customer.Resolve, customer.NewService(d), o)
	return s, s.As("admin", permission.Admin, db.GrantAll()), o
}

func TestSameKeyIsDoneOnce(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s, admin, o := serve(t, d, c)
		body := `{"slug":"acme","name":"Acme"}`
		first := admin.Do(t, "POST", "/customers", body, "Idempotency-Key", "k1").Want(t, 201)
		again := admin.Do(t, "POST", "/customers", body, "Idempotency-Key", "k1").Want(t, 201)
		if first.Body != again.Body || again.Header.Get("Location") != first.Header.Get("Location") || again.Header.Get("ETag") != `"v1"` ||
			again.Header.Get("Content-Type") != first.Header.Get("Content-Type") {
			t.Errorf("again: %v %s", again.Header, again.Body)
		}
		admin.Do(t, "POST", "/customers", `{"slug":"acme2","name":"Acme"}`, "Idempotency-Key", "k1").Want(t, 422)
		admin.Do(t, "POST", "/contacts", body, "Idempotency-Key", "k1").Want(t, 422)
		// Keys are each caller's own.
		s.As("boss", permission.Manager, db.GrantAll()).Do(t, "POST", "/customers", body, "Idempotency-Key", "k1").Want(t, 409)
		// A refusal frees the key.
		admin.Do(t, "POST", "/customers", `{"slug":"A"}`, "Idempotency-Key", "k2").Want(t, 422)
		admin.Do(t, "POST", "/customers", `{"slug":"beta","name":"Beta"}`, "Idempotency-Key", "k2").Want(t, 201)
		admin.Do(t, "POST", "/customers", body, "Idempotency-Key", strings.Repeat("x", 256)).Want(t, 422)
		// After a day the key is new.
		c.Advance(25 * time.Hour)
		admin.Do(t, "POST", "/customers", body, "Idempotency-Key", "k1").Want(t, 409)

		// An answer with a secret in it is not readable in the database, and still the same.
		one := admin.Do(t, "POST", "/odd/count", `{"Name":"x"}`, "Idempotency-Key", "s").Want(t, 201)
		two := admin.Do(t, "POST", "/odd/count", `{"Name":"x"}`, "Idempotency-Key", "s").Want(t, 201)
		if one.Body != two.Body || o.runs.Load() != 1 {
			t.Errorf("secret answer: %s, then %s", one.Body, two.Body)
		}
		var stored string
		err := d.View(t.Context(), db.GrantAll(), func(tx *db.Tx) error {
			return tx.Get(t.Context(), &stored, `SELECT body FROM {idempotency} WHERE key = 's'`)
		})
		if err != nil || stored == "" || strings.Contains(stored, `"n"`) {
			t.Errorf("stored %q (%v)", stored, err)
		}
		// Where the end is unknown, nothing is done a second time.
		o.fail.Store(true)
		admin.Do(t, "POST", "/odd/count", `{"Name":"y"}`, "Idempotency-Key", "f").Want(t, 500)
		o.fail.Store(false)
		admin.Do(t, "POST", "/odd/count", `{"Name":"y"}`, "Idempotency-Key", "f").Want(t, 409)
	})
}

func TestSameKeyAtOnceIsDoneOnce(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		_, admin, o := serve(t, d, c)
		answers := make(chan int, 8)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() { answers <- admin.Do(t, "POST", "/odd/slow", "", "Idempotency-Key", "k").Status })
		}
		<-o.entered
		for range 7 {
			select {
			case status := <-answers:
				if status != http.StatusConflict {
					t.Errorf("meanwhile: %d, want 409", status)
				}
			case <-o.entered:
				close(o.leave)
				t.Fatal("two at the same time")
			}
		}
		close(o.leave)
		wg.Wait()
		if status := <-answers; status != 201 || o.runs.Load() != 1 {
			t.Errorf("status %d, ran %d times", status, o.runs.Load())
		}
		admin.Do(t, "POST", "/odd/slow", "", "Idempotency-Key", "k").Want(t, 201)
		if o.runs.Load() != 1 {
			t.Errorf("ran %d times", o.runs.Load())
		}
	})
}

func TestExports(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s, admin, _ := serve(t, d, c)
		var acme customer.Customer
		admin.Do(t, "POST", "/customers", `{"slug":"acme","name":"Acme"}`).Want(t, 201).JSON(t, &acme)
		names := []string{`=HYPERLINK("x")`, "+1", "-1", "@x", "plain", `quo"te, comma`, "two\nlines", "Élan"}
		for i := range 1100 {
			body, _ := json.Marshal(map[string]string{"customer": "acme", "name": fmt.Sprintf("%s %04d", names[i%len(names)], i)})
			if res := admin.Do(t, "POST", "/contacts", string(body)); res.Status != 201 {
				t.Fatal(res)
			}
		}
		res := admin.Do(t, "GET", "/contacts", "", "Accept", "text/csv;q=0.9, application/json;q=0.1").Want(t, 200)
		rows, err := csv.NewReader(strings.NewReader(res.Body)).ReadAll()
		if err != nil || len(rows) != 1101 {
			t.Fatalf("%d rows (%v)", len(rows), err)
		}
		seen := map[string]bool{}
		for _, r := range rows[1:] {
			if strings.ContainsRune("=+-@", rune(r[2][0])) {
				t.Errorf("a spreadsheet would run %q", r[2])
			}
			if i := strings.LastIndexByte(r[2], ' '); !slices.Contains(names, api.PlainCell(r[2])[:len(api.PlainCell(r[2]))-5]) {
				t.Errorf("%q does not come back (%d)", r[2], i)
			}
			seen[r[0]] = true
		}
		if len(seen) != 1100 {
			t.Errorf("%d different rows", len(seen))
		}
		if lines := strings.Count(admin.Do(t, "GET", "/contacts?format=csv&limit=3&name.prefix=plain", "").Want(t, 200).Body, "\r\n"); lines != 4 {
			t.Errorf("%d lines, want 4", lines)
		}
		none := s.As("none", permission.Viewer, db.Grant())
		if got := none.Do(t, "GET", "/contacts?format=csv", "").Want(t, 200).Body; got != "id,customer,name,email,phone,job,language,time_zone,channels,escalation_level,escalation_role,duty_hours,version,created_at,updated_at\r\n" {
			t.Errorf("empty export: %q", got)
		}
		admin.Do(t, "GET", "/contacts?format=pdf", "").Want(t, 422)

		res = admin.Do(t, "GET", "/contacts", "", "Accept", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet").Want(t, 200)
		f, err := excelize.OpenReader(bytes.NewReader([]byte(res.Body)))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		sheet, err := f.GetRows("Sheet1")
		if err != nil || len(sheet) != 1101 || sheet[0][2] != "name" {
			t.Fatalf("%d rows in the sheet (%v)", len(sheet), err)
		}
		if formula, err := f.GetCellFormula("Sheet1", "C2"); err != nil || formula != "" {
			t.Errorf("a formula in the sheet: %q (%v)", formula, err)
		}
	})
}

func TestFaultsBecomeProblems(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(dbtest.Start)
	s, admin, _ := serve(t, dbtest.SQLite(t, c), c)
	for path, secret := range map[string]string{"/odd/panic": "secret of the stack", "/odd/error": "hunter2"} {
		res := admin.Do(t, "GET", path, "").Want(t, 500)
		p := res.Problem(t)
		if strings.Contains(res.Body, secret) || strings.Contains(res.Body, ".go") || !strings.HasPrefix(p.Instance, "urn:uuid:") {
			t.Errorf("%s shows too much: %s", path, res.Body)
		}
		if log := s.Log.String(); !strings.Contains(log, secret) || !strings.Contains(log, p.Instance[9:]) {
			t.Errorf("%s is not in the log: %s", path, log)
		}
	}
	if res := admin.Do(t, "GET", "/odd/busy", "").Want(t, 503); res.Header.Get("Retry-After") == "" {
		t.Errorf("no Retry-After: %v", res.Header)
	}
	res := s.Nobody().Do(t, "GET", "/customers", "", "Accept-Language", "fr-CH, fr;q=0.9").Want(t, 401)
	if p := res.Problem(t); p.Type != "urn:vigie:problem:unauthorized" || p.Title != "Personne n’est connecté" || res.Header.Get("WWW-Authenticate") == "" {
		t.Errorf("401: %+v %v", p, res.Header)
	}
	var fields []string
	for _, f := range admin.Do(t, "POST", "/odd/deep", `{"regions":["a",1],"rule":{"depth":"x","more":1}}`).Want(t, 422).Problem(t).Errors {
		fields = append(fields, f.In+" "+f.Field)
	}
	if got := strings.Join(fields, ", "); got != "body regions[1], body rule.depth, body rule.more" {
		t.Errorf("fields: %s", got)
	}
	admin.Do(t, "POST", "/odd/deep", "a=b", "Content-Type", "application/x-www-form-urlencoded").Want(t, 415).Problem(t)
	res = admin.Do(t, "DELETE", "/customers", "").Want(t, 405)
	if allow := res.Header.Get("Allow"); !strings.Contains(allow, "POST") {
		t.Errorf("Allow: %q", allow)
	}
	// A page of another site cannot make a browser act here.
	admin.Do(t, "POST", "/customers", `{"slug":"evil","name":"x"}`, "Sec-Fetch-Site", "cross-site").Want(t, 403).Problem(t)
}

func TestConditions(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]int64{"": 0, "*": 0, `"v3"`: 3, `W/"v3"`: 3, ` "v12" `: 12, `"3"`: -1, "v3": -1, `"v0"`: -1, `"vx"`: -1, `"v1", "v2"`: -1, `"v99999999999999999999"`: -1} {
		if got := (api.Match{IfMatch: header}).Expected(); got != want {
			t.Errorf("%q: %d, want %d", header, got, want)
		}
	}
	c := clock.NewManual(dbtest.Start)
	_, admin, _ := serve(t, dbtest.SQLite(t, c), c)
	admin.Do(t, "POST", "/customers", `{"slug":"acme","name":"Acme"}`).Want(t, 201)
	for header, want := range map[string]int{`"v1"`: 304, `W/"v1"`: 304, `"v0", "v1"`: 304, "*": 304, `"v2"`: 200, "": 200} {
		if res := admin.Do(t, "GET", "/customers/acme", "", "If-None-Match", header); res.Status != want || (want == 304) != (res.Body == "") || res.Header.Get("ETag") != `"v1"` {
			t.Errorf("If-None-Match %s: %d %q", header, res.Status, res.Body)
		}
	}
}

func TestRequestsAreAdmitted(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(dbtest.Start)
	s, admin, _ := serve(t, dbtest.SQLite(t, c), c)
	inside, entered := 0, 0
	var refuse error
	s.Admit = func(w http.ResponseWriter, r *http.Request) (func(), error) {
		if permission.From(r.Context()).ID == "" {
			t.Error("it is not known who asks")
		}
		w.Header().Set("RateLimit", "said")
		if refuse != nil {
			return nil, refuse
		}
		inside++
		entered++
		return func() { inside-- }, nil
	}
	if res := admin.Do(t, "GET", "/customers", "").Want(t, 200); res.Header.Get("RateLimit") != "said" {
		t.Errorf("headers: %v", res.Header)
	}
	admin.Do(t, "GET", "/nowhere", "").Want(t, 404)
	admin.Do(t, "POST", "/customers", `{"slug":"","name":""}`).Want(t, 422)
	if inside != 0 || entered != 3 {
		t.Errorf("%d entered, %d are still inside", entered, inside)
	}
	refuse = fault.New(fault.Limited, "api.problem.limited", "seconds", 7)
	res := admin.Do(t, "GET", "/customers", "", "Accept-Language", "fr").Want(t, 429)
	if res.Header.Get("Retry-After") != "7" || res.Header.Get("Content-Type") != "application/problem+json" || !strings.Contains(res.Body, "7 s") || !strings.Contains(res.Body, "requêtes") {
		t.Errorf("%v %s", res.Header, res.Body)
	}
}

func TestDescription(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(dbtest.Start)
	s, _, _ := serve(t, dbtest.SQLite(t, c), c)
	var spec struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			OperationID string
			Parameters  []struct{ Name, In string }
			Responses   map[string]any
		}
		Components struct{ Schemas map[string]any }
	}
	raw := s.Nobody().Do(t, "GET", "/api/openapi.json", "").Want(t, 200)
	raw.JSON(t, &spec)
	if !strings.HasPrefix(spec.OpenAPI, "3.1") {
		t.Errorf("OpenAPI %s", spec.OpenAPI)
	}
	list := spec.Paths["/api/v1/contacts"]["get"]
	var names []string
	for _, p := range list.Parameters {
		names = append(names, p.Name)
	}
	for _, want := range []string{"customer", "limit", "cursor", "sort", "q", "name", "name.contains", "created_at.after", "format"} {
		if !slices.Contains(names, want) {
			t.Errorf("no parameter %s in %v", want, names)
		}
	}
	for _, want := range []string{"Customer", "CustomerList", "Problem", "CustomerContact"} {
		if spec.Components.Schemas[want] == nil && spec.Components.Schemas[strings.TrimPrefix(want, "Customer")] == nil {
			t.Errorf("no schema %s", want)
		}
	}
	for _, line := range strings.Split(raw.Body, "\n") {
		if _, ref, ok := strings.Cut(line, `"#/components/schemas/`); ok {
			name, _, _ := strings.Cut(ref, `"`)
			if spec.Components.Schemas[name] == nil {
				t.Errorf("dangling reference to %s", name)
			}
		}
	}
	// Every parameter of a path is there, and none is there twice.
	for path, item := range spec.Paths {
		for method, op := range item {
			seen := map[string]bool{}
			for _, p := range op.Parameters {
				if seen[p.In+" "+p.Name] {
					t.Errorf("%s %s has %s twice", method, path, p.Name)
				}
				seen[p.In+" "+p.Name] = true
			}
		}
	}
	docs := s.Nobody().Do(t, "GET", "/api/docs", "").Want(t, 200)
	for _, want := range []string{"/api/v1/customers/{customer}", "Idempotency-Key", "time_zone", "If-Match"} {
		if !strings.Contains(docs.Body, want) {
			t.Errorf("%s is not in the readable page", want)
		}
	}
	for _, never := range []string{"<script", "http://", "https://", "style="} {
		if strings.Contains(docs.Body, never) {
			t.Errorf("the readable page has %s", never)
		}
	}
}

type hidden struct {
	ID string `path:"id"`
}

type unbound struct{}

func (unbound) Register(a *api.API) {
	api.Get(a, api.Op{Path: "/things/{id}", Tag: "Things"}, func(context.Context, *struct{ hidden }) (made, error) { return made{}, nil })
}

func TestInputWithoutItsParameterIsRefusedAtStart(t *testing.T) {
	t.Parallel()
	defer func() {
		if p := recover(); !strings.Contains(fmt.Sprint(p), "GET /api/v1/things/{id}") {
			t.Errorf("panic: %v", p)
		}
	}()
	c := clock.NewManual(dbtest.Start)
	apitest.New(t, dbtest.SQLite(t, c), c, customer.Resolve, unbound{})
	t.Error("an operation whose id is always empty was taken")
}
