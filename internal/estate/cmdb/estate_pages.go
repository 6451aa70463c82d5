package cmdb

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"vigie/internal/kit/ui"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

func sortedOptions(options []ui.Option) []ui.Option {
	slices.SortFunc(options, func(a, b ui.Option) int { return strings.Compare(strings.ToLower(a.Label), strings.ToLower(b.Label)) })
	return options
}

// estate is the overview: what there is, where, and how far it can be trusted.
func (h pages) estate(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T("estate.overview.title"), "estate"
	ctx, slug := r.Context(), web.Customer(p)
	v := estateView{write: a.May(permission.AccountWrite)}
	var err error
	if v.overview, err = h.s.Overview(ctx, a, slug); err != nil {
		return err
	}
	figures, err := h.s.Accuracy(ctx, a, slug)
	if err != nil {
		return err
	}
	v.accuracy = together(figures)
	if v.names, err = h.accountNames(ctx, a); err != nil {
		return err
	}
	changes := h.changeList(p)
	changes.Spec.Sort = "-at"
	q := changes.Spec.All()
	q.Limit = 8
	if slug != "" {
		q = q.Where("k.slug = ?", slug)
	}
	page, err := h.s.Changes(ctx, a, q)
	if err != nil {
		return err
	}
	v.changes = page.Items
	ui.Render(w, r, http.StatusOK, estatePage(p, v))
	return nil
}

type estateView struct {
	overview Overview
	accuracy Accuracy
	names    accountNames
	changes  []Change
	write    bool
}

// together adds the figures of several customers up.
func together(figures []Accuracy) (sum Accuracy) {
	for _, f := range figures {
		sum.Total += f.Total
		sum.Discovered += f.Discovered
		sum.Verified += f.Verified
		sum.Stale += f.Stale
		sum.Orphaned += f.Orphaned
		sum.WithoutOwner += f.WithoutOwner
		sum.WithoutWorkload += f.WithoutWorkload
		sum.Gone += f.Gone
		if f.LastSeen.After(sum.LastSeen.Time) {
			sum.LastSeen = f.LastSeen
		}
	}
	sum.VerifiedShare = share(sum.Verified, sum.Discovered)
	return sum
}

// i18n: cmdb.kind.*
func (v estateView) kinds(p *ui.Page) (tiles []ui.Tile) {
	for _, k := range v.overview.Kinds {
		tiles = append(tiles, ui.Tile{Label: p.T("cmdb.kind." + k.Name), Value: number(p, k.CIs), Href: "/cis?type=" + strings.Join(k.Types, ",")})
	}
	return tiles
}

func (v estateView) trust(p *ui.Page) []ui.Tile {
	f := v.accuracy
	warn := func(n int64) ui.Tone {
		if n > 0 {
			return ui.Soon
		}
		return ""
	}
	of := func(n int64) string {
		return p.T("estate.overview.of_all", "share", p.Percent(share(n, max(f.Total, 1))))
	}
	return []ui.Tile{
		{Label: p.T("estate.overview.verified"), Value: p.Percent(f.VerifiedShare), Href: "/cis?source=discovered&status=active",
			Note: p.T("estate.overview.verified_note", "verified", int(f.Verified), "discovered", int(f.Discovered))},
		{Label: p.T("estate.overview.stale"), Value: number(p, f.Stale), Href: "/cis?status=stale", Tone: warn(f.Stale), Note: of(f.Stale)},
		{Label: p.T("estate.overview.orphaned"), Value: number(p, f.Orphaned), Href: "/cis?orphaned=true", Note: of(f.Orphaned)},
		{Label: p.T("estate.overview.without_owner"), Value: number(p, f.WithoutOwner), Href: "/cis?owner.empty=true", Note: of(f.WithoutOwner)},
		{Label: p.T("estate.overview.without_workload"), Value: number(p, f.WithoutWorkload), Href: "/cis?workload.empty=true", Note: of(f.WithoutWorkload)},
	}
}

// bars counts the CIs by one of their fields, the most first.
func (v estateView) bars(p *ui.Page, field string, of func(Count) string, word func(string) string) (bars []ui.Bar) {
	sums := map[string]int64{}
	for _, c := range v.overview.Counts {
		if c.Status != Gone {
			sums[of(c)] += c.CIs
		}
	}
	for _, value := range keysOf(sums) {
		n := sums[value]
		b := ui.Bar{Label: word(value), Href: "/cis?" + field + "=" + value, Text: number(p, n), Value: float64(n)}
		if value == "" {
			b.Label, b.Href = p.T("estate.overview.unknown"), "/cis?"+field+".empty=true"
		}
		bars = append(bars, b)
	}
	slices.SortStableFunc(bars, func(a, b ui.Bar) int { return cmp.Compare(b.Value, a.Value) })
	return bars
}

func (v estateView) byType(p *ui.Page) []ui.Bar {
	return v.bars(p, "type", func(c Count) string { return c.Type }, func(s string) string { return typeWord(p, s) })
}

func (v estateView) byAccount(p *ui.Page) []ui.Bar {
	return v.bars(p, "account", func(c Count) string { return c.Account }, v.names.short)
}

func (v estateView) byRegion(p *ui.Page) []ui.Bar {
	return v.bars(p, "region", func(c Count) string { return c.Region }, func(s string) string { return s })
}

func (v estateView) byEnvironment(p *ui.Page) []ui.Bar {
	return v.bars(p, "environment", func(c Count) string { return c.Environment }, func(s string) string { return environmentWord(p, s) })
}

// openBars is how many lines of a count stand open.
const openBars = 12

func head(bars []ui.Bar) []ui.Bar { return bars[:min(len(bars), openBars)] }

func tail(bars []ui.Bar) []ui.Bar { return bars[min(len(bars), openBars):] }

func overviewHelp(p *ui.Page, v estateView) string {
	if v.accuracy.LastSeen.IsZero() {
		return ""
	}
	return p.T("estate.overview.last_seen", "time", p.Relative(v.accuracy.LastSeen.Time))
}
