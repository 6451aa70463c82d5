package mail

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// InstanceRef stands for the instance where a customer's slug would. No customer can have it.
const InstanceRef = "instance"

// Directory tells about customers.
type Directory interface {
	// ID finds the customer of a slug or id within the actor's scope. Faults: not_found.
	ID(ctx context.Context, a permission.Actor, ref string) (string, error)
	// Slug names the customer of an id.
	Slug(ctx context.Context, a permission.Actor, id string) (string, error)
}

// Setting is how mail of a customer, or of the instance, goes out. What is empty is as the instance has it, and there as the operator
// set it at the start.
type Setting struct {
	Customer       string   `json:"customer" doc:"Slug, or instance."`
	FromName       string   `json:"from_name"`
	FromEmail      string   `json:"from_email"`
	ReplyTo        string   `json:"reply_to"`
	Color          string   `json:"color" doc:"Of the head and the button: #rrggbb."`
	Logo           string   `json:"logo" doc:"Words in the head, where the sender's name would stand."`
	Footer         string   `json:"footer" doc:"Plain text below each message."`
	ServerHost     string   `json:"server_host" doc:"Mail server of one's own; empty for that of the instance."`
	ServerPort     int64    `json:"server_port"`
	ServerSecurity Security `json:"server_security" enum:"tls,starttls"`
	ServerUser     string   `json:"server_user"`
	HasPassword    bool     `json:"has_password" doc:"The password itself is never shown."`
	Version        int64    `json:"version" doc:"0 where nothing was ever set."`
	UpdatedAt      db.Time  `json:"updated_at"`
}

// Revision makes the ETag.
func (s Setting) Revision() int64 { return s.Version }

func (r settingRow) shown(customer string) Setting {
	return Setting{Customer: customer, FromName: r.FromName, FromEmail: r.FromEmail, ReplyTo: r.ReplyTo, Color: r.Color, Logo: r.Logo, Footer: r.Footer, ServerHost: r.Host,
		ServerPort: r.Port, ServerSecurity: r.Security, ServerUser: r.User, HasPassword: r.Password != "", Version: r.Version, UpdatedAt: r.UpdatedAt}
}

// ChangeSetting is what changes; what is nil stays.
type ChangeSetting struct {
	FromName       *string `json:"from_name,omitempty"`
	FromEmail      *string `json:"from_email,omitempty"`
	ReplyTo        *string `json:"reply_to,omitempty"`
	Color          *string `json:"color,omitempty"`
	Logo           *string `json:"logo,omitempty"`
	Footer         *string `json:"footer,omitempty"`
	ServerHost     *string `json:"server_host,omitempty"`
	ServerPort     *int64  `json:"server_port,omitempty" doc:"Default 465 for tls, 587 for starttls."`
	ServerSecurity *string `json:"server_security,omitempty" doc:"tls or starttls (the default)."`
	ServerUser     *string `json:"server_user,omitempty"`
	ServerPassword *string `json:"server_password,omitempty" doc:"Kept sealed, never shown. Forgotten when the host changes and no new one is given."`
}

