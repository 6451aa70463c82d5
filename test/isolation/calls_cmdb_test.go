package isolation

import (
	"errors"

	"vigie/internal/estate/cmdb"
	"vigie/internal/trust/permission"
)

var cmdbCalls = map[string]call{
	"cmdb.Accuracy": {do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.CMDB.Accuracy(ctx, a, f.Slug))
	}},
	"cmdb.Overview": {do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.CMDB.Overview(ctx, a, f.Refs["customer_id"]))
	}},
	"cmdb.Search": {list: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		out, err := h.app.CMDB.Search(ctx, a, "", f.Word[:len(f.Word)-2], 50)
		if err != nil {
			return nil, err
		}
		_, outside := h.app.CMDB.Search(ctx, a, h.bolt.Slug, "kan", 50)
		if outside == nil {
			return []any{out}, errors.New("bolt could be searched")
		}
		return []any{out}, nil
	}},
	"cmdb.CIs": {list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.CMDB.CIs(ctx, a, cmdb.CISpec.All()))
	}},
	"cmdb.EachCI": {list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return all(func(f func(cmdb.CI) error) error { return h.app.CMDB.EachCI(ctx, a, cmdb.CISpec.All(), f) })
	}},
	"cmdb.CountCIs": {list: true, quiet: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		n, err := h.app.CMDB.CountCIs(ctx, a, cmdb.CISpec.All().Where("c.id = ? OR c.id = ?", h.bolt.Refs["ci"], h.bolt.Refs["ci2"]), 100)
		if n > 0 {
			err = errors.New("bolt's CIs were counted")
		}
		return one(n, err)
	}},
	"cmdb.CI": {do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.CMDB.CI(ctx, a, f.Refs["ci"]))
	}},
	"cmdb.CreateCI": {action: permission.CIWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.CMDB.CreateCI(ctx, a, cmdb.NewCI{Customer: f.Refs["customer_id"], Type: "Own::Thing", Name: "by method"}))
	}},
	"cmdb.EditCI": {action: permission.CIWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.CMDB.EditCI(ctx, a, f.Refs["ci"], f.Version, cmdb.ChangeCI{Owner: cmdb.Set("taken over")}))
	}},
	"cmdb.DeleteCI": {action: permission.CIWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return none(h.app.CMDB.DeleteCI(ctx, a, f.Refs["ci"], f.Version))
	}},
	"cmdb.Impact": {do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.CMDB.Impact(ctx, a, f.Refs["ci2"], "impacts", 10))
	}},
	"cmdb.Relations": {list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.CMDB.Relations(ctx, a, cmdb.RelationSpec.All()))
	}},
	"cmdb.EachRelation": {list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return all(func(f func(cmdb.Relation) error) error {
			return h.app.CMDB.EachRelation(ctx, a, cmdb.RelationSpec.All(), f)
		})
	}},
	"cmdb.RelationsOf": {do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.CMDB.RelationsOf(ctx, a, f.Refs["ci"], 50))
	}},
	"cmdb.Relation": {do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.CMDB.Relation(ctx, a, f.Refs["relation"]))
	}},
	"cmdb.CreateRelation": {action: permission.CIWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.CMDB.CreateRelation(ctx, a, cmdb.NewRelation{From: h.acme.Refs["ci"], To: f.Refs["discovered"], Type: "protects"}))
	}},
	"cmdb.DeleteRelation": {action: permission.CIWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return none(h.app.CMDB.DeleteRelation(ctx, a, f.Refs["relation"], f.Version))
	}},
	"cmdb.Changes": {list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.CMDB.Changes(ctx, a, cmdb.ChangeSpec.All()))
	}},
	"cmdb.EachChange": {list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return all(func(f func(cmdb.Change) error) error { return h.app.CMDB.EachChange(ctx, a, cmdb.ChangeSpec.All(), f) })
	}},
	"cmdb.History": {do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.CMDB.History(ctx, a, f.Refs["ci"], cmdb.ChangeSpec.All()))
	}},
	"cmdb.Workloads": {list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.CMDB.Workloads(ctx, a, cmdb.WorkloadSpec.All()))
	}},
	"cmdb.EachWorkload": {list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return all(func(f func(cmdb.Workload) error) error {
			return h.app.CMDB.EachWorkload(ctx, a, cmdb.WorkloadSpec.All(), f)
		})
	}},
	"cmdb.Workload": {do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return two(h.app.CMDB.Workload(ctx, a, f.Refs["workload"]))
	}},
	"cmdb.CreateWorkload": {action: permission.WorkloadWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return two(h.app.CMDB.CreateWorkload(ctx, a, cmdb.NewWorkload{Customer: h.acme.Slug, Name: "by method for " + f.Slug, Contacts: []string{f.Refs["contact"]}}))
	}},
	"cmdb.EditWorkload": {action: permission.WorkloadWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return two(h.app.CMDB.EditWorkload(ctx, a, f.Refs["workload"], f.Version, cmdb.ChangeWorkload{Owner: ptr("taken over")}))
	}},
	"cmdb.DeleteWorkload": {action: permission.WorkloadWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return none(h.app.CMDB.DeleteWorkload(ctx, a, f.Refs["workload"], f.Version))
	}},
}
