package isolation

import (
	"bytes"
	"path/filepath"
	"strings"

	"vigie/internal/exchange/transfer"
	"vigie/internal/trust/permission"
)

var transferCalls = map[string]call{
	"transfer.Export": {action: permission.CustomerExport, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		var out bytes.Buffer
		r, err := h.app.Transfer.Export(ctx, a, f.Refs["customer_id"], &out)
		return []any{r, out.Len() > 0}, err
	}},
	"transfer.ExportFile": {action: permission.CustomerExport, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Transfer.ExportFile(ctx, a, f.Slug, filepath.Join(h.folder, f.fresh("export"))))
	}},
	"transfer.RequestRemoval": {action: permission.CustomerRemove, closed: true, refuses: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Transfer.RequestRemoval(ctx, a, transfer.NewRemoval{Customer: f.Slug}))
	}},
	"transfer.Removal": {action: permission.CustomerRemove, closed: true, refuses: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Transfer.Removal(ctx, a, f.Refs["contact"]))
	}},
	"transfer.CancelRemoval": {action: permission.CustomerRemove, closed: true, refuses: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Transfer.CancelRemoval(ctx, a, f.Refs["contact"]))
	}},
	"transfer.Import": {action: permission.CustomerImport, closed: true, refuses: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Transfer.Import(ctx, a, strings.NewReader(f.Slug), int64(len(f.Slug)), f.Slug))
	}},
	"transfer.ImportFile": {action: permission.CustomerImport, closed: true, refuses: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Transfer.ImportFile(ctx, a, "calls_transfer_test.go", f.Slug))
	}},
}
