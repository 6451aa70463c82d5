package view

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Service holds the rules of views.
type Service struct {
	db    *db.DB
	lists []List
}

// New makes the service for these lists.
func New(d *db.DB, lists ...List) *Service { return &Service{d, lists} }

func (s *Service) list(name string) (List, bool) {
	i := slices.IndexFunc(s.lists, func(l List) bool { return l.Name == name })
	if i < 0 {
		return List{}, false
	}
	return s.lists[i], true
}

// visible is the condition under which somebody sees a view v: it is theirs or shared with them, and of a customer whom they cover.
const visible = `(v.owner_id = ? OR v.audience = 'everybody' OR v.audience = 'staff' AND ? = 1)
	AND (v.customer_id IS NULL OR v.customer_id IN (SELECT k.id FROM {customer} k))`

func seer(a permission.Actor) []any {
	staff := 1
	if a.Role().Customer() {
		staff = 0
	}
	who := a.ID
	if !id.Valid(who) {
		who = audit.Instance // nobody
	}
	return []any{who, staff}
}

// Views lists the views that the actor sees, of one list or (list empty) of all that they may read. Faults: forbidden, invalid.
func (s *Service) Views(ctx context.Context, a permission.Actor, list string) (out []View, err error) {
	if err := a.Require(permission.ViewOwn); err != nil {
		return nil, err
	}
	if l, ok := s.list(list); list != "" && (!ok || !a.May(l.Need)) {
		var bad fault.Fields
		bad.Add("list", "view.field.list")
		return nil, bad.Err()
	}
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		out, err = s.read(ctx, tx, a, `(? = '' OR v.list = ?)`, list, list)
		return err
	})
	return slices.DeleteFunc(out, func(v View) bool { l, ok := s.list(v.List); return !ok || !a.May(l.Need) }), err
}

// View reads one view. Faults: not_found, forbidden.
func (s *Service) View(ctx context.Context, a permission.Actor, ref string) (v View, err error) {
	if !id.Valid(ref) {
		return v, fault.New(fault.NotFound, "fault.not_found")
	}
	var all []View
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		all, err = s.read(ctx, tx, a, `v.id = ?`, ref)
		return err
	})
	if err == nil && len(all) == 0 {
		err = fault.New(fault.NotFound, "fault.not_found")
	}
	if err != nil {
		return v, err
	}
	return all[0], a.Require(permission.ViewOwn)
}

// most bounds how many views one reader is shown.
const most = 300

