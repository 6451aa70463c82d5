package api

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

const about = "Every answer and error is JSON. Errors are problems (RFC 9457) whose type never changes and whose errors name each bad " +
	"field. Lists take filters, q, sort, limit and cursor, and come as CSV or XLSX by Accept. Records have an ETag; PATCH and DELETE take " +
	"If-Match; POST takes Idempotency-Key. Customers are named by slug or id. Times are RFC 3339 in UTC."

// conventions are what holds for every operation: a heading and its lines each.
var conventions = []struct {
	Name  string
	Lines []string
}{
	{"Lists", []string{
		"The answer is {\"items\": [...], \"next_cursor\": ..., \"prev_cursor\": ...}. Send next_cursor as cursor for the next page; null means that there is none. Pages stay whole while records are added.",
		"limit is 1 to 500, 50 if not given. sort names one field, with - in front for descending. q searches for words.",
		"field=a,b is a or b; a comma within a value is written \\, and an empty value is no filter. field.not=a,b is neither. field.empty=true has no value. field.contains= and field.prefix= are for text. field.after= (>=) and field.before= (<) are for times and numbers. Filters on several fields all hold.",
		"customer=SLUG narrows to one customer. One that you may not see is the same error as one that does not exist.",
		"A parameter that is not known is an error, never ignored.",
		"Accept: text/csv or the XLSX type, or format=csv or format=xlsx, exports the whole list, or one page if limit is given. In CSV, text that begins with = + - or @ has an apostrophe in front, so that no spreadsheet runs it.",
	}},
	{"Errors", []string{
		"application/problem+json (RFC 9457). type is urn:vigie:problem:CODE and never changes; title, detail and messages follow Accept-Language (en, fr).",
		"errors[] names each bad field as you wrote it: name, regions[2], sort. code is the stable name of the reason.",
		"400 malformed, 401 unauthorized, 403 forbidden (you see it and may not), 404 not_found (also what belongs to another customer), 405, 409 conflict, 412 stale, 413 too_large, 415 unsupported, 422 invalid, 429 limited and 503 unavailable (with Retry-After), 500 internal with an id for whoever reads the log.",
	}},
	{"Changes", []string{
		"Records have an ETag. Send it as If-Match with PATCH or DELETE: 412 tells that somebody was faster. Without If-Match the last writer wins. If-None-Match on GET gives 304.",
		"PATCH changes the members that it names. Members that are not known are refused.",
		"Send Idempotency-Key (up to 255 visible ASCII characters) with POST: for 24 hours the same key and body give the first answer again, with Idempotent-Replayed: true; another body gives 422. While the first is at work, or if its outcome is not known, the answer is 409. A refused request frees its key.",
	}},
}

// docs is the readable page: made from the same description as openapi.json, without scripts and without the network.
func (a *API) docs() http.Handler {
	groups := a.groups()
	var text bytes.Buffer
	err := page.Execute(&text, map[string]any{"Info": a.OpenAPI().Info, "Groups": groups, "Style": a.cfg.Style, "Base": Base, "Conventions": conventions})
	if err != nil {
		panic(fmt.Errorf("API page: %w", err)) // a programming fault, seen at start
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		_, _ = w.Write(text.Bytes())
	})
}

type group struct {
	Name       string
	Operations []operation
}

type operation struct {
	*huma.Operation
	Body, Answer []member
}

type member struct {
	Name, Type, Doc string
	Required        bool
}

func (a *API) groups() []group {
	byTag := map[string][]operation{}
	for _, item := range a.OpenAPI().Paths {
		for _, op := range operations(item) {
			o := operation{Operation: op}
			if op.RequestBody != nil {
				o.Body = a.members(op.RequestBody.Content)
			}
			for _, status := range []string{"200", "201", "202"} {
				if answer := op.Responses[status]; answer != nil {
					o.Answer = a.members(answer.Content)
				}
			}
			byTag[op.Tags[0]] = append(byTag[op.Tags[0]], o)
		}
	}
	var out []group
	for name, ops := range byTag {
		slices.SortFunc(ops, func(x, y operation) int { return strings.Compare(x.Path+" "+x.Method, y.Path+" "+y.Method) })
		out = append(out, group{name, ops})
	}
	slices.SortFunc(out, func(x, y group) int { return strings.Compare(x.Name, y.Name) })
	return out
}

// members lists what a JSON body has; for a list, what one item has.
func (a *API) members(content map[string]*huma.MediaType) []member {
	m := content[jsonType]
	if m == nil {
		return nil
	}
	s := a.resolve(m.Schema)
	if items := s.Properties["items"]; items != nil && items.Items != nil {
		s = a.resolve(items.Items)
	}
	var out []member
	for name, p := range s.Properties {
		out = append(out, member{Name: name, Type: kind(p), Doc: p.Description, Required: slices.Contains(s.Required, name)})
	}
	slices.SortFunc(out, func(x, y member) int { return strings.Compare(x.Name, y.Name) })
	return out
}

func (a *API) resolve(s *huma.Schema) *huma.Schema {
	if s.Ref != "" {
		return a.OpenAPI().Components.Schemas.SchemaFromRef(s.Ref)
	}
	return s
}

func kind(s *huma.Schema) string {
	switch {
	case s.Ref != "":
		return s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
	case s.Type == "array" && s.Items != nil:
		return kind(s.Items) + "[]"
	case s.Format != "":
		return s.Type + " (" + s.Format + ")"
	}
	return s.Type
}

var page = template.Must(template.New("docs").Parse(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Info.Title}} API</title>{{if .Style}}<link rel="stylesheet" href="{{.Style}}">{{end}}</head>
<body class="container-xl py-4">
<h1>{{.Info.Title}} API {{.Info.Version}}</h1>
<p>{{.Info.Description}} Machines read <a href="/api/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
<p>Send <code>Authorization: Bearer TOKEN</code>; a token is made by <code>POST {{.Base}}/tokens</code> or by <code>vigie token create</code>.</p>
{{range .Conventions}}<h2 class="mt-4">{{.Name}}</h2><ul>{{range .Lines}}<li>{{.}}</li>{{end}}</ul>{{end}}
<h2 class="mt-4">Operations</h2>
<nav><ul>{{range .Groups}}<li><a href="#{{.Name}}">{{.Name}}</a></li>{{end}}</ul></nav>
{{range .Groups}}<section id="{{.Name}}"><h3 class="mt-4">{{.Name}}</h3>
{{range .Operations}}<details class="card card-body mb-2" id="{{.OperationID}}"><summary><code>{{.Method}} {{.Path}}</code> {{.Summary}}</summary>
{{with .Description}}<p>{{.}}</p>{{end}}
{{with .Parameters}}<h4 class="mt-3">Parameters</h4><table class="table table-sm"><tbody>
{{range .}}<tr><td><code>{{.Name}}</code></td><td>{{.In}}{{if .Required}}, required{{end}}</td><td>{{.Description}}</td></tr>{{end}}
</tbody></table>{{end}}
{{with .Body}}<h4 class="mt-3">Body</h4><table class="table table-sm"><tbody>
{{range .}}<tr><td><code>{{.Name}}</code></td><td>{{.Type}}{{if .Required}}, required{{end}}</td><td>{{.Doc}}</td></tr>{{end}}
</tbody></table>{{end}}
{{with .Answer}}<h4 class="mt-3">Answer</h4><table class="table table-sm"><tbody>
{{range .}}<tr><td><code>{{.Name}}</code></td><td>{{.Type}}</td><td>{{.Doc}}</td></tr>{{end}}
</tbody></table>{{end}}
</details>{{end}}</section>{{end}}
</body></html>
`))
