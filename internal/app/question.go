package app

import (
	"context"

	"vigie/internal/customer"
	"vigie/internal/exchange/mail"
	"vigie/internal/onboard/question"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

// wireQuestions reads the questionnaires, and opens the room of assessments. A questionnaire that is not in order stops the start: half of a
// questionnaire is not what anybody meant to ask.
func (a *App) wireQuestions() error {
	book, err := question.Load(a.data, question.Folder)
	if err != nil {
		return err
	}
	a.Asked = question.New(question.Parts{DB: a.db, Book: book, Directory: asked{a.Customers}, Links: a.Links, Mailer: invitations{a.Mail}})
	return nil
}

// asked tells the room of assessments about customers.
type asked struct{ customers *customer.Service }

// Named implements question.Directory.
func (d asked) Named(ctx context.Context, a permission.Actor, ref string) (question.Customer, error) {
	c, err := d.customers.Named(ctx, a, ref)
	return question.Customer{ID: c.ID, Slug: c.Slug, Name: c.Name, Language: c.Language, TimeZone: c.TimeZone}, err
}

// invitations hands the mails of private links to the queue of outgoing mail.
type invitations struct{ mail *mail.Service }

// Invite implements question.Mailer.
func (m invitations) Invite(ctx context.Context, tx *db.Tx, i question.Invitation) error {
	return m.mail.Put(ctx, tx, mail.Message{Template: "assessment", To: mail.Address{Name: i.Name, Email: i.Email}, Language: i.Language, TimeZone: i.TimeZone, Link: i.Link,
		Args: map[string]any{"title": i.Title, "customer": i.Customer, "person": i.From, "until": i.Until}})
}
