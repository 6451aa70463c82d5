package mail

import (
	"context"

	"vigie/internal/kit/api"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

type byID struct {
	ID string `path:"id" doc:"Id."`
}

type changed struct {
	ID string `path:"id" doc:"Id."`
	api.Match
}

type byCustomer struct {
	Customer string `path:"customer" doc:"Slug or id; instance for what belongs to no customer."`
}

// Register adds the operations of this room.
func (s *Service) Register(a *api.API) {
	const tag = "Mail"
	api.List(a, api.Listing[logRow, Mail]{
		Op: api.Op{Path: "/mails", Tag: tag, Summary: "List outgoing mail"}, Spec: Spec, Allow: permission.Need(permission.MailRead),
		Rows: func(_ context.Context, _ *db.Tx, rows []logRow) ([]Mail, error) {
			out := make([]Mail, len(rows))
			for i, r := range rows {
				out[i] = r.shown()
			}
			return out, nil
		},
	})
	api.Get(a, api.Op{Path: "/mails/{id}", Tag: tag, Summary: "Get a message with its history"}, func(ctx context.Context, in *byID) (History, error) {
		return s.Mail(ctx, permission.From(ctx), in.ID)
	})
	api.Post(a, api.Op{Path: "/mails/{id}/resend", Tag: tag, Summary: "Send a message once more", Status: 200,
		Description: "Not while it is under way, and not if it had a link that may be used once."}, func(ctx context.Context, in *changed) (History, error) {
		return s.Resend(ctx, permission.From(ctx), in.ID, in.Expected())
	})
	api.Get(a, api.Op{Path: "/mail-settings/{customer}", Tag: tag, Summary: "Get sender, look and server of a customer's mail"},
		func(ctx context.Context, in *byCustomer) (Setting, error) {
			return s.Setting(ctx, permission.From(ctx), in.Customer)
		})
	api.Patch(a, api.Op{Path: "/mail-settings/{customer}", Tag: tag, Summary: "Change sender, look and server of a customer's mail"},
		func(ctx context.Context, in *struct {
			Customer string `path:"customer" doc:"Slug or id; instance for what belongs to no customer."`
			api.Match
			Body ChangeSetting
		}) (Setting, error) {
			return s.UpdateSetting(ctx, permission.From(ctx), in.Customer, in.Expected(), in.Body)
		})
	api.Get(a, api.Op{Path: "/mail-settings/{customer}/preview", Tag: tag, Summary: "Preview a template in a customer's look"},
		func(ctx context.Context, in *struct {
			Customer string `path:"customer" doc:"Slug or id; instance for what belongs to no customer."`
			Template string `query:"template" default:"test"`
			Language string `query:"language" default:"en"`
		}) (Preview, error) {
			return s.Preview(ctx, permission.From(ctx), in.Customer, in.Template, in.Language)
		})
	api.Post(a, api.Op{Path: "/mail-settings/{customer}/test", Tag: tag, Summary: "Send a test message"},
		func(ctx context.Context, in *struct {
			Customer string `path:"customer" doc:"Slug or id; instance for what belongs to no customer."`
			Body     NewTest
		}) (History, error) {
			return s.SendTest(ctx, permission.From(ctx), in.Customer, in.Body)
		})
	api.List(a, api.Listing[suppressionLog, Suppression]{
		Op: api.Op{Path: "/mail-suppressions", Tag: tag, Summary: "List addresses that get no more mail"}, Spec: SuppressionSpec, Allow: permission.Need(permission.MailRead),
		Rows: func(_ context.Context, _ *db.Tx, rows []suppressionLog) ([]Suppression, error) {
			out := make([]Suppression, len(rows))
			for i, r := range rows {
				out[i] = r.shown()
			}
			return out, nil
		},
	})
	api.Get(a, api.Op{Path: "/mail-suppressions/{id}", Tag: tag, Summary: "Get an address that gets no more mail"}, func(ctx context.Context, in *byID) (Suppression, error) {
		return s.Suppression(ctx, permission.From(ctx), in.ID)
	})
	api.Delete(a, api.Op{Path: "/mail-suppressions/{id}", Tag: tag, Summary: "Let mail go to the address again"}, func(ctx context.Context, in *changed) error {
		return s.Lift(ctx, permission.From(ctx), in.ID, in.Expected())
	})
	api.Post(a, api.Op{Path: "/mail-bounces", Tag: tag, Summary: "Hand in a message that came back", Status: 200, MaxBody: MaxBounce,
		Description: "The whole message as it came, for who has no IMAP mailbox to be read. A delivery status notification (RFC 3464) marks the message that it names as bounced; an " +
			"address that is gone for good gets no more mail. Anything else is refused."},
		func(ctx context.Context, in *struct {
			RawBody []byte `contentType:"message/rfc822"`
		}) (Returned, error) {
			return s.TakeBounce(ctx, permission.From(ctx), in.RawBody)
		})
}