func (s *Service) read(ctx context.Context, tx *db.Tx, a permission.Actor, where string, args ...any) ([]View, error) {
	var rows []struct {
		row
		Owner    string  `db:"owner"`
		Customer db.Null `db:"customer"`
	}
	err := tx.Select(ctx, &rows, `SELECT `+db.Columns[row]("v.")+`, u.name AS owner, c.slug AS customer FROM {saved_view} v JOIN {app_user} u ON u.id = v.owner_id
		LEFT JOIN {customer} c ON c.id = v.customer_id WHERE `+visible+` AND `+where+` ORDER BY v.list, v.name, v.id LIMIT ?`, slices.Concat(seer(a), args, []any{most})...)
	if err != nil {
		return nil, fmt.Errorf("read views: %w", err)
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	var defaults []struct {
		Holder string `db:"holder"`
		ViewID string `db:"view_id"`
	}
	if err := tx.Select(ctx, &defaults, `SELECT d.holder, d.view_id FROM {view_default} d WHERE d.view_id IN (`+db.Marks(len(ids))+`) ORDER BY d.holder`, db.Anys(ids)...); err != nil {
		return nil, fmt.Errorf("read defaults: %w", err)
	}
	out := make([]View, len(rows))
	for i, r := range rows {
		v := View{ID: r.ID, List: r.List, Slug: r.Slug, Name: r.Name, Owner: r.Owner, Audience: r.Audience, Customer: string(r.Customer), Query: r.Query,
			Roles: []string{}, Mine: r.OwnerID == a.ID, Version: r.Version, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, owner: r.OwnerID, customer: string(r.CustomerID)}
		for _, d := range defaults {
			if d.ViewID != r.ID {
				continue
			}
			if role, ok := strings.CutPrefix(d.Holder, "role:"); ok {
				v.Roles = append(v.Roles, role)
			}
			v.Default = v.Default || d.Holder == mine(a)
		}
		out[i] = v
	}
	return out, nil
}

func (s *Service) mayShare(a permission.Actor, with Audience) error {
	if with == Private {
		return nil
	}
	return a.Require(permission.ViewShare)
}

func mine(a permission.Actor) string { return "user:" + a.ID }

// Create saves a view. Faults: forbidden, invalid.
func (s *Service) Create(ctx context.Context, a permission.Actor, in NewView) (View, error) {
	if err := a.Require(permission.ViewOwn); err != nil {
		return View{}, err
	}
	if !id.Valid(a.ID) { // the operator's commands are nobody whose views these could be
		return View{}, fault.New(fault.Forbidden, "fault.forbidden")
	}
	var bad fault.Fields
	if l, ok := s.list(in.List); !ok || !a.May(l.Need) {
		bad.Add("list", "view.field.list")
	}
	in.Name = strings.TrimSpace(in.Name)
	checkName(&bad, in.Name)
	r := row{ID: id.New(), List: in.List, Name: in.Name, OwnerID: a.ID, Query: checkQuery(&bad, in.Query), Audience: checkAudience(&bad, in.Audience), Version: 1}
	r.Slug = slugOf(in.Name, r.ID)
	if err := s.mayShare(a, r.Audience); err != nil {
		return View{}, err
	}
	customer, err := s.customer(ctx, a, in.Customer)
	switch {
	case fault.Is(err, fault.NotFound):
		bad.Add("customer", "api.field.customer", "value", in.Customer)
	case err != nil:
		return View{}, err
	case customer == "" && r.Audience == Everybody && !a.Scope().All():
		bad.Add("customer", "view.field.everybody")
	}
	if err := bad.Err(); err != nil {
		return View{}, err
	}
	r.CustomerID = db.Null(customer)
	err = s.write(ctx, a, customer, func(tx *db.Tx) error {
		r.CreatedAt, r.UpdatedAt = tx.Now(), tx.Now()
		if _, err := tx.Insert(ctx, "saved_view", r, ""); err != nil {
			return fmt.Errorf("create view: %w", err)
		}
		if in.Default {
			if err := hold(ctx, tx, mine(a), r.List, r.ID); err != nil {
				return err
			}
		}
		return audit.Write(ctx, tx, a, "create", record(r.ID, r.Name), nil, map[string]any{"list": r.List, "name": r.Name, "audience": r.Audience, "query": r.Query})
	})
	if err != nil {
		return View{}, err
	}
	return s.View(ctx, a, r.ID)
}

// Change changes some fields; version 0 takes any. Everybody may make a view that they see their own default; the rest is for its
// owner and, where it is shared, for those who look after shared views. Faults: not_found, forbidden, invalid, stale.
func (s *Service) Change(ctx context.Context, a permission.Actor, ref string, version int64, in ChangeView) (View, error) {
	old, err := s.View(ctx, a, ref)
	if err != nil {
		return View{}, err
	}
	edits := in.Name != nil || in.Query != nil || in.Audience != nil
	if edits && !s.MayChange(a, old) || in.Roles != nil && !a.May(permission.ViewDefault) {
		return View{}, fault.New(fault.Forbidden, "fault.forbidden")
	}
	var bad fault.Fields
	now := old
	if in.Name != nil {
		now.Name = strings.TrimSpace(*in.Name)
		checkName(&bad, now.Name)
	}
	if in.Query != nil {
		now.Query = checkQuery(&bad, *in.Query)
	}
	if in.Audience != nil && Audience(*in.Audience) != old.Audience {
		if now.Audience = checkAudience(&bad, *in.Audience); now.Audience == Everybody && old.customer == "" && !a.Scope().All() {
			bad.Add("audience", "view.field.everybody")
		}
	}
	if now.Audience != old.Audience {
		if err := s.mayShare(a, now.Audience); err != nil {
			return View{}, err
		}
	}
	if in.Roles != nil {
		now.Roles = checkRoles(&bad, now, *in.Roles)
	}
	if err := bad.Err(); err != nil {
		return View{}, err
	}
	if version != 0 && version != old.Version {
		return View{}, fault.New(fault.Stale, "fault.stale")
	}
	if in.Default != nil && !id.Valid(a.ID) {
		return View{}, fault.New(fault.Forbidden, "fault.forbidden")
	}
	err = s.write(ctx, a, old.customer, func(tx *db.Tx) error {
		if !edits && in.Roles == nil { // one's own default changes nothing of the view
			if err := s.hold(ctx, tx, a, old, in, nil); err != nil || in.Default == nil || *in.Default == old.Default {
				return err
			}
			return audit.Write(ctx, tx, a, "default", record(old.ID, old.Name), map[string]any{"default": old.Default}, map[string]any{"default": *in.Default})
		}
		n, err := tx.Exec(ctx, `UPDATE {saved_view} SET name = ?, query = ?, audience = ?, version = version + 1, updated_at = ? WHERE id = ? AND version = ?`,
			now.Name, now.Query, string(now.Audience), tx.Now(), old.ID, old.Version)
		if err != nil {
			return fmt.Errorf("change view: %w", err)
		}
		if n == 0 {
			return fault.New(fault.Stale, "fault.stale")
		}
		if err := s.hold(ctx, tx, a, old, in, now.Roles); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "update", record(old.ID, now.Name), summary(old), summary(now))
	})
	if err != nil {
		return View{}, err
	}
	return s.View(ctx, a, ref)
}

