package cmdb

import (
	"context"

	"vigie/internal/kit/api"
	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/record/field"
	"vigie/internal/trust/permission"
)

type byID struct {
	ID string `path:"id" doc:"Id."`
}

type ofCustomer struct {
	Customer string `query:"customer" doc:"Slug or id of one customer; all that the caller sees if left out."`
}

const (
	cisTag       = "CIs"
	relationsTag = "Relations"
	workloadsTag = "Workloads"
	estateTag    = "Estate"
)

// Register adds the operations of this room.
func (s *Service) Register(a *api.API) {
	s.registerCIs(a)
	s.registerRelations(a)
	s.registerWorkloads(a)
	s.registerEstate(a)
}

func (s *Service) registerCIs(a *api.API) {
	api.List(a, api.Listing[CI, Body]{
		Op: api.Op{Path: "/cis", Tag: cisTag, Summary: "List CIs", Description: field.Params + " And: tag.KEY=VALUE (* for any value), " +
			"attribute.NAME=VALUE, workload=ID or name, workload.empty=true. q finds beginnings of words of names and ids, and of ARNs."},
		Spec: CISpec, Extend: extendCIs, Allow: permission.Need(permission.CIRead), Rows: ciBodies,
	})
	api.Post(a, api.Op{Path: "/cis", Tag: cisTag, Summary: "Enter a CI by hand"},
		func(ctx context.Context, in *struct{ Body NewCI }) (Body, error) {
			c, err := s.CreateCI(ctx, permission.From(ctx), in.Body)
			return c.body(), err
		})
	api.Get(a, api.Op{Path: "/cis/{id}", Tag: cisTag, Summary: "Get a CI"},
		func(ctx context.Context, in *byID) (Body, error) {
			c, err := s.CI(ctx, permission.From(ctx), in.ID)
			return c.body(), err
		})
	api.Patch(a, api.Op{Path: "/cis/{id}", Tag: cisTag, Summary: "Change a CI", Description: "On a discovered CI the fields are pinned: " +
		"discovery does not overwrite them, and differing shows where it disagrees. null takes a pin back."},
		func(ctx context.Context, in *struct {
			ID string `path:"id" doc:"Id."`
			api.Match
			Body ChangeCI
		}) (Body, error) {
			c, err := s.EditCI(ctx, permission.From(ctx), in.ID, in.Expected(), in.Body)
			return c.body(), err
		})
	api.Delete(a, api.Op{Path: "/cis/{id}", Tag: cisTag, Summary: "Delete a CI that was entered by hand or imported"},
		func(ctx context.Context, in *struct {
			ID string `path:"id" doc:"Id."`
			api.Match
		}) error {
			return s.DeleteCI(ctx, permission.From(ctx), in.ID, in.Expected())
		})
	api.List(a, api.Listing[Change, ChangeBody]{
		Op:   api.Op{Path: "/cis/{id}/history", Tag: cisTag, Summary: "List the changes of a CI", Description: historyParams},
		Spec: ChangeSpec, Allow: permission.Need(permission.CIRead), Rows: bodies(Change.body), Within: withinCI(`h.ci_id = ? AND h.customer_id = ?`, 1),
	})
	api.List(a, api.Listing[Relation, RelationBody]{
		Op:   api.Op{Path: "/cis/{id}/relations", Tag: cisTag, Summary: "List the relations of a CI"},
		Spec: RelationSpec, Allow: permission.Need(permission.CIRead), Rows: bodies(Relation.body),
		Within: withinCI(`(r.from_id = ? OR r.to_id = ?) AND r.customer_id = ?`, 2),
	})
	api.Get(a, api.Op{Path: "/cis/{id}/impact", Tag: cisTag, Summary: "What suffers if a CI fails, or what it depends on",
		Description: "With the path that explains each CI, the workloads that are hit and the people to tell. Redundancy is respected: " +
			"a CI that still has enough of what it needs is degraded, and nothing behind it is hit."},
		func(ctx context.Context, in *struct {
			ID        string `path:"id" doc:"Id."`
			Direction string `query:"direction" default:"impacts" doc:"impacts or depends_on."`
			Depth     int    `query:"depth" default:"10" doc:"1 to 10."`
		}) (Impact, error) {
			return s.Impact(ctx, permission.From(ctx), in.ID, Direction(in.Direction), in.Depth)
		})
}

const historyParams = "Besides the parameters below: from and to bound the time (RFC 3339 or a date; to is not included)."

