package register

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"vigie/internal/kit/list"
)

// Kind is what a field holds.
type Kind string

// The kinds, and the Go type that each asks for.
const (
	Text     Kind = "text"     // string: one line
	Long     Kind = "long"     // string: several lines
	Number   Kind = "number"   // *int64
	Percent  Kind = "percent"  // *int64, 0 to 100
	Amount   Kind = "money"    // Money
	Day      Kind = "date"     // Date
	Instant  Kind = "instant"  // db.Time
	Choice   Kind = "choice"   // string, out of Values
	YesNo    Kind = "yesno"    // bool
	Email    Kind = "email"    // string
	Phone    Kind = "phone"    // string
	URL      Kind = "url"      // string
	Language Kind = "language" // string: en, fr
	Country  Kind = "country"  // string: ISO 3166-1
	Zone     Kind = "zone"     // string: IANA
	Several  Kind = "several"  // Choices, out of Values
	List     Kind = "pairs"    // Pairs, whose kinds are out of Values
	Span     Kind = "duration" // Duration
	Fraction Kind = "share"    // Share: per cent with decimals
	Ref      Kind = "ref"      // db.Null: id of a record of the type To, or of a user for To "person"
)

// Person is what a Ref to a user names; users are no records of customers.
const Person = "person"

var goTypes = map[Kind]reflect.Type{
	Text: typeText, Long: typeText, Number: typeNumber, Percent: typeNumber, Amount: typeMoney, Day: typeDate, Instant: typeInstant,
	Choice: typeText, YesNo: typeBool, Email: typeText, Phone: typeText, URL: typeText, Language: typeText, Country: typeText, Zone: typeText,
	Span: typeDuration, Fraction: typeShare,
	Several: typeChoices, List: typePairs, Ref: typeRef,
}

// Field is one field of a register, as the tags of its struct tell:
//
//	Kind string `db:"kind" json:"kind" field:"choice values=cloud|software|staff default=cloud filter sort" doc:"For the API."`
//
// Behind the kind stand, in any order: required, sort, filter, search, extra (a column that is shown when chosen), hidden (no
// column), help (a text register.<name>.help.<field> stands below it), fixed (shown and listed, but set by the room alone, never by a form,
// file or caller), max=, values=, default=, to= (of a ref), section=.
type Field struct {
	Name     string // as API, forms and files call it
	Column   string
	Kind     Kind
	Required bool
	Sort     bool
	Filter   bool
	Search   bool
	Extra    bool
	Hidden   bool
	Help     bool
	Fixed    bool
	Max      int
	Values   []string
	Default  string
	To       string
	Section  string
	Doc      string

	index []int
}

// fieldsOf reads the tags of a struct. A declaration that makes no sense is a fault of the program, found when it starts.
func fieldsOf(t reflect.Type) []Field {
	var out []Field
	for _, sf := range reflect.VisibleFields(t) {
		tag, ok := sf.Tag.Lookup("field")
		if !ok {
			continue
		}
		name, _, _ := strings.Cut(sf.Tag.Get("json"), ",")
		f := Field{Name: name, Column: sf.Tag.Get("db"), Doc: sf.Tag.Get("doc"), index: sf.Index}
		words := strings.Fields(tag)
		if len(words) == 0 || f.Name == "" || f.Column == "" {
			panic(fmt.Sprintf("register: %s.%s needs a kind, and names for json and db", t, sf.Name))
		}
		f.Kind = Kind(words[0])
		for _, w := range words[1:] {
			f.option(t, w)
		}
		if f.Max == 0 {
			f.Max = map[Kind]int{Long: 5000, URL: 2000, Email: 254, Phone: 50}[f.Kind]
		}
		if f.Max == 0 && f.Kind != Number {
			f.Max = 200
		}
		if want := goTypes[f.Kind]; want == nil || sf.Type != want {
			panic(fmt.Sprintf("register: %s.%s is a %s, kind %q needs %v", t, sf.Name, sf.Type, f.Kind, want))
		}
		needsValues := f.Kind == Choice || f.Kind == Several || f.Kind == List
		if needsValues != (len(f.Values) > 0) || (f.Kind == Ref) != (f.To != "") || f.listKind() == 0 && (f.Sort || f.Filter) || f.Filter && (f.Kind == Span || f.Kind == Fraction) {
			panic(fmt.Sprintf("register: the tag of %s.%s does not fit its kind", t, sf.Name))
		}
		out = append(out, f)
	}
	return out
}

func (f *Field) option(t reflect.Type, word string) {
	name, value, _ := strings.Cut(word, "=")
	switch name {
	case "required":
		f.Required = true
	case "sort":
		f.Sort = true
	case "filter":
		f.Filter = true
	case "search":
		f.Search = true
	case "extra":
		f.Extra = true
	case "hidden":
		f.Hidden = true
	case "help":
		f.Help = true
	case "fixed":
		f.Fixed = true
	case "max":
		f.Max, _ = strconv.Atoi(value)
	case "values":
		f.Values = strings.Split(value, "|")
	case "default":
		f.Default = value
	case "to":
		f.To = value
	case "section":
		f.Section = value
	default:
		panic(fmt.Sprintf("register: %s.%s has the unknown option %q", t, f.Name, word))
	}
}

// listKind is how lists filter and sort by the field; 0 for kinds that they do not.
func (f Field) listKind() list.Kind {
	switch f.Kind {
	case Text, Long, Email, Phone, URL:
		return list.Text
	case Choice, Language, Country, Zone:
		return list.Choice
	case Number, Percent:
		return list.Number
	case Span, Fraction: // by what the database keeps: to sort by, as nobody writes minutes or ten-thousandths
		return list.Number
	case Day:
		return list.Date
	case Instant:
		return list.Time
	case YesNo:
		return list.Bool
	case Ref:
		return list.ID
	}
	return 0
}

// nullable tells whether the column may be NULL.
func (f Field) nullable() bool {
	return slices.Contains([]Kind{Number, Percent, Instant, Span, Fraction, Ref}, f.Kind)
}

// in gives the field of a record, a pointer to its struct.
func (f Field) in(rec any) reflect.Value { return reflect.ValueOf(rec).Elem().FieldByIndex(f.index) }

// SQL is the type that the column has in the migration, with " null" where it may be NULL.
func (f Field) SQL() string {
	switch f.Kind {
	case Number, Percent, Instant, Span, Fraction:
		return "bigint null"
	case YesNo:
		return "boolean"
	case Several, List:
		return "jsonb"
	case Ref:
		return "uuid null"
	}
	return "text"
}

// Text is the field of a record, a pointer to its struct, as files have it.
func (f Field) Text(rec any) string { return f.text(f.in(rec)) }
