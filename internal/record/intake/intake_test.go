package intake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"vigie/internal/kit/i18n"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/permission"
	"vigie/locales"
)

func utf16of(s string, big, mark bool) []byte {
	var out []byte
	units := utf16.Encode([]rune(s))
	if mark {
		units = append([]uint16{0xFEFF}, units...)
	}
	for _, u := range units {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return out
}

func TestFilesAsSpreadsheetsWriteThem(t *testing.T) {
	t.Parallel()
	text := "name;owner\r\nRéseau;Zoë €\r\n"
	for name, test := range map[string]struct {
		file      []byte
		encoding  string
		delimiter rune
	}{
		"utf-8":           {[]byte(text), UTF8, ';'},
		"utf-8 with mark": {[]byte("\xef\xbb\xbf" + text), UTF8, ';'},
		"utf-16 le":       {utf16of(text, false, true), UTF16, ';'},
		"utf-16 be":       {utf16of(text, true, true), UTF16, ';'},
		"utf-16 no mark":  {utf16of(text, false, false), UTF16, ';'},
		"windows":         {[]byte("name;owner\r\nR\xe9seau;Zo\xeb \x80\r\n"), Windows1252, ';'},
		"tab":             {[]byte(strings.ReplaceAll(text, ";", "\t")), UTF8, '\t'},
		"comma":           {[]byte("\"name\",\"owner\"\n\"Réseau\",\"Zoë €\""), UTF8, ','},
		"quoted head":     {[]byte("\"name\"|\"owner, or ; who\"\nRéseau|Zoë €"), UTF8, '|'},
	} {
		var s Sheet
		got := cut(test.file, 0, &s)
		if s.Failed() || got.encoding != test.encoding || got.delimiter != test.delimiter || len(got.records) != 1 || !slices.Equal(got.records[0], []string{"Réseau", "Zoë €"}) {
			t.Errorf("%s: %+v, %+v", name, got, s.problems)
		}
	}
	for name, file := range map[string][]byte{"bytes": {0xff, 0xfe, 0x00}, "zero": []byte("a,b\nc,\x00"), "undefined": []byte("a\n\x81"), "": nil, "quote": []byte("a\n\"b")} {
		var s Sheet
		if cut(file, 0, &s); !s.Failed() {
			t.Errorf("%s was read", name)
		}
	}
}

func FuzzCut(f *testing.F) {
	for _, s := range []string{"type,name\nA,b\n", "\xef\xbb\xbftype;name\r\n\"A\";b", "name\n\"", "type,name,tag.X\n,,'=1\n", "", "\xff\xfea\x00", "a\x00b\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		s := &Sheet{}
		c := cut(file, 0, s)
		g := newGuesser(things{}.Kind(), fieldsOfThings, func(string) []string { return nil })
		columns := g.lay(c, nil, nil)
		c.lay(columns, s)
		g.check(columns, s)
		if c.headings == nil && !s.Failed() {
			t.Error("a file without a head, and no problem")
		}
		if err := (Report{Problems: s.Problems()}).Fault(); (err != nil) != s.Failed() {
			t.Errorf("%d problems, fault %v", len(s.problems), err)
		}
	})
}

// things is a list of names that the test takes in: into the contacts of a customer, without rules of its own.
type things struct{ fail bool }

var fieldsOfThings = []Field{{Name: "name", Label: "intake.heading", Required: true}, {Name: "owner", Title: "Team", Aliases: []string{"chef"}}}

func (things) Kind() Kind {
	return Kind{List: "things", Title: "intake.file", Need: permission.ContactWrite, Keys: []Key{{Name: "name"}}, Prefixes: []string{"tag."}, Aside: []string{"id"}}
}

func (things) Fields(context.Context, *db.Tx) ([]Field, error) { return fieldsOfThings, nil }

func (c things) Check(_ context.Context, _ *db.Tx, _ permission.Actor, s *Sheet) (Plan, error) {
	for _, row := range s.Rows {
		if row.Get("name") == "" {
			s.Bad(row.Line, "name", "cmdb.fault.required")
		}
	}
	return Plan{Created: len(s.Rows), Apply: func(ctx context.Context, tx *db.Tx, _ permission.Actor) error {
		if c.fail {
			return fmt.Errorf("the disk is full")
		}
		type contact struct {
			CustomerID string  `db:"customer_id"`
			ID         string  `db:"id"`
			Name       string  `db:"name"`
			Email      string  `db:"email"`
			Phone      string  `db:"phone"`
			Job        string  `db:"job"`
			Version    int64   `db:"version"`
			CreatedAt  db.Time `db:"created_at"`
			UpdatedAt  db.Time `db:"updated_at"`
		}
		for _, row := range s.Rows {
			if _, err := tx.Insert(ctx, "contact", contact{ID: id.New(), Name: row.Get("name"), Job: row.Get("owner"), Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}, ""); err != nil {
				return err
			}
		}
		return nil
	}}, nil
}

