package estimate_test

import (
	"context"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"vigie/internal/customer"
	"vigie/internal/kit/api/apitest"
	"vigie/internal/kit/i18n"
	"vigie/internal/onboard/estimate"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/locales"
)

// said are assessments by id, as the room of assessments would give them.
type said struct {
	latest   string
	customer string
	answers  map[string]estimate.Answers
}

func (s *said) Answers(_ context.Context, _ *db.Tx, ref string) (estimate.Assessed, error) {
	if ref == "" {
		ref = s.latest
	}
	a, ok := s.answers[ref]
	if !ok {
		return estimate.Assessed{}, fault.New(fault.NotFound, "fault.not_found")
	}
	return estimate.Assessed{ID: ref, Answers: a}, nil
}

func (s *said) CustomerOf(_ context.Context, _ *db.Tx, ref string) (string, error) {
	if _, ok := s.answers[ref]; !ok {
		return "", fault.New(fault.NotFound, "fault.not_found")
	}
	return s.customer, nil
}

const assessment = "01935a5e-0000-7000-8000-000000000001"

type stage struct {
	said   *said
	server *apitest.Server
	admin  *apitest.Client
}

func serve(t *testing.T, d *db.DB, c clock.Clock) *stage {
	t.Helper()
	b, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	s := &said{answers: map[string]estimate.Answers{assessment: {"ec2_instances": 40.0, "service_tier": "12x5", "aws_accounts": 3.0}}}
	room, err := estimate.New(estimate.Parts{DB: d, Catalogue: os.DirFS("../../../catalogue"), Assessments: s, Bundle: b, Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	out := &stage{said: s, server: apitest.New(t, d, c, customer.Resolve, customer.NewService(d), room)}
	out.admin = out.server.As("admin", permission.Admin, db.GrantAll())
	var made customer.Customer
	out.admin.Do(t, "POST", "/customers", `{"slug":"acme","name":"Acme Ltd","language":"fr"}`).Want(t, 201).JSON(t, &made)
	s.customer = made.ID
	return out
}

func (s *stage) create(t *testing.T, body string) (e estimate.Estimate) {
	t.Helper()
	s.admin.Do(t, "POST", "/estimates", body).Want(t, 201).JSON(t, &e)
	return e
}

func (s *stage) lines(t *testing.T, ref string) (l estimate.Lines) {
	t.Helper()
	s.admin.Do(t, "GET", "/estimates/"+ref+"/lines", "").Want(t, 200).JSON(t, &l)
	return l
}

// An estimate from an assessment: versions, a what-if that leaves no trace, issue, revision.
func TestEstimateLife(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := serve(t, d, c)
		made := s.create(t, `{"assessment":"`+assessment+`"}`)
		if made.Customer != "acme" || made.State != estimate.Draft || made.Latest != 1 || made.Tier != "12x5" || made.Assessment != assessment || !strings.Contains(made.Title, "Service managé") || made.Missing == 0 {
			t.Errorf("made: %+v", made)
		}
		first := s.lines(t, made.ID)
		if first.Setup.Cost != made.Setup || first.Month.Cost != made.Month {
			t.Errorf("the record says %v %v, its lines %v %v", made.Setup, made.Month, first.Setup.Cost, first.Month.Cost)
		}

		var tried estimate.Result
		s.admin.Do(t, "POST", "/estimates/"+made.ID+"/what-if", `{"tier":"24x7","units":{"ec2_instances":400},"modifiers":{"criticality":true}}`).Want(t, 200).JSON(t, &tried)
		if tried.Month.Cost.Likely.Amount == made.Month.Likely.Amount {
			t.Error("ten times the instances cost the same")
		}
		var still estimate.Estimate
		s.admin.Do(t, "GET", "/estimates/"+made.ID, "").Want(t, 200).JSON(t, &still)
		if !reflect.DeepEqual(still, made) {
			t.Errorf("a what-if changed the record: %+v, was %+v", still, made)
		}
		s.admin.Do(t, "POST", "/estimates/"+made.ID+"/what-if", `{"tier":"always","units":{"cats":1}}`).Want(t, 422)

		// The customer has answered more in the meantime.
		c.Advance(1e9)
		s.said.answers[assessment] = estimate.Answers{"ec2_instances": 60.0, "service_tier": "12x5", "aws_accounts": 3.0, "rds_databases": 4.0}
		var second estimate.Estimate
		s.admin.Do(t, "POST", "/estimates/"+made.ID+"/versions", `{"note":"two months later"}`).Want(t, 201).JSON(t, &second)
		if second.Latest != 2 || second.Missing >= made.Missing {
			t.Errorf("second: %+v", second)
		}
		var compared estimate.Comparison
		s.admin.Do(t, "GET", "/estimates/"+made.ID+"/comparison", "").Want(t, 200).JSON(t, &compared)
		why := map[string]estimate.Reason{}
		for _, d := range compared.Lines {
			for _, w := range d.Why {
				why[d.ID+" "+w.Question] = w.Reason
			}
		}
		if why["month_ec2 ec2_instances"] != estimate.AnswerChanged || why["month_rds rds_databases"] != estimate.AnswerChanged || len(why) != 2 {
			t.Errorf("why: %v", why)
		}
		// The first version is what it was.
		var all estimate.Versions
		s.admin.Do(t, "GET", "/estimates/"+made.ID+"/versions", "").Want(t, 200).JSON(t, &all)
		if len(all.Items) != 2 || !reflect.DeepEqual(all.Items[1].Result, first.Result) {
			t.Error("an earlier version has changed")
		}

		var issued estimate.Estimate
		s.admin.Do(t, "POST", "/estimates/"+made.ID+"/issue", "").Want(t, 200).JSON(t, &issued)
		if issued.State != estimate.Issued || issued.Reference != "EST-1" || issued.IssuedAt.IsZero() {
			t.Errorf("issued: %+v", issued)
		}
		for _, again := range []string{"/issue", "/versions"} {
			s.admin.Do(t, "POST", "/estimates/EST-1"+again, `{}`).Want(t, 409)
		}
		s.admin.Do(t, "PATCH", "/estimates/EST-1", `{"title":"Another"}`).Want(t, 409)

		var revision estimate.Estimate
		s.admin.Do(t, "POST", "/estimates/EST-1/revise", "").Want(t, 201).JSON(t, &revision)
		if revision.State != estimate.Draft || revision.Replaces != made.ID {
			t.Errorf("revision: %+v", revision)
		}
		s.admin.Do(t, "POST", "/estimates/EST-1/revise", "").Want(t, 409)
		s.admin.Do(t, "GET", "/estimates/"+revision.ID+"/comparison?with=EST-1&from=1", "").Want(t, 200)
		s.admin.Do(t, "POST", "/estimates/"+revision.ID+"/issue", "").Want(t, 200).JSON(t, &revision)
		s.admin.Do(t, "GET", "/estimates/EST-1", "").Want(t, 200).JSON(t, &issued)
		if revision.Reference != "EST-2" || issued.State != estimate.Superseded {
			t.Errorf("%s is %s, and EST-1 is %s", revision.Reference, revision.State, issued.State)
		}
	})
}

