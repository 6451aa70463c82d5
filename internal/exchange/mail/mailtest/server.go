// Package mailtest is a mail server for tests: it takes mail, defers it, refuses it, or drops the line, as it is told. It is for
// tests only.
package mailtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Taken is a message that the server has.
type Taken struct {
	From, To, User, Data string
	TLS                  bool
}

// Server is a mail server on a port of this machine.
type Server struct {
	Port     int
	Trust    *tls.Config // trusts the server's certificate
	User     string      // who may send; empty lets everybody
	Password string

	// Rcpt, if set, answers to each receiver; nil takes it.
	Rcpt func(to string) error
	// Data, if set, answers to each message once it is read; ErrDrop breaks the line instead.
	Data func() error

	mu    sync.Mutex
	taken []Taken
}

// ErrDrop breaks the connection without an answer.
var ErrDrop = errors.New("drop the line")

// Refuse is an answer of a server: Refuse(550, 5, 1, 1, "nobody here").
func Refuse(code, class, subject, detail int, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{class, subject, detail}, Message: text}
}

// Start serves until the test ends. implicit speaks TLS from the first byte; otherwise STARTTLS is offered, unless plain.
func Start(t testing.TB, implicit, plain bool) *Server {
	t.Helper()
	cert, pool := Certificate(t)
	s := &Server{Trust: &tls.Config{RootCAs: pool}}
	srv := smtp.NewServer(s)
	srv.Domain, srv.AllowInsecureAuth = "localhost", true
	srv.ReadTimeout, srv.WriteTimeout = time.Minute, time.Minute
	srv.ErrorLog = Quiet{}
	if !plain {
		srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}}
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Port = ln.Addr().(*net.TCPAddr).Port
	if implicit {
		ln = tls.NewListener(ln, srv.TLSConfig)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(ln)
	}()
	t.Cleanup(func() {
		_ = srv.Close()
		<-done
	})
	return s
}

// Taken gives what the server has, in order.
func (s *Server) Taken() []Taken {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Taken(nil), s.taken...)
}

// NewSession implements smtp.Backend.
func (s *Server) NewSession(c *smtp.Conn) (smtp.Session, error) {
	_, secure := c.TLSConnectionState()
	return &session{server: s, conn: c, taken: Taken{TLS: secure}}, nil
}

type session struct {
	server *Server
	conn   *smtp.Conn
	taken  Taken
}

// AuthMechanisms implements smtp.AuthSession.
func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

// Auth implements smtp.AuthSession.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.server.User || password != s.server.Password {
			return smtp.ErrAuthFailed
		}
		s.taken.User = user
		return nil
	}), nil
}

// Mail implements smtp.Session.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.User != "" && s.taken.User == "" {
		return smtp.ErrAuthRequired
	}
	s.taken.From = from
	return nil
}

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.taken.To = to
	if s.server.Rcpt != nil {
		return s.server.Rcpt(to)
	}
	return nil
}

// Data implements smtp.Session.
func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	keep := func() {
		s.server.mu.Lock()
		defer s.server.mu.Unlock()
		s.taken.Data = string(b)
		s.server.taken = append(s.server.taken, s.taken)
	}
	if s.server.Data != nil {
		if err := s.server.Data(); err != nil {
			if errors.Is(err, ErrDrop) {
				keep() // it has the message, and we shall never know
				_ = s.conn.Conn().Close()
			}
			return err
		}
	}
	keep()
	return nil
}

// Reset implements smtp.Session.
func (s *session) Reset() { s.taken.From, s.taken.To = "", "" }

// Logout implements smtp.Session.
func (s *session) Logout() error { return nil }

// Quiet is a log that nobody reads: what servers say of lines that tests break.
type Quiet struct{}

// Printf says nothing.
func (Quiet) Printf(string, ...any) {}

// Println says nothing.
func (Quiet) Println(...any) {}

// Certificate is good for this machine, for an hour about now.
func Certificate(t testing.TB) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(c)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}
