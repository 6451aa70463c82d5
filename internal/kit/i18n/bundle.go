package i18n

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
)

// Fallback is the language in which every key exists.
const Fallback = "en"

// Bundle is every message in every language. It never changes after Load.
type Bundle struct {
	catalogues map[string]*catalogue
	codes      []string
	matcher    language.Matcher
}

type catalogue struct {
	code     string
	tag      language.Tag
	messages map[string]message
	formats  formats
}

// Language is one choice of the language switch.
type Language struct{ Code, Name string }

// Load reads <language>/<room>.yaml files. A key found twice, a key outside of its room and a
// malformed message are errors: a binary with a broken catalogue must not start.
func Load(files fs.FS) (*Bundle, error) {
	folders, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, fmt.Errorf("read locales: %w", err)
	}
	b := &Bundle{catalogues: map[string]*catalogue{}}
	for _, folder := range folders {
		if !folder.IsDir() {
			continue
		}
		c, err := loadLanguage(files, folder.Name())
		if err != nil {
			return nil, err
		}
		b.catalogues[c.code] = c
		b.codes = append(b.codes, c.code)
	}
	if b.catalogues[Fallback] == nil {
		return nil, fmt.Errorf("read locales: no %q folder", Fallback)
	}
	// The matcher answers its first language when nothing fits.
	slices.SortFunc(b.codes, func(x, y string) int {
		switch {
		case x == Fallback:
			return -1
		case y == Fallback:
			return 1
		}
		return strings.Compare(x, y)
	})
	tags := make([]language.Tag, len(b.codes))
	for i, code := range b.codes {
		tags[i] = b.catalogues[code].tag
	}
	b.matcher = language.NewMatcher(tags)
	return b, nil
}

func loadLanguage(files fs.FS, code string) (*catalogue, error) {
	tag, err := language.Parse(code)
	if err != nil {
		return nil, fmt.Errorf("locale folder %q: %w", code, err)
	}
	c := &catalogue{code: code, tag: tag, messages: map[string]message{}}
	paths, err := fs.Glob(files, path.Join(code, "*.yaml"))
	if err != nil {
		return nil, err
	}
	for _, name := range paths {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read locale: %w", err)
		}
		room := strings.TrimSuffix(path.Base(name), ".yaml")
		if err := c.add(room, text); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	c.formats = c.readFormats()
	c.keepTogether()
	return c, nil
}

// add merges one file. The YAML reader itself refuses a key written twice in one file.
func (c *catalogue) add(room string, text []byte) error {
	var tree map[string]any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return err
	}
	for top := range tree {
		if top != room {
			return fmt.Errorf("key %q does not begin with the file's name %q", top, room)
		}
	}
	return c.flatten("", tree)
}

func (c *catalogue) flatten(prefix string, tree map[string]any) error {
	if forms, ok := pluralForms(tree); ok {
		m, err := newPlural(forms)
		if err != nil {
			return fmt.Errorf("%s: %w", prefix, err)
		}
		return c.put(prefix, m)
	}
	for name, value := range tree {
		key := name
		if prefix != "" {
			key = prefix + "." + name
		}
		switch v := value.(type) {
		case map[string]any:
			if err := c.flatten(key, v); err != nil {
				return err
			}
		case string:
			m, err := newMessage(v)
			if err != nil {
				return fmt.Errorf("%s: %w", key, err)
			}
			if err := c.put(key, m); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%s: %T is no text; put it in quotes", key, value)
		}
	}
	return nil
}

func (c *catalogue) put(key string, m message) error {
	if _, twice := c.messages[key]; twice {
		return fmt.Errorf("%s: found twice", key)
	}
	c.messages[key] = m
	return nil
}

// Languages lists the choices, each named in itself, the fallback first.
func (b *Bundle) Languages() []Language {
	list := make([]Language, 0, len(b.codes))
	for _, code := range b.codes {
		name := b.catalogues[code].messages["format.language"].other.text(nil)
		list = append(list, Language{Code: code, Name: name})
	}
	return list
}

// Has tells whether a language can be chosen.
func (b *Bundle) Has(code string) bool { return b.catalogues[code] != nil }

// Negotiate picks the best language for an Accept-Language header.
func (b *Bundle) Negotiate(acceptLanguage string) string {
	wanted, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(wanted) == 0 {
		return Fallback
	}
	_, index, _ := b.matcher.Match(wanted...)
	return b.codes[index]
}

// Printer writes for one reader at one moment. An unknown language becomes the fallback and a nil
// zone UTC, since both come from stored preferences that an upgrade may have outlived.
func (b *Bundle) Printer(code string, zone *time.Location, now time.Time) *Printer {
	c := b.catalogues[code]
	if c == nil {
		c = b.catalogues[Fallback]
	}
	if zone == nil {
		zone = time.UTC
	}
	return &Printer{catalogue: c, fallback: b.catalogues[Fallback], zone: zone, now: now.In(zone), bundle: b}
}

// Keys lists every key of a language in order: for tests and for the translators' page.
func (b *Bundle) Keys(code string) []string {
	c := b.catalogues[code]
	if c == nil {
		return nil
	}
	keys := make([]string, 0, len(c.messages))
	for key := range c.messages {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// Arguments lists the names in braces of a message, over all its plural forms, in order.
func (b *Bundle) Arguments(code, key string) []string {
	c := b.catalogues[code]
	if c == nil {
		return nil
	}
	return c.messages[key].arguments()
}
