package view

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

// Standard is the view of the address that asks for the list as it is, whatever the default.
const Standard = "none"

// Apply makes the query of a page that of the view which its address names, or of the reader's default where the address asks for
// nothing. It fills p.Saved for the head of the list. Pages that are no list stay as they are.
func (s *Service) Apply(ctx context.Context, a permission.Actor, p *ui.Page) error {
	name := strings.TrimPrefix(p.Path, "/")
	if l, ok := s.list(name); !ok || !a.May(l.Need) || !a.May(permission.ViewOwn) {
		return nil
	}
	var all []View
	err := s.db.View(ctx, a.Scope(), func(tx *db.Tx) (err error) {
		all, err = s.read(ctx, tx, a, `v.list = ?`, name)
		return err
	})
	if err != nil {
		return err
	}
	if p.Customer != nil {
		all = slices.DeleteFunc(all, func(v View) bool { return v.Customer != "" && v.Customer != p.Customer.Slug })
	}
	saved := &ui.Saved{List: name, Share: a.May(permission.ViewShare), Standard: p.Query.Get("view") == Standard}
	now, byDefault := choose(all, a, p)
	for i, v := range all {
		saved.Views = append(saved.Views, ui.SavedView{ID: v.ID, Slug: v.Slug, Name: v.Name, Shared: v.Audience != Private, Customer: v.Customer,
			Mine: s.MayChange(a, v), Default: v.Default})
		if now == i {
			saved.Now = &saved.Views[i]
		}
	}
	p.Saved = saved
	if p.Query.Get("view") != "" && now < 0 && !saved.Standard {
		saved.Missing = true
		p.Query.Del("view")
	}
	if now < 0 {
		return nil
	}
	saved.Now = &saved.Views[now] // the slice may have moved while it grew
	v := all[now]
	wanted, err := url.ParseQuery(v.Query)
	if err != nil {
		return err
	}
	if p.Query.Get("changed") != "true" {
		own := p.Query
		p.Query = url.Values{}
		for name, values := range wanted {
			p.Query[name] = values
		}
		for _, name := range foreign {
			if own.Has(name) {
				p.Query[name] = own[name]
			}
		}
	}
	p.Query.Set("view", v.Slug)
	p.Query.Set("changed", "true")
	saved.Default = byDefault
	saved.Changed = clean(p.Query).Encode() != clean(wanted).Encode()
	return nil
}

// choose finds the view of the address, or the default where the address asks for nothing; -1 is none.
func choose(all []View, a permission.Actor, p *ui.Page) (at int, byDefault bool) {
	if slug := p.Query.Get("view"); slug != "" {
		return slices.IndexFunc(all, func(v View) bool { return v.Slug == slug }), false
	}
	if len(clean(p.Query)) > 0 || p.Query.Has("format") || p.Query.Has("cursor") {
		return -1, false
	}
	if at = slices.IndexFunc(all, func(v View) bool { return v.Default && fits(v, p) }); at < 0 {
		at = slices.IndexFunc(all, func(v View) bool { return slices.Contains(v.Roles, string(a.Role())) && fits(v, p) })
	}
	return at, at >= 0
}

// fits keeps a view of one customer from opening by itself where all are shown.
func fits(v View, p *ui.Page) bool {
	return v.Customer == "" || p.Customer != nil && p.Customer.Slug == v.Customer
}
