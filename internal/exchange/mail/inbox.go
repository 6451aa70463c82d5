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

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"vigie/internal/platform/fault"
)

// Inbox is the mailbox that bounces come to, read by IMAP over TLS.
type Inbox struct {
	Host     string
	Port     int
	User     string
	Password string
	Folder   string
}

// ParseInbox reads imaps://USER@HOST:993/FOLDER; the folder is INBOX unless said otherwise. An @ in the user's name is written %40.
func ParseInbox(address string) (Inbox, error) {
	if address == "" {
		return Inbox{}, nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "imaps" || u.Hostname() == "" || u.User.Username() == "" {
		return Inbox{}, errors.New("want imaps://USER@HOST:993/FOLDER")
	}
	if _, set := u.User.Password(); set {
		return Inbox{}, errors.New("the address must not hold a password; give it in a file or a variable")
	}
	in := Inbox{Host: u.Hostname(), Port: 993, User: u.User.Username(), Folder: strings.Trim(u.Path, "/")}
	if in.Folder == "" {
		in.Folder = "INBOX"
	}
	if p := u.Port(); p != "" {
		if in.Port, err = strconv.Atoi(p); err != nil || in.Port < 1 || in.Port > 65535 {
			return Inbox{}, fmt.Errorf("%q is no port", p)
		}
	}
	return in, nil
}

const (
	// pollTime bounds one look into the mailbox.
	pollTime = 50 * time.Second
	// pollSize is how many messages one look takes; the rest are the next one's.
	pollSize = 200
)

// Poll reads what has come to the bounce mailbox and marks it as seen. It hangs on the tick; a message that is read twice, since the
// process died before it was marked, changes nothing the second time.
func (s *Service) Poll(ctx context.Context) error {
	in := s.own.Inbox
	if in.Host == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, pollTime)
	defer cancel()
	if err := s.poll(ctx, in); err != nil {
		return fmt.Errorf("bounce mailbox of %s: %w", in.Host, err)
	}
	return nil
}

func (s *Service) poll(ctx context.Context, in Inbox) error {
	c := &tls.Config{}
	if s.trust != nil {
		c = s.trust.Clone()
	}
	c.ServerName, c.MinVersion = in.Host, tls.VersionTLS12
	conn, err := (&tls.Dialer{Config: c}).DialContext(ctx, "tcp", net.JoinHostPort(in.Host, strconv.Itoa(in.Port)))
	if err != nil {
		return err
	}
	client := imapclient.New(conn, nil)
	defer client.Close()
	// The library knows no contexts: closing the line ends whatever waits for an answer.
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	if err := client.Login(in.User, in.Password).Wait(); err != nil {
		return err
	}
	if _, err := client.Select(in.Folder, nil).Wait(); err != nil {
		return err
	}
	found, err := client.UIDSearch(&imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagSeen}}, nil).Wait()
	if err != nil {
		return err
	}
	uids := found.AllUIDs()
	for _, uid := range uids[:min(len(uids), pollSize)] {
		if err := s.pollOne(ctx, client, imap.UIDSetNum(uid)); err != nil {
			return err
		}
	}
	return client.Logout().Wait()
}

func (s *Service) pollOne(ctx context.Context, client *imapclient.Client, one imap.UIDSet) error {
	size, err := client.Fetch(one, &imap.FetchOptions{UID: true, RFC822Size: true}).Collect()
	if err != nil {
		return err
	}
	if len(size) == 1 && size[0].RFC822Size <= MaxBounce {
		section := &imap.FetchItemBodySection{Peek: true}
		whole, err := client.Fetch(one, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}}).Collect()
		if err != nil {
			return err
		}
		for _, m := range whole {
			_, _, err := s.takeBounce(ctx, m.FindBodySection(section), func(message string) (string, error) { return s.ownerOf(ctx, message) })
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
		}
	}
	return client.Store(one, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagSeen}}, nil).Close()
}
