package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Security is how the way to a mail server is protected.
type Security string

// The ways. Both of the first refuse a server that cannot do TLS or whose certificate is not good.
const (
	TLS      Security = "tls"      // from the first byte, mostly port 465
	StartTLS Security = "starttls" // asked for, and insisted on, mostly port 587
	Plain    Security = "none"     // in the clear: for a relay on the same machine
)

// Server is a mail server that takes our mail.
type Server struct {
	Host     string
	Port     int
	Security Security
	User     string
	Password string
}

// Set tells whether there is a server at all.
func (s Server) Set() bool { return s.Host != "" }

// ParseServer reads smtps://user@host:465, smtp://user@host:587 (TLS by STARTTLS) or smtp+plain://host:25 (no TLS at all). A
// password in it is refused: addresses are seen by others.
func ParseServer(address string) (Server, error) {
	if address == "" {
		return Server{}, nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" {
		return Server{}, errors.New("want smtps://USER@HOST:465, smtp://USER@HOST:587, or smtp+plain://HOST:25")
	}
	s := Server{Host: u.Hostname(), User: u.User.Username()}
	switch u.Scheme {
	case "smtps":
		s.Security, s.Port = TLS, 465
	case "smtp":
		s.Security, s.Port = StartTLS, 587
	case "smtp+plain":
		s.Security, s.Port = Plain, 25
	default:
		return Server{}, fmt.Errorf("%q is none of smtps, smtp, smtp+plain", u.Scheme)
	}
	if _, set := u.User.Password(); set {
		return Server{}, errors.New("the address must not hold a password; give it in a file or a variable")
	}
	if p := u.Port(); p != "" {
		if s.Port, err = strconv.Atoi(p); err != nil || s.Port < 1 || s.Port > 65535 {
			return Server{}, fmt.Errorf("%q is no port", p)
		}
	}
	return s, nil
}

// DialFunc opens a connection.
type DialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// letter is a message made up, as it goes to a server.
type letter struct {
	id                string // of the message; also the left part of its Message-ID
	from, to, replyTo Address
	envelope          string // where bounces go; from's address if empty
	subject           string
	text, html        string
	attach            []Attachment
	at                time.Time
}

// compose makes the message of RFC 5322. Whatever could break out of a header is encoded or refused by the library, and was
// refused before by Message.check and by the settings.
func (l letter) compose() (*gomail.Msg, error) {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	_, domain, _ := strings.Cut(l.from.Email, "@")
	m.SetMessageIDWithValue(l.id + "@" + domain)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody's holiday answers this
	m.SetGenHeader("X-Auto-Response-Suppress", "All")
	err := errors.Join(m.FromFormat(l.from.Name, l.from.Email), m.AddToFormat(l.to.Name, l.to.Email))
	if l.replyTo.Email != "" {
		err = errors.Join(err, m.ReplyToFormat(l.replyTo.Name, l.replyTo.Email))
	}
	if l.envelope != "" {
		err = errors.Join(err, m.EnvelopeFrom(l.envelope))
	}
	if err != nil {
		return nil, fmt.Errorf("compose mail: %w", err)
	}
	m.SetDateWithValue(l.at)
	m.Subject(oneLine(l.subject))
	m.SetBodyString(gomail.TypeTextPlain, l.text)
	m.AddAlternativeString(gomail.TypeTextHTML, l.html)
	for _, a := range l.attach {
		if strings.HasPrefix(a.MediaType, "text/calendar") {
			// An invitation is an alternative of the text (RFC 6047): most calendars offer to take it in only there. The file is for the others.
			m.AddAlternativeString(gomail.ContentType(a.MediaType), string(a.Content))
		}
		if err := m.AttachReader(a.Name, strings.NewReader(string(a.Content)), gomail.WithFileContentType(gomail.ContentType(a.MediaType))); err != nil {
			return nil, fmt.Errorf("attach %s: %w", a.Name, err)
		}
	}
	return m, nil
}

// oneLine keeps what people wrote from becoming a header of its own.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// send gives the letter to the server. That the server does not say goodbye is no failure: the message is taken by then.
func (s Server) send(ctx context.Context, l letter, dial DialFunc, trust *tls.Config) error {
	m, err := l.compose()
	if err != nil {
		return err
	}
	opts := []gomail.Option{gomail.WithPort(s.Port), gomail.WithTimeout(sendTime), gomail.WithoutNoop()}
	if s.User != "" {
		auth := gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover)
		if s.Security == TLS {
			// The library does not see that the line that it is given speaks TLS, and would offer no password on it.
			auth = gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthCramMD5, gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc)
		}
		opts = append(opts, auth, gomail.WithUsername(s.User), gomail.WithPassword(s.Password))
	}
	c := &tls.Config{}
	if trust != nil {
		c = trust.Clone()
	}
	c.ServerName, c.MinVersion = s.Host, tls.VersionTLS12
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	switch s.Security {
	case TLS:
		// The library leaves TLS to a dial function that it is given.
		opts = append(opts, gomail.WithSSL(), gomail.WithDialContextFunc(secured(dial, c)))
	case Plain:
		opts = append(opts, gomail.WithTLSPolicy(gomail.NoTLS), gomail.WithDialContextFunc(gomail.DialContextFunc(dial)))
	default:
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithTLSConfig(c), gomail.WithDialContextFunc(gomail.DialContextFunc(dial)))
	}
	client, err := gomail.NewClient(s.Host, opts...)
	if err != nil {
		return fmt.Errorf("mail server %s: %w", s.Host, err)
	}
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("mail server %s: %w", net.JoinHostPort(s.Host, strconv.Itoa(s.Port)), err)
	}
	err = client.SendWithSMTPClient(conn, m)
	_ = client.CloseWithSMTPClient(conn)
	if m.IsDelivered() {
		return nil
	}
	return err
}

// secured speaks TLS from the first byte.
func secured(dial DialFunc, c *tls.Config) gomail.DialContextFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		raw, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		conn := tls.Client(raw, c)
		if err := conn.HandshakeContext(ctx); err != nil {
			return nil, errors.Join(err, raw.Close())
		}
		return conn, nil
	}
}
