package main

import (
	"errors"
	"fmt"
	"net/mail"
	"os"
	"strings"

	exchange "vigie/internal/exchange/mail"
)

// mailFlags say by which server mail leaves, and from whom. Passwords come from a file or a variable.
type mailFlags struct {
	SMTPURL          string `name:"smtp-url" help:"Server that takes outgoing mail: smtps://USER@HOST:465, smtp://USER@HOST:587 (STARTTLS), or smtp+plain://HOST:25 without TLS." placeholder:"URL"`
	SMTPPasswordFile string `name:"smtp-password-file" help:"File that holds the password of the mail server; or VIGIE_SMTP_PASSWORD." placeholder:"FILE"`
	MailFrom         string `name:"mail-from" help:"Sender of mail for whatever no setting says otherwise: Vigie <vigie@example.com>." placeholder:"ADDRESS"`
	MailBounces      string `name:"mail-bounces" help:"Mailbox that undelivered mail comes back to; must take addresses with a plus sign. Default: the sender." placeholder:"ADDRESS"`
	BounceIMAPURL    string `name:"bounce-imap-url" help:"That mailbox, to be read each minute: imaps://USER@HOST:993/FOLDER." placeholder:"URL"`
	BounceIMAPFile   string `name:"bounce-imap-password-file" help:"File that holds its password; or VIGIE_BOUNCE_IMAP_PASSWORD." placeholder:"FILE"`
}

func (f mailFlags) defaults(e *env) (d exchange.Defaults, err error) {
	if d.Server, err = exchange.ParseServer(f.SMTPURL); err != nil {
		return d, fmt.Errorf("--smtp-url: %w", err)
	}
	if d.Server.Password, err = secret(e, "VIGIE_SMTP_PASSWORD", f.SMTPPasswordFile); err != nil {
		return d, fmt.Errorf("--smtp-password-file: %w", err)
	}
	if d.Inbox, err = exchange.ParseInbox(f.BounceIMAPURL); err != nil {
		return d, fmt.Errorf("--bounce-imap-url: %w", err)
	}
	if d.Inbox.Password, err = secret(e, "VIGIE_BOUNCE_IMAP_PASSWORD", f.BounceIMAPFile); err != nil {
		return d, fmt.Errorf("--bounce-imap-password-file: %w", err)
	}
	if f.MailFrom != "" {
		a, err := mail.ParseAddress(f.MailFrom)
		if err != nil {
			return d, fmt.Errorf("--mail-from %q: want NAME <ADDRESS>", f.MailFrom)
		}
		d.From = exchange.Address{Name: a.Name, Email: a.Address}
	}
	if d.Server.Set() && d.From.Email == "" {
		return d, errors.New("--mail-from: give the sender of mail, as --smtp-url is set")
	}
	if f.MailBounces != "" {
		a, err := mail.ParseAddress(f.MailBounces)
		if err != nil || a.Name != "" {
			return d, fmt.Errorf("--mail-bounces %q: want an address", f.MailBounces)
		}
		d.BounceTo = a.Address
	}
	return d, nil
}

// secret is the first line of a file, or else the value of a variable. It is never a flag: every user of the machine could read it.
func secret(e *env, variable, file string) (string, error) {
	if file == "" {
		return os.Getenv(variable), nil
	}
	b, err := os.ReadFile(e.path(file))
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimRight(line, "\r"), nil
}
