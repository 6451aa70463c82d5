package deliverable

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/id"
	"vigie/internal/trust/web"
)

// partForm is the form of one part, as it stands or as it was typed.
type partForm struct {
	part    part
	rows    []row
	version string
	note    string
	fresh   int // the row that was just added or moved, which gets the focus; -1 for none
	alarms  []ui.Option
	summary []ui.FieldFault
	errors  map[string]string
}

// name is the name of a field in the form: its path.
func (f partForm) name(i int, field string) string {
	if !f.part.rows {
		return f.part.name + "." + field
	}
	return at(f.part.name, i, field)
}

// readPart reads the rows of a part as they were posted.
func readPart(r *http.Request, p part) partForm {
	f := partForm{part: p, version: r.PostFormValue("version"), note: r.PostFormValue("note"), fresh: -1}
	count := 1
	if p.rows {
		count, _ = strconv.Atoi(r.PostFormValue("rows"))
		count = min(max(count, 0), maxRows+1)
	}
	for i := range count {
		one := row{}
		for _, field := range p.fields {
			one[field.name] = strings.ReplaceAll(r.PostFormValue(f.name(i, field.name)), "\r\n", "\n")
		}
		f.rows = append(f.rows, one)
	}
	return f
}

// act does what a button of a row asks for: "add", "up:2", "down:2" or "remove:2"; false for anything else, which saves.
func (f *partForm) act(do string) bool {
	what, where, _ := strings.Cut(do, ":")
	i, _ := strconv.Atoi(where)
	swap := func(i, j int) {
		if i >= 0 && j >= 0 && i < len(f.rows) && j < len(f.rows) {
			f.rows[i], f.rows[j] = f.rows[j], f.rows[i]
			f.fresh = j
		}
	}
	switch what {
	case "add":
		f.rows = append(f.rows, f.part.empty())
		f.fresh = len(f.rows) - 1
	case "up":
		swap(i, i-1)
	case "down":
		swap(i, i+1)
	case "remove":
		if i >= 0 && i < len(f.rows) {
			f.rows = append(f.rows[:i:i], f.rows[i+1:]...)
			f.fresh = min(i, len(f.rows)-1)
		}
	default:
		return false
	}
	return true
}

// empty is a new row. What names it and is not shown is made here, unless it is chosen.
func (p part) empty() row {
	out := row{}
	for _, f := range p.fields {
		out[f.name] = ""
		if f.key && f.form == hidden && !p.chosen() {
			out[f.name] = id.New()
		}
	}
	return out
}

// chosen tells that a new row of the part names something that is there: an alarm.
func (p part) chosen() bool { return p.name == "alerts" }

// refuse notes what is wrong; ok is false for errors that the form cannot show.
func (f *partForm) refuse(p *ui.Page, err error) (ok bool) {
	f.summary, f.errors, ok = web.Faults(p, err, func(path string) string { return pathWords(p, path) })
	return ok
}

// pathWords names a value for people: "Levels, row 2: Name".
func pathWords(p *ui.Page, path string) string {
	name, rest, ok := strings.Cut(path, "[")
	if !ok {
		part, field, both := strings.Cut(path, ".")
		if both {
			return fieldWord(p.Printer, field)
		}
		return p.Or("deliverable.part."+part, p.Or("deliverable.field."+part, part))
	}
	number, field, _ := strings.Cut(rest, "].")
	n, _ := strconv.Atoi(number)
	return p.T("deliverable.place", "part", partWord(p.Printer, name), "row", n+1, "field", fieldWord(p.Printer, field))
}

// partOf is the part that a path stands in.
func partOf(path string) string {
	i := strings.IndexAny(path, ".[")
	if i < 0 {
		return path
	}
	return path[:i]
}

// editHref leads to the form with the value in it.
func editHref(id, path string) string {
	return "/deliverables/" + id + "/edit?part=" + url.QueryEscape(partOf(path)) + "#f-" + path
}

func (f field) options(p *ui.Page) (out []ui.Option) {
	for _, v := range f.values {
		out = append(out, ui.Option{Value: v, Label: f.cell(p.Printer, v)})
	}
	return out
}
