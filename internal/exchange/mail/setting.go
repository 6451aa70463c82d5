package mail

import (
	"context"
	"fmt"

	"vigie/internal/platform/db"
)

// settingRow is how a customer's mail goes out, or the instance's; what is empty is as the instance has it.
type settingRow struct {
	CustomerID string   `db:"customer_id"`
	FromName   string   `db:"from_name"`
	FromEmail  string   `db:"from_email"`
	ReplyTo    string   `db:"reply_to"`
	Color      string   `db:"color"`
	Logo       string   `db:"logo"`
	Footer     string   `db:"footer"`
	Host       string   `db:"server_host"`
	Port       int64    `db:"server_port"`
	Security   Security `db:"server_security"`
	User       string   `db:"server_user"`
	Password   string   `db:"server_password"` // sealed
	Version    int64    `db:"version"`
	CreatedAt  db.Time  `db:"created_at"`
	UpdatedAt  db.Time  `db:"updated_at"`
}

// settingOf reads what a customer, or the instance, has set; the zero row if nothing.
func settingOf(ctx context.Context, tx *db.Tx, customer string) (settingRow, error) {
	var rows []settingRow
	err := tx.Select(ctx, &rows, `SELECT `+db.Columns[settingRow]("")+` FROM {mail_setting} WHERE customer_id = ?`, customer)
	if err != nil || len(rows) == 0 {
		return settingRow{CustomerID: customer}, err
	}
	return rows[0], nil
}

// way is how a message goes out, all settings taken together.
type way struct {
	server  Server
	theirs  bool // the server is of the customer's own choice
	from    Address
	replyTo Address
	look    Look
}

// effective puts a customer's setting over the instance's, and that over what the operator set at the start. The password of a
// customer's server is opened by the transaction of that customer.
func (s *Service) effective(ctx context.Context, customer string) (way, error) {
	var general, own settingRow
	w := way{server: s.own.Server, from: s.own.From}
	err := s.within(ctx, Instance, func(tx *db.Tx) (err error) {
		if general, err = settingOf(ctx, tx, Instance); err != nil {
			return err
		}
		return s.useServer(ctx, tx, &w, general)
	})
	if err != nil {
		return w, fmt.Errorf("mail settings: %w", err)
	}
	layer(&w, general)
	if customer == Instance {
		return w.named(), nil
	}
	err = s.within(ctx, customer, func(tx *db.Tx) (err error) {
		if own, err = settingOf(ctx, tx, customer); err != nil {
			return err
		}
		return s.useServer(ctx, tx, &w, own)
	})
	if err != nil {
		return w, fmt.Errorf("mail settings: %w", err)
	}
	layer(&w, own)
	w.theirs = own.Host != ""
	return w.named(), nil
}

// useServer takes the server of a setting that has one.
func (s *Service) useServer(ctx context.Context, tx *db.Tx, w *way, r settingRow) error {
	if r.Host == "" {
		return nil
	}
	w.server = Server{Host: r.Host, Port: int(r.Port), Security: r.Security, User: r.User}
	if r.Password == "" {
		return nil
	}
	plain, err := s.seal.Open(ctx, tx, passwordOf(r), r.Password)
	w.server.Password = string(plain)
	return err
}

// layer puts what a setting says over what was said before it.
func layer(w *way, r settingRow) {
	for to, from := range map[*string]string{&w.from.Name: r.FromName, &w.from.Email: r.FromEmail, &w.replyTo.Email: r.ReplyTo, &w.look.Color: r.Color,
		&w.look.Logo: r.Logo, &w.look.Footer: r.Footer} {
		if from != "" {
			*to = from
		}
	}
}

// named gives the look the sender's name.
func (w way) named() way {
	w.look.Name = w.from.Name
	if w.look.Name == "" {
		w.look.Name = "Vigie"
	}
	return w
}

// ready tells whether mail can go out at all.
func (w way) ready() bool { return w.server.Set() && w.from.Email != "" }
