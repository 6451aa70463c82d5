package transfer

import (
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"strings"

	"vigie/internal/kit/api"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

// MaxImport is the largest export that is taken in over the API or a page, in bytes; the command has no limit.
const MaxImport = 4 << 30

const mediaType = "application/zip"

// Register adds the operations of this room.
func (s *Service) Register(a *api.API) {
	const tag = "Customers"
	api.Stream(a, api.Op{Path: "/customers/{customer}/export", Tag: tag, Summary: "Export a customer whole",
		Description: "A ZIP with one JSON Lines file a table, the files, and a manifest with the SHA-256 of each. Sealed secrets are not in it. That it was taken stands in the audit trail."},
		mediaType, func(w http.ResponseWriter, r *http.Request) error {
			return s.send(w, r, permission.From(r.Context()), r.PathValue("customer"))
		})
	api.Upload(a, api.Op{Path: "/customers/import", Tag: tag, Summary: "Import an exported customer", MaxBody: MaxImport,
		Description: "The export of a customer from another instance of the same version. All of it is taken, or nothing."},
		[]api.Part{{Name: "slug", Doc: "Another slug for the customer here; its own by default."}, {Name: "file", Doc: "The export.", File: true, Required: true}},
		func(ctx context.Context, form *multipart.Reader) (Report, error) {
			actor := permission.From(ctx)
			if err := mayImport(actor); err != nil {
				return Report{}, err
			}
			in, err := api.Spool(form, s.Folder)
			if err != nil {
				return Report{}, err
			}
			defer in.Discard()
			return s.Import(ctx, actor, in.File, in.Size, strings.TrimSpace(in.Fields.Get("slug")))
		})
	s.registerRemovals(a)
}

type byID struct {
	ID string `path:"id" doc:"Id."`
}

func (s *Service) registerRemovals(a *api.API) {
	const tag = "Customers"
	api.List(a, api.Listing[removal, Removal]{
		Op:   api.Op{Path: "/customer-removals", Tag: tag, Summary: "List orders to remove customers", Description: "For administrators of all customers. An order outlives its customer."},
		Spec: RemovalSpec, Instance: true, Allow: func(ctx context.Context) error { return mayRemove(permission.From(ctx)) },
		Rows: func(_ context.Context, _ *db.Tx, rows []removal) ([]Removal, error) {
			out := make([]Removal, len(rows))
			for i, r := range rows {
				out[i] = r.shown()
			}
			return out, nil
		},
	})
	api.Get(a, api.Op{Path: "/customer-removals/{id}", Tag: tag, Summary: "Get an order to remove a customer"}, func(ctx context.Context, in *byID) (Removal, error) {
		return s.Removal(ctx, permission.From(ctx), in.ID)
	})
	api.Post(a, api.Op{Path: "/customer-removals", Tag: tag, Summary: "Ask for the removal of a customer",
		Description: "Makes an approval, which an approver of the customer or an administrator signs. What is removed cannot be had again."},
		func(ctx context.Context, in *struct{ Body NewRemoval }) (Removal, error) {
			return s.RequestRemoval(ctx, permission.From(ctx), in.Body)
		})
	api.Post(a, api.Op{Path: "/customer-removals/{id}/cancel", Tag: tag, Summary: "Withdraw an order that nobody has signed", Status: 200},
		func(ctx context.Context, in *byID) (Removal, error) {
			return s.CancelRemoval(ctx, permission.From(ctx), in.ID)
		})
}

// send answers with the export of a customer.
func (s *Service) send(w http.ResponseWriter, r *http.Request, a permission.Actor, ref string) error {
	return api.Send(w, mediaType, func(out io.Writer) error {
		api.NameFile(out, fileName(ref))
		_, err := s.Export(r.Context(), a, ref, out)
		return err
	})
}

func fileName(ref string) string { return "vigie-" + ref + ".zip" }
