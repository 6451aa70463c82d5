package field

import (
	"context"
	"strings"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/intake"
)

// Columns are what files of records may have of the fields: x.KEY, known by its labels too.
func (s Set) Columns() (out []intake.Field) {
	for _, d := range s.Fields {
		if d.Mixed {
			continue
		}
		f := intake.Field{Name: Prefix + d.Key, Title: d.LabelEN, Aliases: []string{strings.ToLower(d.LabelFR), d.Key}}
		for _, o := range d.Options.V {
			if !o.Archived {
				f.Example = o.Key
				break
			}
		}
		out = append(out, f)
	}
	return out
}

// Taken is what a file has of the fields.
type Taken struct {
	Rows map[int]Values // by line; a cell that is empty changes nothing
	Refs Refs           // the people and CIs in them
}

// Take reads the fields' cells of a whole file. Choices may be given by their labels, people and CIs by name where one alone has it; all that
// cells refer to is read by a few statements.
func (s Set) Take(ctx context.Context, tx *db.Tx, sheet *intake.Sheet) (out Taken, err error) {
	out.Rows = make(map[int]Values, len(sheet.Rows))
	var all []Values
	for _, row := range sheet.Rows {
		v := Values{}
		for _, d := range s.Fields {
			text := row.Get(Prefix + d.Key)
			if text == "" {
				continue
			}
			if d.Kind == Choice {
				text = d.byLabel(text)
			}
			v[d.Key] = V(text)
		}
		out.Rows[row.Line] = v
		all = append(all, v)
	}
	if err := s.Identify(ctx, tx, all...); err != nil {
		return out, err
	}
	if len(all) > 0 && len(s.Fields) > 0 {
		out.Refs, err = FindRefs(ctx, tx, s, all...)
	}
	return out, err
}

// byLabel gives the key of a choice that is named by key or label in either language; the text itself if there is none.
func (f Field) byLabel(text string) string {
	if _, ok := f.option(text); ok {
		return text
	}
	for _, o := range f.Options.V {
		if strings.EqualFold(text, o.LabelEN) || strings.EqualFold(text, o.LabelFR) {
			return o.Key
		}
	}
	return text
}

// InFile gives bad custom fields the names of their columns.
func InFile(bad []fault.Field) []fault.Field {
	for i, f := range bad {
		if key, ok := strings.CutPrefix(f.Path, "custom."); ok {
			bad[i].Path = Prefix + key
		}
	}
	return bad
}