// apply gives the row as it will be, but for the password. Faults: invalid, naming all bad fields.
func (c ChangeSetting) apply(r settingRow) (settingRow, error) {
	for to, from := range map[*string]*string{&r.FromName: c.FromName, &r.FromEmail: c.FromEmail, &r.ReplyTo: c.ReplyTo, &r.Color: c.Color, &r.Logo: c.Logo,
		&r.Footer: c.Footer, &r.Host: c.ServerHost, &r.User: c.ServerUser} {
		if from != nil {
			*to = strings.TrimSpace(strings.ReplaceAll(*from, "\r\n", "\n"))
		}
	}
	if c.ServerPort != nil {
		r.Port = *c.ServerPort
	}
	if c.ServerSecurity != nil {
		r.Security = Security(*c.ServerSecurity)
	}
	r.Color = strings.ToLower(r.Color)
	if r.Security == "" {
		r.Security = StartTLS
	}
	if r.Host == "" {
		r.Port, r.User = 0, ""
	} else if r.Port == 0 {
		r.Port = map[Security]int64{TLS: 465, StartTLS: 587}[r.Security]
	}
	var bad fault.Fields
	line := func(path, value string, most int) {
		if utf8.RuneCountInString(value) > most || strings.ContainsFunc(value, unicode.IsControl) {
			bad.Add(path, "mails.field.line", "max", most)
		}
	}
	line("from_name", r.FromName, 100)
	line("logo", r.Logo, 60)
	line("server_user", r.User, 254)
	for path, value := range map[string]string{"from_email": r.FromEmail, "reply_to": r.ReplyTo} {
		if value != "" && !validEmail(value) {
			bad.Add(path, "mails.field.email")
		}
	}
	if r.Color != "" && !validColor(r.Color) {
		bad.Add("color", "mails.field.color")
	}
	if utf8.RuneCountInString(r.Footer) > 1000 || strings.ContainsFunc(r.Footer, func(c rune) bool { return unicode.IsControl(c) && c != '\n' }) {
		bad.Add("footer", "mails.field.footer", "max", 1000)
	}
	if len(r.Host) > 253 || strings.ContainsFunc(r.Host, func(c rune) bool {
		return c > unicode.MaxASCII || !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune(".-:", c)
	}) {
		bad.Add("server_host", "mails.field.host")
	}
	if r.Port < 0 || r.Port > 65535 || r.Host != "" && r.Port == 0 {
		bad.Add("server_port", "mails.field.port")
	}
	if r.Security != TLS && r.Security != StartTLS {
		bad.Add("server_security", "mails.field.security")
	}
	if c.ServerPassword != nil && (len(*c.ServerPassword) > 1000 || strings.ContainsFunc(*c.ServerPassword, unicode.IsControl)) {
		bad.Add("server_password", "mails.field.line", "max", 1000)
	}
	return r, bad.Err()
}

// customerOf finds whom a reference names: a customer, or the instance. Only who covers all customers sees the instance's.
func (s *Service) customerOf(ctx context.Context, a permission.Actor, ref string) (id, shown string, err error) {
	if ref != InstanceRef {
		if id, err = s.directory.ID(ctx, a, ref); err != nil {
			return "", "", err
		}
		shown, err = s.directory.Slug(ctx, a, id)
		return id, shown, err
	}
	if !a.Scope().All() {
		return "", "", fault.New(fault.NotFound, "fault.not_found")
	}
	return Instance, InstanceRef, nil
}

// Setting reads what a customer has set, by slug or id, or the instance (InstanceRef). Faults: not_found, forbidden.
func (s *Service) Setting(ctx context.Context, a permission.Actor, ref string) (out Setting, err error) {
	customer, shown, err := s.customerOf(ctx, a, ref)
	if err != nil {
		return out, err
	}
	scope, err := a.For(permission.MailRead, customer)
	if err != nil {
		return out, err
	}
	err = s.db.View(ctx, scope, func(tx *db.Tx) error {
		r, err := settingOf(ctx, tx, customer)
		out = r.shown(shown)
		return err
	})
	return out, err
}

// UpdateSetting changes how mail goes out; version 0 takes any. Faults: not_found, forbidden, invalid, stale.
func (s *Service) UpdateSetting(ctx context.Context, a permission.Actor, ref string, version int64, in ChangeSetting) (out Setting, err error) {
	customer, shown, err := s.customerOf(ctx, a, ref)
	if err != nil {
		return out, err
	}
	scope, err := a.For(permission.MailWrite, customer)
	if err != nil {
		return out, err
	}
	err = s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		before, err := settingOf(ctx, tx, customer)
		if err != nil {
			return err
		}
		if version != 0 && version != before.Version {
			return fault.New(fault.Stale, "fault.stale")
		}
		after, err := in.apply(before)
		if err != nil {
			return err
		}
		// A password must not be offered to another server than the one it was given for.
		if after.Host != before.Host || after.Port != before.Port {
			after.Password = ""
		}
		if in.ServerPassword != nil {
			after.Password = ""
			if *in.ServerPassword != "" && after.Host != "" {
				if after.Password, err = s.seal.Seal(ctx, tx, passwordOf(after), []byte(*in.ServerPassword)); err != nil {
					return err
				}
			}
		}
		if out = before.shown(shown); after == before {
			return nil
		}
		if err := saveSetting(ctx, tx, before.Version, &after); err != nil {
			return err
		}
		out = after.shown(shown)
		return audit.Write(ctx, tx, a, "mail.setting", audit.Record{Type: "mail_setting", ID: customer, Name: shown}, before.shown(shown), out)
	})
	return out, err
}