func TestTakeIsWholeOrNothing(t *testing.T) {
	t.Parallel()
	bundle, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, acme, person := t.Context(), id.New(), id.New()
		seed(t, d, acme, person)
		s := New(d, bundle, things{})
		a := permission.Grant(permission.Actor{ID: person}, permission.Agent, db.Grant(acme))
		names := func() (out []string) {
			t.Helper()
			if err := d.View(ctx, db.Grant(acme), func(tx *db.Tx) error {
				return tx.Select(ctx, &out, `SELECT c.name || ':' || c.job FROM {contact} c ORDER BY c.name`)
			}); err != nil {
				t.Fatal(err)
			}
			return out
		}
		take := func(file string, o Options) (Report, error) {
			t.Helper()
			o.Customer = "acme"
			return s.Take(ctx, a, "things", []byte(file), o)
		}
		r, err := take("Dans le fichier,TEAM,id\nx,y,1\n", Options{DryRun: true})
		if err != nil || r.Created != 1 || len(r.Problems) != 0 || r.Columns[0].Field != "name" || r.Columns[1].Field != "owner" || r.Columns[2].Field != "" {
			t.Fatalf("guessed by French and English words: %+v, %v", r, err)
		}
		if got := names(); len(got) != 0 {
			t.Errorf("a dry run stored %q", got)
		}
		if _, err := take("name,chef\na,b\n,c\n", Options{}); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "lines[3].name") {
			t.Errorf("a bad line: %v", err)
		}
		if got := names(); len(got) != 0 {
			t.Errorf("a bad file stored %q", got)
		}
		r, err = take("Bezeichnung,name,what\na,b,c\n", Options{DryRun: true})
		if err != nil || len(r.Problems) != 2 {
			t.Errorf("unknown columns: %+v, %v", r.Problems, err)
		}
		if _, err = take("Bezeichnung,what\na,c\n", Options{Columns: map[string]string{"Bezeichnung": "name", "what": ""}}); err != nil {
			t.Errorf("columns laid by hand: %v", err)
		}
		if r, err = take("Bezeichnung,what\nb,c\n", Options{}); err != nil || r.Created != 1 {
			t.Errorf("columns that were remembered: %+v, %v", r, err)
		}
		if got := names(); !slices.Equal(got, []string{"a:", "b:"}) {
			t.Errorf("stored %q", got)
		}
		other := permission.Grant(permission.Actor{ID: id.New()}, permission.Agent, db.Grant(acme))
		if r, err := s.Take(ctx, other, "things", []byte("Bezeichnung,what\nb,c\n"), Options{Customer: "acme", DryRun: true}); err != nil || len(r.Problems) == 0 {
			t.Errorf("what one person laid out was remembered for another: %+v, %v", r, err)
		}
		broken := New(d, bundle, things{fail: true})
		if _, err := broken.Take(ctx, a, "things", []byte("name\nc\n"), Options{Customer: acme}); err == nil {
			t.Error("a failure was hidden")
		}
		for what, test := range map[string]struct {
			actor permission.Actor
			list  string
			o     Options
			want  fault.Code
		}{
			"no such list":   {a, "nothing", Options{Customer: acme}, fault.NotFound},
			"no customer":    {a, "things", Options{}, fault.Invalid},
			"no such key":    {a, "things", Options{Customer: acme, Key: "owner"}, fault.Invalid},
			"not for them":   {permission.Grant(permission.Actor{ID: person}, permission.Viewer, db.Grant(acme)), "things", Options{Customer: acme}, fault.Forbidden},
			"not theirs":     {permission.Grant(permission.Actor{ID: person}, permission.Agent, db.Grant(id.New())), "things", Options{Customer: acme}, fault.Invalid},
			"someone else's": {permission.Grant(permission.Actor{ID: person}, permission.Agent, db.Grant(id.New())), "things", Options{Customer: "acme"}, fault.Invalid},
		} {
			if _, err := s.Take(ctx, test.actor, test.list, []byte("name\nx\n"), test.o); fault.CodeOf(err) != test.want {
				t.Errorf("%s: %v, want %s", what, err, test.want)
			}
		}
		if _, err := s.Take(ctx, a, "things", make([]byte, MaxBytes+1), Options{Customer: acme}); !fault.Is(err, fault.TooLarge) {
			t.Errorf("too large: %v", err)
		}
		if r, _ := take("name\n"+strings.Repeat("x\n", MaxRows+1), Options{DryRun: true}); len(r.Problems) != 1 || r.Problems[0].Key != "intake.fault.too_many" {
			t.Errorf("too many lines: %v", r.Problems)
		}
	})
}

func TestColumnsAreKnown(t *testing.T) {
	t.Parallel()
	g := newGuesser(things{}.Kind(), fieldsOfThings, func(string) []string { return []string{"Label", "Étiquette d'usage"} })
	got := map[string]string{}
	for _, c := range g.lay(table{headings: []string{"NAME", "etiquette  d’usage", "tag.Site", "Chef", "nothing", "tag."}}, nil, map[string]string{"Chef": "gone"}) {
		got[c.Heading] = c.Field
	}
	want := map[string]string{"NAME": "name", "etiquette  d’usage": "name", "tag.Site": "tag.Site", "Chef": "owner", "nothing": "", "tag.": ""}
	if !maps.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// seed makes a customer and a person.
func seed(t *testing.T, d *db.DB, customer, person string) {
	t.Helper()
	type firm struct {
		ID        string  `db:"id"`
		Slug      string  `db:"slug"`
		Name      string  `db:"name"`
		Country   string  `db:"country"`
		Language  string  `db:"language"`
		TimeZone  string  `db:"time_zone"`
		Phase     string  `db:"phase"`
		Version   int64   `db:"version"`
		CreatedAt db.Time `db:"created_at"`
		UpdatedAt db.Time `db:"updated_at"`
	}
	err := d.Across(t.Context(), "test: a customer and a person", func(tx *db.Tx) error {
		if _, err := tx.Insert(t.Context(), "customer", firm{ID: customer, Slug: "acme", Name: "Acme", CreatedAt: tx.Now(), UpdatedAt: tx.Now()}, ""); err != nil {
			return err
		}
		_, err := tx.Insert(t.Context(), "app_user", dbtest.User{ID: person, Email: "a@example.com", CreatedAt: tx.Now(), UpdatedAt: tx.Now()}, "")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
