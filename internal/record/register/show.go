package register

import (
	"context"
	"reflect"
	"strings"
	"time"

	"github.com/a-h/templ"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/id"
	"vigie/internal/trust/subject"
)

// cell is a field in a list: short, in one line.
func (r *Register[T]) cell(p *ui.Page, f Field, rec *T, names named) templ.Component {
	v := f.in(rec)
	if f.Kind == Long && !v.IsZero() {
		return ui.Cut(v.String())
	}
	if f.Name == r.title.Name || f.Kind == Text || f.Kind == Choice && f.Name != r.Status {
		return ui.Either(p, r.words(p, f, v))
	}
	return r.value(p, f, rec, names)
}

// value is a field on the record's page.
func (r *Register[T]) value(p *ui.Page, f Field, rec *T, names named) templ.Component {
	v := f.in(rec)
	if v.IsZero() && f.Kind != YesNo {
		return ui.None(p)
	}
	switch f.Kind {
	case Long:
		return lines(v.String())
	case Email:
		return ui.Anchor("mailto:"+v.String(), v.String())
	case Phone:
		return ui.Anchor("tel:"+dial(v.String()), v.String())
	case URL:
		return outside(v.String())
	case Instant:
		return ui.Exactly(p, instantOf(v))
	case Choice:
		if f.Name == r.Status {
			return ui.Status(r.tone(v.String()), r.word(p, f, v.String()))
		}
	case List:
		return wayList(r.ways(p, f, v.Interface().(Pairs)))
	case Ref:
		s, ok := names[f.To][v.String()]
		switch {
		case !ok:
			return ui.None(p)
		case s.Href != "":
			return ui.Anchor(p.In(s.Href), s.Name)
		}
		return ui.Text(s.Name)
	}
	return ui.Text(r.words(p, f, v))
}

// words is a value as people read it, without links.
func (r *Register[T]) words(p *ui.Page, f Field, v reflect.Value) string {
	if v.IsZero() && f.Kind != YesNo {
		return ""
	}
	if of := r.Options[f.Name]; of != nil {
		for _, o := range of(p) {
			if o.Value == v.String() {
				return o.Label
			}
		}
		return v.String()
	}
	switch f.Kind {
	case Choice:
		return r.word(p, f, v.String())
	case YesNo:
		if v.Bool() {
			return p.T("register.common.yes")
		}
		return p.T("register.common.no")
	case Number, Percent:
		n := int(v.Elem().Int())
		if f.Kind == Percent {
			return p.Percent(float64(n) / 100)
		}
		return p.Number(n)
	case Span:
		n, _ := Duration(v.String()).Minutes()
		if n == 0 {
			return p.T("register.common.no_time")
		}
		return p.Duration(time.Duration(n) * time.Minute)
	case Fraction:
		n, _ := Share(v.String()).Percent()
		return p.T("format.percent", "number", p.Decimal(n, Share(v.String()).Decimals()))
	case Amount:
		m := v.Interface().(Money)
		return p.Money(m.Amount, m.Currency)
	case Day:
		return dayWords(p, v.String())
	case Instant:
		return p.DateTime(instantOf(v))
	case Several:
		var out []string
		for _, c := range v.Interface().(Choices) {
			out = append(out, r.word(p, f, c))
		}
		return strings.Join(out, ", ")
	case List:
		var out []string
		for _, c := range r.ways(p, f, v.Interface().(Pairs)) {
			out = append(out, c.Kind+": "+c.Value)
		}
		return strings.Join(out, "; ")
	case Language:
		for _, l := range p.Languages() {
			if l.Code == v.String() {
				return l.Name
			}
		}
	case Country:
		if region, err := language.ParseRegion(v.String()); err == nil {
			return display.Regions(language.Make(p.Lang())).Name(region)
		}
	case Zone:
		if at, err := time.LoadLocation(v.String()); err == nil {
			return v.String() + " · " + p.Now().In(at).Format("15:04")
		}
	}
	return v.String()
}

// dayWords writes a day, which is the same in every zone.
func dayWords(p *ui.Page, day string) string {
	t, err := time.ParseInLocation(time.DateOnly, day, p.Zone())
	if err != nil {
		return day
	}
	return p.Date(t)
}

// Way is one way to reach somebody; Href is empty where there is no address that a browser opens.
type Way struct{ Kind, Value, Href string }

// Ways tells how to reach somebody by pairs of a kind (phone, sms, email, or another) and a value; word names the kinds.
func Ways(pairs Pairs, word func(kind string) string) []Way {
	out := make([]Way, len(pairs))
	for i, pair := range pairs {
		out[i] = Way{Kind: word(pair.Kind), Value: pair.Value}
		switch {
		case pair.Kind == "email" && strings.Contains(pair.Value, "@"):
			out[i].Href = "mailto:" + pair.Value
		case pair.Kind == "phone" && IsPhone(pair.Value):
			out[i].Href = "tel:" + dial(pair.Value)
		case pair.Kind == "sms" && IsPhone(pair.Value):
			out[i].Href = "sms:" + dial(pair.Value)
		}
	}
	return out
}

func (r *Register[T]) ways(p *ui.Page, f Field, pairs Pairs) []Way {
	return Ways(pairs, func(kind string) string { return r.word(p, f, kind) })
}

// dial keeps of a number what a telephone understands.
func dial(s string) string {
	s = strings.ReplaceAll(s, "(0)", "")
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' || r == '#' || r == '*' {
			return r
		}
		return -1
	}, s)
}

func instantOf(v reflect.Value) time.Time { return v.Interface().(db.Time).Time }

func valueOf(v any) reflect.Value { return reflect.ValueOf(v) }

// nameOf names what a ref leads to; none where it leads nowhere any more.
func (r *Register[T]) nameOf(ctx context.Context, tx *db.Tx, f Field, ref string) ([]subject.Subject, error) {
	var probe T
	if f.in(&probe).SetString(ref); !id.Valid(ref) {
		return nil, nil
	}
	names, err := r.names(ctx, tx, []T{probe})
	if s, ok := names[f.To][ref]; ok {
		return []subject.Subject{s}, err
	}
	return nil, err
}
