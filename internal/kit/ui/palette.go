package ui

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Hit is one answer of the palette. Kind is the group's heading, in the reader's language.
type Hit struct {
	Kind, Label, Detail, Href, Icon string
}

// PaletteSource finds things by words. A room writes one around its own search and the reader's rights; this
// package knows neither, it only puts the answers one under another.
type PaletteSource func(ctx context.Context, q string, limit int) ([]Hit, error)

const (
	paletteLimit = 8
	// paletteTime bounds the slowest source: the palette answers what it has rather than nothing.
	paletteTime = 800 * time.Millisecond
)

// Palette answers GET /palette?q=: to the dialog a fragment, otherwise (no script) a page. ask gives, for one request, the
// page and the sources that this reader may use. Places of the rail come first, by themselves.
func Palette(ask func(*http.Request) (*Page, []PaletteSource)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, sources := ask(r)
		q := strings.TrimSpace(r.URL.Query().Get("q"))
		hits := p.places(q)
		if q != "" {
			hits = append(hits, search(r.Context(), q, sources)...)
		}
		if IsPartial(r) {
			Render(w, r, http.StatusOK, paletteOptions(p, q, group(hits)))
			return
		}
		p.Title = p.T("ui.palette.open")
		Render(w, r, http.StatusOK, palettePage(p, q, group(hits)))
	})
}

// search asks all sources at once; a source that fails is logged and left out.
func search(ctx context.Context, q string, sources []PaletteSource) []Hit {
	ctx, cancel := context.WithTimeout(ctx, paletteTime)
	defer cancel()
	found := make([][]Hit, len(sources))
	var all sync.WaitGroup
	for i, source := range sources {
		all.Go(func() {
			hits, err := source(ctx, q, paletteLimit)
			if err != nil {
				slog.WarnContext(ctx, "palette source failed", "source", i, "error", err)
				return
			}
			found[i] = hits
		})
	}
	all.Wait()
	var hits []Hit
	for _, part := range found {
		hits = append(hits, part...)
	}
	return hits
}

// places are the items of the rail that the words fit.
func (p *Page) places(q string) []Hit {
	wanted := strings.ToLower(q)
	var hits []Hit
	for _, section := range p.Nav {
		for _, item := range section.Items {
			if strings.Contains(strings.ToLower(section.Label+" "+item.Label), wanted) {
				hits = append(hits, Hit{Kind: p.T("ui.palette.places"), Label: item.Label, Detail: section.Label, Href: item.Href, Icon: item.Icon})
			}
		}
	}
	return hits
}

type hitGroup struct {
	kind string
	hits []Hit
}

// group keeps the order in which the kinds came.
func group(hits []Hit) []hitGroup {
	var groups []hitGroup
	at := map[string]int{}
	for _, hit := range hits {
		i, ok := at[hit.Kind]
		if !ok {
			i = len(groups)
			at[hit.Kind] = i
			groups = append(groups, hitGroup{kind: hit.Kind})
		}
		groups[i].hits = append(groups[i].hits, hit)
	}
	return groups
}
