package document

import (
	"context"

	"vigie/internal/kit/api"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
)

type byID struct {
	ID string `path:"id" doc:"Id."`
}

// kindAnswer is a kind as callers see it.
type kindAnswer struct {
	ID    string `json:"id"`
	Type  string `json:"type"`
	Days  int    `json:"days" doc:"How many days are left for handing in, unless it is said otherwise."`
	Title string `json:"title" doc:"In the caller's language."`
	Help  string `json:"help" doc:"What should stand in it, in the caller's language."`
}

type kindsAnswer struct {
	Items []kindAnswer `json:"items"`
}

type asked struct {
	Items []Document `json:"items" doc:"All that were named, those too that had been asked for already."`
}

// Register adds the operations of this room: those of the register, and what the rules add.
func (s *Service) Register(a *api.API, customer func(ctx context.Context, tx *db.Tx, ref string) (string, error)) {
	const tag = "Documents"
	s.List.Register(a)
	api.Get(a, api.Op{Path: "/document-kinds", Tag: tag, Summary: "List the kinds of documents", Description: "Out of the catalogue."}, func(ctx context.Context, _ *struct{}) (kindsAnswer, error) {
		who := permission.From(ctx)
		if err := who.Require(permission.DocumentRead); err != nil {
			return kindsAnswer{}, err
		}
		out := kindsAnswer{Items: []kindAnswer{}}
		for _, k := range s.Kinds {
			out.Items = append(out.Items, kindAnswer{ID: k.ID, Type: k.Type, Days: k.Days, Title: k.Title.In(who.Language), Help: k.Help.In(who.Language)})
		}
		return out, nil
	})
	api.Post(a, api.Op{Path: "/documents/ask", Tag: tag, Summary: "Ask for the documents of a workload", Status: 200,
		Description: "Makes what is missing, and writes one mail to the contact. Asking again for what is asked for, or being read, changes nothing."},
		func(ctx context.Context, in *struct{ Body NewRequest }) (asked, error) {
			out, err := s.Ask(ctx, permission.From(ctx), in.Body)
			return asked{Items: out}, err
		})
	api.Get(a, api.Op{Path: "/documents/{id}/history", Tag: tag, Summary: "Get the versions and reviews of a document", Description: "The newest first."},
		func(ctx context.Context, in *byID) (History, error) {
			return s.History(ctx, permission.From(ctx), in.ID)
		})
	api.Post(a, api.Op{Path: "/documents/{id}/versions", Tag: tag, Summary: "Hand in a version of a document",
		Description: "The file is attached to the document before, by POST /attachments with record_type document."}, func(ctx context.Context, in *struct {
		ID   string `path:"id" doc:"Id."`
		Body struct {
			Attachment string `json:"attachment" doc:"Id of an attachment of the document."`
			Edition    string `json:"edition,omitempty" doc:"As the document calls itself."`
			Remarks    string `json:"remarks,omitempty"`
		}
	}) (Version, error) {
		return s.HandInAttachment(ctx, permission.From(ctx), in.ID, in.Body.Attachment, in.Body.Edition, in.Body.Remarks)
	})
	api.Post(a, api.Op{Path: "/documents/{id}/reviews", Tag: tag, Summary: "Review the latest version of a document",
		Description: "A document of quality poor cannot be accepted; refusing needs remarks, which the contact is sent. 409 where nothing waits for a review."}, func(ctx context.Context, in *struct {
		ID   string `path:"id" doc:"Id."`
		Body NewReview
	}) (Review, error) {
		return s.Review(ctx, permission.From(ctx), in.ID, in.Body)
	})
	api.Post(a, api.Op{Path: "/documents/{id}/waive", Tag: tag, Summary: "Say that a document is not needed after all", Status: 200}, func(ctx context.Context, in *struct {
		ID   string `path:"id" doc:"Id."`
		Body struct {
			Reason string `json:"reason"`
		}
	}) (Document, error) {
		return s.Waive(ctx, permission.From(ctx), in.ID, in.Body.Reason)
	})
	api.Get(a, api.Op{Path: "/documents/{id}/hand-in-links", Tag: tag, Summary: "List the private links by which a document can be handed in",
		Description: "Those of the contact who owes it; each opens all that they owe. The ones that work come first."}, func(ctx context.Context, in *byID) (HandInLinks, error) {
		all, err := s.HandInLinks(ctx, permission.From(ctx), in.ID)
		return HandInLinks{all}, err
	})
	api.Post(a, api.Op{Path: "/documents/{id}/hand-in-links", Tag: tag, Summary: "Make a private link for who owes a document",
		Description: "For a contact whom mail does not reach. Whoever has its address can hand in all that the contact owes.", Secret: true}, func(ctx context.Context, in *byID) (HandInLink, error) {
		return s.MakeHandInLink(ctx, permission.From(ctx), in.ID)
	})
	api.Post(a, api.Op{Path: "/documents/{id}/hand-in-links/{link}/revoke", Tag: tag, Summary: "Revoke a private link", Status: 200}, func(ctx context.Context, in *struct {
		ID   string `path:"id" doc:"Id."`
		Link string `path:"link" doc:"Id of the link."`
	}) (HandInLink, error) {
		return s.RevokeHandInLink(ctx, permission.From(ctx), in.ID, in.Link)
	})
	api.Get(a, api.Op{Path: "/document-standing", Tag: tag, Summary: "Get how far the documents of a customer are"}, func(ctx context.Context, in *struct {
		Customer string `query:"customer" required:"true" doc:"Slug or id."`
	}) (Standing, error) {
		who := permission.From(ctx)
		var found string
		err := s.DB.View(ctx, who.Scope(), func(tx *db.Tx) (err error) {
			found, err = customer(ctx, tx, in.Customer)
			return err
		})
		if fault.Is(err, fault.NotFound) {
			var bad fault.Fields
			bad.Add("customer", "api.field.customer", "value", in.Customer)
			return Standing{}, bad.Err()
		}
		if err != nil {
			return Standing{}, err
		}
		return s.Standing(ctx, who, found)
	})
}
