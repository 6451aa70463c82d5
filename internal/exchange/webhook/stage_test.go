package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"vigie/internal/customer"
	"vigie/internal/exchange/webhook"
	"vigie/internal/kit/api/apitest"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/outbound"
	"vigie/internal/platform/seal/sealtest"
	"vigie/internal/trust/permission"
	"vigie/test/pg"
)

func TestMain(m *testing.M) { pg.Main(m) }

// receiver takes messages, and answers as it is told.
type receiver struct {
	lock    sync.Mutex
	status  int
	arrived chan struct{} // nil where nobody waits
	got     []*http.Request
	bodies  []string
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.lock.Lock()
	defer r.lock.Unlock()
	r.got, r.bodies = append(r.got, req), append(r.bodies, string(body))
	if r.arrived != nil {
		r.arrived <- struct{}{}
	}
	w.Header().Set("Retry-After", "3600")
	w.WriteHeader(r.status)
	_, _ = io.WriteString(w, "heard\x00 "+strings.Repeat("x", 5000))
}

func (r *receiver) answer(status int) {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.status = status
}

func (r *receiver) count() int {
	r.lock.Lock()
	defer r.lock.Unlock()
	return len(r.got)
}

// verified checks the last message as a receiver would, and gives its type and the number of signatures that fit.
func (r *receiver) verified(t *testing.T, secrets ...string) (event string, fit int) {
	t.Helper()
	r.lock.Lock()
	defer r.lock.Unlock()
	req, body := r.got[len(r.got)-1], r.bodies[len(r.bodies)-1]
	for _, s := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, "whsec_"))
		if err != nil {
			t.Fatal(err)
		}
		mac := hmac.New(sha256.New, key)
		_, _ = io.WriteString(mac, req.Header.Get("webhook-id")+"."+req.Header.Get("webhook-timestamp")+"."+body)
		if strings.Contains(req.Header.Get("webhook-signature"), "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil))) {
			fit++
		}
	}
	var m struct{ Type string }
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatal(err)
	}
	return m.Type, fit
}

type stage struct {
	*webhook.Service
	db       *db.DB
	clock    *clock.Manual
	receiver *receiver
	admin    *apitest.Client
	viewer   *apitest.Client
	manager  *apitest.Client
	partial  *apitest.Client // an administrator of bolt
	url      string
	letters  *letters
}

// letters keeps what people were written, and takes no address that is refused.
type letters struct {
	lock   sync.Mutex
	sent   []webhook.Mail
	refuse string
}

func (l *letters) Disabled(_ context.Context, _ *db.Tx, m webhook.Mail) error {
	l.lock.Lock()
	defer l.lock.Unlock()
	if m.To.Email == l.refuse {
		return fault.New(fault.Invalid, "fault.not_found")
	}
	l.sent = append(l.sent, m)
	return nil
}

func on(t *testing.T, test func(*testing.T, *stage)) {
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) { test(t, open(t, d, c)) })
}

func open(t testing.TB, d *db.DB, c *clock.Manual) *stage {
	s := &stage{db: d, clock: c, receiver: &receiver{status: 204}, letters: &letters{}}
	srv := httptest.NewServer(s.receiver)
	t.Cleanup(srv.Close)
	s.url = srv.URL
	s.Service = webhook.New(webhook.Parts{DB: d, Clock: c, Log: slog.New(slog.DiscardHandler), Seal: sealtest.New(t), Policy: outbound.Policy{Allow: []string{"127.0.0.1"}}, Resolve: customer.Resolve, Mailer: s.letters,
		Topics: []webhook.Topic{{Record: "contact", Actions: []string{"create", "update"}}, {Record: "customer", Actions: []string{"update"}}, {Record: "user", Actions: []string{"create"}, Instance: true}},
		Hand:   func(ctx context.Context, customer, delivery string) error { return s.Deliver(ctx, customer, delivery) }})
	server := apitest.New(t, d, c, customer.Resolve, customer.NewService(d), s.Service)
	s.admin = server.As("admin", permission.Admin, db.GrantAll())
	s.viewer = server.As("engineer", permission.Engineer, db.GrantAll())
	for _, slug := range []string{"acme", "bolt"} {
		s.admin.Do(t, "POST", "/customers", `{"slug":"`+slug+`","name":"`+slug+`"}`).Want(t, 201)
	}
	var bolt struct{ ID string }
	s.admin.Do(t, "GET", "/customers/bolt", "").Want(t, 200).JSON(t, &bolt)
	s.manager = server.As("manager", permission.Manager, db.GrantAll())
	s.partial = server.As("partial", permission.Admin, db.Grant(bolt.ID))
	return s
}

func (s *stage) create(t *testing.T, events string) (w webhook.Webhook, secret string) {
	t.Helper()
	return s.createFor(t, "acme", events)
}

func (s *stage) createFor(t *testing.T, customer, events string) (webhook.Webhook, string) {
	t.Helper()
	var made webhook.Created
	s.admin.Do(t, "POST", "/webhooks", `{"customer":"`+customer+`","name":"CRM","url":"`+s.url+`","events":`+events+`}`).Want(t, 201).JSON(t, &made)
	if !strings.HasPrefix(made.Secret, "whsec_") {
		t.Errorf("no secret: %+v", made)
	}
	return made.Webhook, made.Secret
}

func (s *stage) deliveries(t *testing.T) []webhook.Delivery {
	t.Helper()
	var page struct{ Items []webhook.Delivery }
	s.admin.Do(t, "GET", "/webhook-deliveries", "").Want(t, 200).JSON(t, &page)
	return page.Items
}

// running sends in the background until the test ends.
func (s *stage) running(tb testing.TB) {
	tb.Helper()
	s.receiver.lock.Lock()
	s.receiver.arrived = make(chan struct{}, 100)
	s.receiver.lock.Unlock()
	stop := s.db.Hear(s.Heard)
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { s.Run(ctx) })
	tb.Cleanup(func() { stop(); cancel(); done.Wait() })
}