func saveSetting(ctx context.Context, tx *db.Tx, version int64, r *settingRow) error {
	r.Version, r.UpdatedAt = version+1, tx.Now()
	if version == 0 {
		r.CreatedAt = tx.Now()
		if _, err := tx.Insert(ctx, "mail_setting", *r, ""); err != nil {
			if fault.Is(err, fault.Conflict) {
				return fault.New(fault.Stale, "fault.stale").Because(err)
			}
			return fmt.Errorf("mail setting: %w", err)
		}
		return nil
	}
	n, err := tx.Exec(ctx, `UPDATE {mail_setting} SET from_name = ?, from_email = ?, reply_to = ?, color = ?, logo = ?, footer = ?, server_host = ?, server_port = ?, server_security = ?,
		server_user = ?, server_password = ?, version = ?, updated_at = ? WHERE customer_id = ? AND version = ?`, r.FromName, r.FromEmail, r.ReplyTo, r.Color, r.Logo, r.Footer,
		r.Host, r.Port, string(r.Security), r.User, r.Password, r.Version, r.UpdatedAt, r.CustomerID, version)
	if err != nil {
		return fmt.Errorf("mail setting: %w", err)
	}
	if n == 0 {
		return fault.New(fault.Stale, "fault.stale")
	}
	return nil
}

// Preview is a message as a receiver would have it.
type Preview struct {
	From    string `json:"from"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
	HTML    string `json:"html"`
}

// Preview writes a template in the look of a customer, its arguments shown by their names. Faults: not_found, forbidden, invalid.
func (s *Service) Preview(ctx context.Context, a permission.Actor, ref, template, language string) (out Preview, err error) {
	// The instance's look is no secret: everybody who gets mail of the instance has seen it.
	if err := a.Require(permission.MailRead); err != nil {
		return out, err
	}
	customer := Instance
	if ref != InstanceRef {
		if customer, _, err = s.customerOf(ctx, a, ref); err != nil {
			return out, err
		}
	}
	if err := s.checkTemplate(template, language); err != nil {
		return out, err
	}
	w, err := s.effective(ctx, customer)
	if err != nil {
		return out, err
	}
	p := s.printer(language, a.TimeZone, s.clock.Now())
	link := ""
	if p.Has("mail." + template + ".button") {
		link = "https://vigie.example/…"
	}
	words := write(p, template, Address{Name: a.Name}, sampleArgs(s.bundle, template), link)
	out = Preview{From: w.look.Name + " <" + w.from.Email + ">", Subject: words.Subject, Text: words.text(w.look, p)}
	out.HTML, err = words.html(w.look, p)
	return out, err
}

func (s *Service) checkTemplate(template, language string) error {
	var bad fault.Fields
	names := templates(s.bundle)
	if !has(names, template) {
		bad.Add("template", "mails.field.choice", "values", strings.Join(names, ", "))
	}
	if !s.bundle.Has(language) {
		bad.Add("language", "mails.field.choice", "values", "en, fr")
	}
	return bad.Err()
}

func has(list []string, value string) bool {
	for _, v := range list {
		if v == value {
			return true
		}
	}
	return false
}

// NewTest asks for a test message.
type NewTest struct {
	To       string `json:"to" doc:"E-mail address."`
	Language string `json:"language,omitempty" doc:"Default: the caller's."`
}

// SendTest puts a test message in the sender and look of a customer. Faults: not_found, forbidden, invalid.
func (s *Service) SendTest(ctx context.Context, a permission.Actor, ref string, in NewTest) (out History, err error) {
	customer, _, err := s.customerOf(ctx, a, ref)
	if err != nil {
		return out, err
	}
	scope, err := a.For(permission.MailWrite, customer)
	if err != nil {
		return out, err
	}
	if in.Language == "" {
		in.Language = a.Language
	}
	if !s.bundle.Has(in.Language) {
		in.Language = "en"
	}
	w, err := s.effective(ctx, customer)
	if err != nil {
		return out, err
	}
	err = s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		key, err := s.put(ctx, tx, Message{Template: "test", To: Address{Email: strings.TrimSpace(in.To)}, Language: in.Language, TimeZone: a.TimeZone,
			Args: map[string]any{"sender": w.look.Name, "person": a.Name, "at": tx.Now()}})
		if err != nil {
			return err
		}
		if _, out, err = historyOf(ctx, tx, key); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "mail.test", audit.Record{Type: recordType, ID: key, Name: out.Subject}, nil, map[string]any{"to_email": out.ToEmail})
	})
	return out, err
}