// withinCI narrows a list to one CI: not found where the caller does not see it. where takes the CI's id n times, then the customer's.
func withinCI(where string, n int) func(context.Context, *db.Tx, func(string) string, list.Query) (list.Query, error) {
	return func(ctx context.Context, tx *db.Tx, path func(string) string, q list.Query) (list.Query, error) {
		ci := path("id")
		if !id.Valid(ci) {
			return q, fault.New(fault.NotFound, "fault.not_found")
		}
		var customer string
		if err := tx.Get(ctx, &customer, `SELECT c.customer_id FROM {customer} k CROSS JOIN {ci} c WHERE c.customer_id = k.id AND c.id = ?`, ci); err != nil {
			return q, err
		}
		var args []any
		for range n {
			args = append(args, ci)
		}
		return q.Where(where, append(args, customer)...), nil
	}
}

func (s *Service) registerRelations(a *api.API) {
	api.List(a, api.Listing[Relation, RelationBody]{
		Op:   api.Op{Path: "/relations", Tag: relationsTag, Summary: "List relations", Description: "ci=ID asks for those of one CI, whichever end it is."},
		Spec: RelationSpec, Allow: permission.Need(permission.CIRead), Rows: bodies(Relation.body),
	})
	api.Post(a, api.Op{Path: "/relations", Tag: relationsTag, Summary: "Enter a relation by hand"},
		func(ctx context.Context, in *struct{ Body NewRelation }) (RelationBody, error) {
			r, err := s.CreateRelation(ctx, permission.From(ctx), in.Body)
			return r.body(), err
		})
	api.Get(a, api.Op{Path: "/relations/{id}", Tag: relationsTag, Summary: "Get a relation"},
		func(ctx context.Context, in *byID) (RelationBody, error) {
			r, err := s.Relation(ctx, permission.From(ctx), in.ID)
			return r.body(), err
		})
	api.Delete(a, api.Op{Path: "/relations/{id}", Tag: relationsTag, Summary: "Delete a relation that was entered by hand or imported"},
		func(ctx context.Context, in *struct {
			ID string `path:"id" doc:"Id."`
			api.Match
		}) error {
			return s.DeleteRelation(ctx, permission.From(ctx), in.ID, in.Expected())
		})
}

func (s *Service) registerWorkloads(a *api.API) {
	api.List(a, api.Listing[Workload, WorkloadBody]{
		Op:   api.Op{Path: "/workloads", Tag: workloadsTag, Summary: "List workloads", Description: field.Params},
		Spec: WorkloadSpec, Extend: extendWorkloads, Allow: permission.Need(permission.WorkloadRead), Rows: workloadBodies,
	})
	api.Post(a, api.Op{Path: "/workloads", Tag: workloadsTag, Summary: "Create a workload and gather its CIs"},
		func(ctx context.Context, in *struct{ Body NewWorkload }) (WorkloadBody, error) {
			w, people, err := s.CreateWorkload(ctx, permission.From(ctx), in.Body)
			return w.body(people), err
		})
	api.Get(a, api.Op{Path: "/workloads/{id}", Tag: workloadsTag, Summary: "Get a workload"},
		func(ctx context.Context, in *byID) (WorkloadBody, error) {
			w, people, err := s.Workload(ctx, permission.From(ctx), in.ID)
			return w.body(people), err
		})
	api.Patch(a, api.Op{Path: "/workloads/{id}", Tag: workloadsTag, Summary: "Change a workload"},
		func(ctx context.Context, in *struct {
			ID string `path:"id" doc:"Id."`
			api.Match
			Body ChangeWorkload
		}) (WorkloadBody, error) {
			w, people, err := s.EditWorkload(ctx, permission.From(ctx), in.ID, in.Expected(), in.Body)
			return w.body(people), err
		})
	api.Delete(a, api.Op{Path: "/workloads/{id}", Tag: workloadsTag, Summary: "Delete a workload; its CIs stay"},
		func(ctx context.Context, in *struct {
			ID string `path:"id" doc:"Id."`
			api.Match
		}) error {
			return s.DeleteWorkload(ctx, permission.From(ctx), in.ID, in.Expected())
		})
}

func (s *Service) registerEstate(a *api.API) {
	api.List(a, api.Listing[Change, ChangeBody]{
		Op:   api.Op{Path: "/changes", Tag: estateTag, Summary: "List what changed", Description: historyParams + " ci=ID, workload=ID or name."},
		Spec: ChangeSpec, Allow: permission.Need(permission.CIRead), Rows: bodies(Change.body),
	})
	api.Get(a, api.Op{Path: "/estate/overview", Tag: estateTag, Summary: "Count CIs by type, account, region, environment and status"},
		func(ctx context.Context, in *ofCustomer) (Overview, error) {
			return s.Overview(ctx, permission.From(ctx), in.Customer)
		})
	api.Get(a, api.Op{Path: "/estate/accuracy", Tag: estateTag, Summary: "How far the CMDB can be trusted, by customer"},
		func(ctx context.Context, in *ofCustomer) (accuracyBody, error) {
			items, err := s.Accuracy(ctx, permission.From(ctx), in.Customer)
			return accuracyBody{items}, err
		})
}

type accuracyBody struct {
	Items []Accuracy `json:"items"`
}