// hold writes whose default the view is.
func (s *Service) hold(ctx context.Context, tx *db.Tx, a permission.Actor, v View, in ChangeView, roles []string) error {
	if in.Default != nil {
		if err := holdOrNot(ctx, tx, mine(a), v, *in.Default); err != nil {
			return err
		}
	}
	if in.Roles == nil {
		return nil
	}
	for _, r := range permission.Roles() {
		if err := holdOrNot(ctx, tx, "role:"+string(r), v, slices.Contains(roles, string(r))); err != nil {
			return err
		}
	}
	return nil
}

func holdOrNot(ctx context.Context, tx *db.Tx, holder string, v View, on bool) error {
	if on {
		return hold(ctx, tx, holder, v.List, v.ID)
	}
	_, err := tx.Exec(ctx, `DELETE FROM {view_default} WHERE list = ? AND holder = ? AND view_id = ?`, v.List, holder, v.ID)
	return err
}

func hold(ctx context.Context, tx *db.Tx, holder, list, view string) error {
	type held struct {
		List   string `db:"list"`
		Holder string `db:"holder"`
		ViewID string `db:"view_id"`
	}
	_, err := tx.Insert(ctx, "view_default", held{list, holder, view}, "(list, holder) DO UPDATE SET view_id = excluded.view_id")
	return err
}

// checkRoles lets a role open a list only with a view that its people see.
func checkRoles(bad *fault.Fields, v View, roles []string) []string {
	for _, r := range roles {
		role := permission.Role(r)
		if !role.Valid() {
			bad.Add("roles", "view.field.role")
		} else if v.Audience == Private || v.Audience == Staff && role.Customer() {
			bad.Add("roles", "view.field.unseen")
		}
	}
	return roles
}

// MayChange tells whether the actor may rename, change, share or delete the view.
func (s *Service) MayChange(a permission.Actor, v View) bool {
	return v.owner == a.ID && a.ID != "" || v.Audience != Private && a.May(permission.ViewDefault)
}

// Delete removes a view; lists that opened with it open as they are. Faults: not_found, forbidden, stale.
func (s *Service) Delete(ctx context.Context, a permission.Actor, ref string, version int64) error {
	v, err := s.View(ctx, a, ref)
	if err != nil {
		return err
	}
	if !s.MayChange(a, v) {
		return fault.New(fault.Forbidden, "fault.forbidden")
	}
	return s.write(ctx, a, v.customer, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `DELETE FROM {saved_view} WHERE id = ? AND (? = 0 OR version = ?)`, v.ID, version, version)
		if err != nil {
			return fmt.Errorf("delete view: %w", err)
		}
		if n == 0 {
			return fault.New(fault.Stale, "fault.stale")
		}
		return audit.Write(ctx, tx, a, "delete", record(v.ID, v.Name), summary(v), nil)
	})
}

// write opens the transaction of a view: of its customer, or of the instance for one that belongs to none.
func (s *Service) write(ctx context.Context, a permission.Actor, customer string, f func(*db.Tx) error) error {
	if customer == "" {
		return s.db.Across(ctx, "a view of no customer belongs to the instance", f)
	}
	scope, err := a.For(permission.ViewOwn, customer)
	if err != nil {
		return err
	}
	return s.db.InScope(ctx, scope, f)
}

// customer finds a customer of the actor's scope by slug or id; empty stays empty. Faults: not_found.
func (s *Service) customer(ctx context.Context, a permission.Actor, ref string) (found string, err error) {
	if ref == "" {
		return "", nil
	}
	where := "k.slug = ?"
	if id.Valid(ref) {
		where = "k.id = ?"
	}
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		return tx.Get(ctx, &found, `SELECT k.id FROM {customer} k WHERE `+where, ref)
	})
	return found, err
}

func record(id, name string) audit.Record { return audit.Record{Type: "view", ID: id, Name: name} }

func summary(v View) map[string]any {
	return map[string]any{"name": v.Name, "audience": v.Audience, "query": v.Query, "roles": v.Roles}
}