// What is kept of a version suffices to make it again.
func TestVersionIsReproducible(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := serve(t, d, clock.NewManual(dbtest.Start))
		made := s.create(t, `{"customer":"acme","answers":{"eks_clusters":2,"workloads":[{"name":"shop","criticality":"critical","environments":["production","test"]}]},"what_if":{"units":{"rds_databases":7.5}}}`)
		var kept struct {
			Model   string `db:"model"`
			Answers string `db:"answers"`
			WhatIf  string `db:"what_if"`
			Result  string `db:"result"`
		}
		err := d.View(t.Context(), db.GrantAll(), func(tx *db.Tx) error {
			return tx.Get(t.Context(), &kept, `SELECT CAST(v.model AS TEXT) AS model, CAST(v.answers AS TEXT) AS answers, CAST(v.what_if AS TEXT) AS what_if, CAST(v.result AS TEXT) AS result FROM {estimate_version} v WHERE v.estimate_id = ?`, made.ID)
		})
		if err != nil {
			t.Fatal(err)
		}
		var m estimate.Model
		var a estimate.Answers
		var w estimate.WhatIf
		var before, again estimate.Result
		for text, into := range map[string]any{kept.Model: &m, kept.Answers: &a, kept.WhatIf: &w, kept.Result: &before} {
			if err := json.Unmarshal([]byte(text), into); err != nil {
				t.Fatal(err)
			}
		}
		made2, err := estimate.Compute(m, a, w)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(made2)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &again); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(before, again) {
			t.Errorf("computed again it is another:\n%+v\n%+v", before, again)
		}
	})
}

func TestWhoMay(t *testing.T) {
	t.Parallel()
	s := serve(t, dbtest.SQLite(t, clock.NewManual(dbtest.Start)), clock.NewManual(dbtest.Start))
	made := s.create(t, `{"customer":"acme"}`)
	sales, viewer := s.server.As("sales", permission.Sales, db.GrantAll()), s.server.As("viewer", permission.Viewer, db.Grant(s.said.customer))
	sales.Do(t, "POST", "/estimates", `{"customer":"acme"}`).Want(t, 201)
	sales.Do(t, "POST", "/estimates/"+made.ID+"/issue", "").Want(t, 403)
	viewer.Do(t, "GET", "/estimates/"+made.ID, "").Want(t, 403)
	s.admin.Do(t, "POST", "/estimates", `{"customer":"nobody"}`).Want(t, 422)
	s.admin.Do(t, "POST", "/estimates", `{"assessment":"01935a5e-0000-7000-8000-000000000009"}`).Want(t, 422)
	s.admin.Do(t, "POST", "/estimates", `{"customer":"acme","answers":{"ec2_instances":"many"}}`).Want(t, 422)
	pdf := s.admin.Do(t, "GET", "/estimates/"+made.ID+"/document", "").Want(t, 200)
	if !strings.HasPrefix(pdf.Body, "%PDF") {
		t.Errorf("no PDF: %.40q", pdf.Body)
	}
	s.admin.Do(t, "GET", "/estimates/"+made.ID+"/document?format=xlsx", "").Want(t, 200)
}
