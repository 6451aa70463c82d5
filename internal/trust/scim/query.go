package scim

import (
	"net/http"
	"strconv"
	"strings"
)

// asked is what a list is asked for, as it was sent: in the address, or in the body of .search.
type asked struct {
	Schemas    []any    `json:"schemas"`
	Attributes []string `json:"attributes"`
	Excluded   []string `json:"excludedAttributes"`
	Filter     string   `json:"filter"`
	SortBy     string   `json:"sortBy"`
	SortOrder  string   `json:"sortOrder"`
	Start      *int     `json:"startIndex"`
	Count      *int     `json:"count"`
}

func (a asked) query(r resource) (q query, err error) {
	q = query{start: 1, count: usualPage, as: r.readShape(strings.Join(a.Attributes, ","), strings.Join(a.Excluded, ","))}
	if strings.TrimSpace(a.Filter) != "" {
		if q.filter, err = readFilter(r, a.Filter); err != nil {
			return q, err
		}
	}
	if a.SortBy != "" {
		at, ok := r.find(a.SortBy)
		if !ok || at.attr.Name == "" {
			return q, bad(invalidValue, "attribute", "name", a.SortBy)
		}
		q.by = &at
	}
	switch {
	case a.SortOrder == "", strings.EqualFold(a.SortOrder, "ascending"):
	case strings.EqualFold(a.SortOrder, "descending"):
		q.descending = true
	default:
		return q, bad(invalidValue, "value", "name", "sortOrder")
	}
	if a.Start != nil {
		q.start = max(1, *a.Start)
	}
	if a.Count != nil {
		q.count = min(max(0, *a.Count), maxPage)
	}
	return q, nil
}

func askedBy(r *http.Request) (a asked, err error) {
	q := r.URL.Query()
	a = asked{Attributes: q["attributes"], Excluded: q["excludedAttributes"], Filter: q.Get("filter"), SortBy: q.Get("sortBy"), SortOrder: q.Get("sortOrder")}
	for name, to := range map[string]**int{"startIndex": &a.Start, "count": &a.Count} {
		if q.Get(name) == "" {
			continue
		}
		n, err := strconv.Atoi(q.Get(name))
		if err != nil {
			return a, bad(invalidValue, "value", "name", name)
		}
		*to = &n
	}
	return a, nil
}

func (s *Service) listOf(of resource) handler {
	return func(r *http.Request, d directory) (answer, error) {
		a, err := askedBy(r)
		if err != nil {
			return answer{}, err
		}
		return s.found(r, d, of, a)
	}
}

func (s *Service) searchOf(of resource) handler {
	return func(r *http.Request, d directory) (answer, error) {
		a, err := sent[asked](r)
		if err == nil {
			err = claims(map[string]any{"schemas": a.Schemas}, message+"SearchRequest")
		}
		if err != nil {
			return answer{}, err
		}
		return s.found(r, d, of, a)
	}
}

func (s *Service) found(r *http.Request, d directory, of resource, a asked) (answer, error) {
	q, err := a.query(of)
	if err != nil {
		return answer{}, err
	}
	page, total, err := s.list(r.Context(), d, of, q)
	return listAnswer(page, total, q.start), err
}

// listAnswer is a list as SCIM has it.
func listAnswer(page []map[string]any, total, start int) answer {
	if page == nil {
		page = []map[string]any{}
	}
	return answer{status: http.StatusOK, body: map[string]any{"schemas": []string{message + "ListResponse"}, "totalResults": total, "startIndex": start,
		"itemsPerPage": len(page), "Resources": page}}
}
