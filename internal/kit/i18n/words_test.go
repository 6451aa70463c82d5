package i18n_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"vigie/internal/kit/i18n"
)

// source is what the words tests read: the product's own Go and templ files.
type source struct {
	path, text string
}

func sources(t *testing.T) []source {
	t.Helper()
	var list []source
	for _, root := range []string{"../../../internal", "../../../cmd"} {
		err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			name := entry.Name()
			if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_templ.go") || name == "doc.go" {
				return nil
			}
			if !strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, ".templ") {
				return nil
			}
			text, err := os.ReadFile(path)
			list = append(list, source{strings.TrimPrefix(path, "../../../"), string(text)})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(list) < 20 {
		t.Fatalf("only %d source files were found: the test looks in the wrong place", len(list))
	}
	return list
}

var (
	literal = regexp.MustCompile(`"([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+)"`)
	// Calls that take a key: p.T("…"), p.N("…"), p.Or("…"), p.Has("…"), the Key of a fault, fault.New(code, "…") and fields.Add(path, "…").
	taken = regexp.MustCompile(`(?:\.(?:T|N|Or|Has)\(|\bKey:\s*|\bfault\.New\([\w.]+,\s*|\.Add\([^,\n]+,\s*)"([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+)"`)
	// A comment declares keys that are put together at run time: // i18n: cmdb.status.*
	declared = regexp.MustCompile(`//\s*i18n:\s*(.+)`)
)

// Every key that the sources use exists in English, and every key in the files is used.
func TestKeys(t *testing.T) {
	t.Parallel()
	b := bundle(t)
	rooms := map[string]bool{}
	for _, key := range b.Keys(i18n.Fallback) {
		room, _, _ := strings.Cut(key, ".")
		rooms[room] = true
	}
	used := map[string]bool{}
	var prefixes []string
	for _, s := range sources(t) {
		for _, m := range declared.FindAllStringSubmatch(s.text, -1) {
			for _, name := range strings.Fields(strings.ReplaceAll(m[1], ",", " ")) {
				if prefix, ok := strings.CutSuffix(name, "*"); ok {
					prefixes = append(prefixes, prefix)
				} else {
					used[name] = true
				}
			}
		}
		for _, m := range literal.FindAllStringSubmatch(s.text, -1) {
			used[m[1]] = true
		}
		for _, m := range taken.FindAllStringSubmatch(s.text, -1) {
			room, _, _ := strings.Cut(m[1], ".")
			if !slices.Contains(b.Keys(i18n.Fallback), m[1]) && (rooms[room] || strings.HasSuffix(s.path, ".templ")) {
				t.Errorf("%s uses %q, which locales/en/%s.yaml lacks", s.path, m[1], room)
			}
		}
	}
	for _, key := range b.Keys(i18n.Fallback) {
		// The formats are read by this package itself, partly with a number at the end of the key.
		if used[key] || strings.HasPrefix(key, "format.") {
			continue
		}
		if slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(key, prefix) }) {
			continue
		}
		t.Errorf("nothing uses %q", key)
	}
	for _, prefix := range prefixes {
		if !slices.ContainsFunc(b.Keys(i18n.Fallback), func(key string) bool { return strings.HasPrefix(key, prefix) }) {
			t.Errorf("a comment declares %s*, and no such key exists", prefix)
		}
	}
}

// Every language says everything, with the same arguments.
func TestTranslations(t *testing.T) {
	t.Parallel()
	b := bundle(t)
	english := b.Keys(i18n.Fallback)
	for _, l := range b.Languages() {
		keys := b.Keys(l.Code)
		for _, key := range english {
			if !slices.Contains(keys, key) {
				t.Errorf("%s lacks %q", l.Code, key)
				continue
			}
			if en, other := b.Arguments(i18n.Fallback, key), b.Arguments(l.Code, key); !slices.Equal(en, other) {
				t.Errorf("%q has the arguments %v in English and %v in %s", key, en, other, l.Code)
			}
		}
		for _, key := range keys {
			if !slices.Contains(english, key) {
				t.Errorf("%s has %q, which English lacks", l.Code, key)
			}
		}
	}
}

// French typography: no space that could break before : ; ! ? or inside « ».
func TestFrenchSpaces(t *testing.T) {
	t.Parallel()
	fr := bundle(t).Printer("fr", nil, now)
	bad := regexp.MustCompile(` [:;!?»]|« `)
	for _, key := range bundle(t).Keys("fr") {
		for _, text := range []string{fr.T(key), fr.N(key, 1), fr.N(key, 2)} {
			if bad.MatchString(text) {
				t.Errorf("%s: a space that breaks beside a sign in %q", key, text)
				break
			}
		}
	}
	if got, want := fr.T("ui.palette.nothing", "words", "a : b"), "Aucun résultat pour «\u00a0a : b\u00a0»"; got != want {
		t.Errorf("%q, want %q: what people wrote stays as it is", got, want)
	}
}

// Words in templates come by key. The list is for names that are the same in every language.
func TestBareWords(t *testing.T) {
	t.Parallel()
	same := []string{"ARN", "AWS", "CSV", "XLSX", "JSON", "IAM", "CloudFormation", "Terraform", "Vigie", "UTC"}
	for _, s := range sources(t) {
		if !strings.HasSuffix(s.path, ".templ") {
			continue
		}
		for _, found := range bareWords(t, s.text) {
			if !slices.Contains(same, found) {
				t.Errorf("%s has the words %q in the markup; give them a key", s.path, found)
			}
		}
	}
}

func TestBareWordsSees(t *testing.T) {
	t.Parallel()
	text := `package x

// A comment with <b>words</b> is no markup.
func f(s string) bool { return "<p>no</p>" != s }

templ page(p *ui.Page, n int) {
	// Nor is this.
	<!-- nor this -->
	<p class="v-muted">{ p.T("x.y") } Hello there { p.Number(n) }</p>
	if n > 3 {
		<a href={ "/x?" + s } title="Shown on hover" data-x="not shown">→ 12</a>
	} else {
		@ui.Text("Straight in")
		{ "A literal" }
		@ui.RecordView(p, ui.Record{
			Kind: p.T("x.y"), Icon: "cloud",
		}) {
			<b>Inside</b>
		}
		<script>let words = 1</script>
	}
	for _, x := range list {
		<input placeholder="Type" value={ x }/>
	}
}
`
	got := bareWords(t, text)
	want := []string{"A literal", "Hello there", "Inside", "Shown on hover", "Straight in", "Type"}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}
