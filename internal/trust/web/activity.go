package web

import (
	"net/http"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
	"vigie/internal/trust/permission"
)

// Activity is what hangs on the page of any record: what happened to it, its files, who watches it. The record's own room knows
// nothing of it but this.
type Activity struct {
	Actions []templ.Component // buttons of the head
	Main    []templ.Component // below what the record is
	Panels  []ui.Panel        // beside it
}

// Part makes one room's share of the activity of a record, of which the reader may read.
type Part func(r *http.Request, p *ui.Page, a permission.Actor, kind, id string) (Activity, error)

// Around gathers what hangs on a record's page. Its handler calls it, and puts the result into ui.Record and below it.
func (s *Shell) Around(r *http.Request, p *ui.Page, a permission.Actor, kind, id string) (all Activity, err error) {
	for _, part := range s.Parts {
		one, err := part(r, p, a, kind, id)
		if err != nil {
			return all, err
		}
		all.Actions = append(all.Actions, one.Actions...)
		all.Main = append(all.Main, one.Main...)
		all.Panels = append(all.Panels, one.Panels...)
	}
	return all, nil
}

// Buttons are the actions of the head: the record's own, then those that hang on it.
func (v Activity) Buttons(own templ.Component) templ.Component {
	return templ.Join(append([]templ.Component{own}, v.Actions...)...)
}

// Below is the main part, in one piece.
func (v Activity) Below() templ.Component { return templ.Join(v.Main...) }
