package cmdb

import (
	"slices"
	"strings"
	"testing"

	"vigie/internal/kit/api/apitest"
	"vigie/internal/kit/i18n"
	"vigie/internal/record/intake"
	"vigie/locales"
)

// messages are the words, by which columns are guessed.
func messages(t testing.TB) *i18n.Bundle {
	t.Helper()
	b, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestImport(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		o.begin()
		o.saw(instance("a"))
		file := "type,name,external_id,environment,owner,tags,tag.Rack\n" +
			"Router,Core,core,production,net,\"{\"\"Site\"\":\"\"Paris\"\"}\",7\n" +
			"Router,Edge,,staging,,,\n" +
			"AWS::EC2::Instance,a,i-a,,desk,,\n"
		post := func(c *apitest.Client, path, body string) apitest.Answer {
			t.Helper()
			return c.Do(t, "POST", path, body, "Content-Type", "text/csv")
		}
		post(o.viewer, "/cis/import?customer=acme", file).Want(t, 403)
		var r intake.Report
		post(o.engineer, "/cis/import?customer=acme&dry_run=true", file).Want(t, 200).JSON(t, &r)
		if r.Lines != 3 || r.Created != 2 || r.Updated != 1 || !r.DryRun {
			t.Errorf("dry run %+v", r)
		}
		if got := o.names("?source=imported"); len(got) != 0 {
			t.Errorf("a dry run stored %q", got)
		}
		bad := file + "Router,,x,produktion,,,\nRouter,Core again,core,,,not json,\nRouter,z,z,,,,,too,many\n"
		p := post(o.engineer, "/cis/import?customer=acme", bad).Want(t, 422).Problem(t)
		var fields []string
		for _, e := range p.Errors {
			fields = append(fields, e.Field)
		}
		if want := []string{"lines[5].environment", "lines[5].name", "lines[6].external_id", "lines[6].tags", "lines[7]"}; !slices.Equal(fields, want) {
			t.Errorf("bad fields\n got %q\nwant %q", fields, want)
		}
		if got := o.names("?source=imported"); len(got) != 0 {
			t.Errorf("a bad file stored %q", got)
		}
		post(o.engineer, "/cis/import?customer=acme", file).Want(t, 200)
		if got := strings.Join(o.names("?source=imported"), " "); got != "Core Edge" {
			t.Errorf("imported %q", got)
		}
		if r := o.ci("i-a"); r.Owner != "desk" || r.Pinned.V["owner"] != "desk" || len(r.Pinned.V) != 1 {
			t.Errorf("discovered CI after the import: %+v", r)
		}
		post(o.engineer, "/cis/import?customer=acme", file).Want(t, 200).JSON(t, &r)
		if r.Created != 0 || r.Updated != 0 || r.Unchanged != 3 {
			t.Errorf("the same again %+v", r)
		}
		form := "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n\xef\xbb\xbftype;name;owner\r\nRouter;Core;ops\r\n\r\n--x--\r\n"
		o.engineer.Do(t, "POST", "/cis/import?customer=acme&key=name", form, "Content-Type", "multipart/form-data; boundary=x").Want(t, 200).JSON(t, &r)
		if r.Updated != 1 || o.ci("core").Owner != "ops" {
			t.Errorf("by name, as a form, with semicolons: %+v", r)
		}
		// What was exported goes in again without a change.
		export := o.engineer.Do(t, "GET", "/cis?customer=acme", "", "Accept", "text/csv").Want(t, 200).Body
		post(o.engineer, "/cis/import?customer=acme", export).Want(t, 200).JSON(t, &r)
		if r.Unchanged != 3 || r.Lines != 3 {
			t.Errorf("export taken in: %+v", r)
		}

		// Files larger than other bodies may be.
		large := "type,name,attributes\n" + strings.Repeat(`Router,Core,"{""Note"":""`+strings.Repeat("x", 50_000)+`""}"`+"\n", 30)
		p = post(o.engineer, "/cis/import?customer=acme&key=name&dry_run=true", large).Want(t, 422).Problem(t)
		if len(p.Errors) != 29 || p.Errors[0].Code != "cmdb.fault.line_twice" {
			t.Errorf("%d errors in a large file, first %+v", len(p.Errors), p.Errors[0])
		}
		rel := "from,to,type,redundancy,needed\ncore,edge,depends_on,,\ni-a,core,depends_on,lines,1\n"
		p = post(o.engineer, "/relations/import?customer=acme", rel+"core,nobody,runs_on,,\n,core,likes,,x\n").Want(t, 422).Problem(t)
		if len(p.Errors) != 4 {
			t.Errorf("bad relations %+v", p.Errors)
		}
		post(o.engineer, "/relations/import?customer=acme", rel).Want(t, 200).JSON(t, &r)
		if r.Created != 2 {
			t.Errorf("relations %+v", r)
		}
		post(o.engineer, "/relations/import?customer=acme", strings.Replace(rel, "lines,1", "lines,2", 1)).Want(t, 200).JSON(t, &r)
		if r.Created != 0 || r.Updated != 1 || r.Unchanged != 1 {
			t.Errorf("relations again %+v", r)
		}
		o.engineer.Do(t, "POST", "/cis/import?customer=nobody", "type,name", "Content-Type", "text/csv").Want(t, 422)
	})
}
