package canary

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// secrets are planted texts, by where they were planted.
type secrets map[string]map[string]bool

func (s secrets) add(where, text string) {
	if s[where] == nil {
		s[where] = map[string]bool{}
	}
	if len(text) >= 10 { // anything shorter is found by chance
		s[where][text] = true
	}
}

// hay is what is searched, by where it is from.
type hay map[string][]byte

// forms are the ways in which bytes are written down.
func forms(secret string) map[string][]string {
	b := []byte(secret)
	out := map[string][]string{"raw": {secret}, "reversed": {reverse(secret)}, "hex": {hex.EncodeToString(b), strings.ToUpper(hex.EncodeToString(b))},
		"in an address": {url.QueryEscape(secret), url.PathEscape(secret)}, "in HTML": {htmlEscape(secret)}}
	for _, indent := range []bool{true, false} {
		var j bytes.Buffer
		enc := json.NewEncoder(&j)
		enc.SetEscapeHTML(indent)
		if enc.Encode(secret) == nil {
			text := strings.TrimSuffix(strings.TrimSpace(j.String())[1:], `"`)
			again, _ := json.Marshal(text) // JSON in JSON
			out["in JSON"] = append(out["in JSON"], text, string(again[1:len(again)-1]))
		}
	}
	out["in a log"] = []string{strings.Trim(fmt.Sprintf("%q", secret), `"`)}
	// In base64 the same bytes look differently by where they begin; characters that hold bits of their neighbours are left out.
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			text := enc.EncodeToString(append(make([]byte, before), b...))
			out["in base64"] = append(out["in base64"], text[(before*8+5)/6:(before+len(b))*8/6])
		}
	}
	return out
}

func reverse(s string) string {
	r := []rune(s)
	slices.Reverse(r)
	return string(r)
}

func htmlEscape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;").Replace(s)
}

// find names each secret that is in the hay, and how.
func (h hay) find(planted secrets) (found []string) {
	for where, texts := range planted {
		for secret := range texts {
			for form, needles := range forms(secret) {
				for _, needle := range needles {
					for place, text := range h {
						if at := bytes.Index(text, []byte(needle)); at >= 0 {
							found = append(found, fmt.Sprintf("%s: the secret of %s, %s: %q", place, where, form, text[max(0, at-60):min(len(text), at+20)]))
						}
					}
				}
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// unpack adds the members of a ZIP, and those of ZIPs in it.
func (h hay) unpack(t *testing.T, name string, b []byte) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	check(t, err)
	if len(z.File) == 0 {
		t.Errorf("%s is empty", name)
	}
	for _, f := range z.File {
		r, err := f.Open()
		check(t, err)
		text, err := io.ReadAll(r)
		check(t, err)
		check(t, r.Close())
		h[name+" "+f.Name] = text
		if bytes.HasPrefix(text, []byte("PK\x03\x04")) {
			h.unpack(t, name+" "+f.Name, text)
		}
	}
}

// Each form of a secret is found, wherever it stands among other bytes.
func TestSearchFinds(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		secret := make([]rune, 12+r.IntN(40))
		for i := range secret {
			secret[i] = []rune(`abcXYZ019+/=&<>"'\é€ -_`)[r.IntN(23)]
		}
		text := "s" + string(secret) + "t"
		planted := secrets{}
		planted.add("here", text)
		around := make([]byte, r.IntN(7))
		inside := append(append(slices.Clone(around), text...), "tail"...)
		nested, err := json.Marshal(map[string]string{"a": string(mustJSON(text))})
		check(t, err)
		for form, written := range map[string]string{
			"raw": string(inside), "std": base64.StdEncoding.EncodeToString(inside), "url": base64.URLEncoding.EncodeToString(inside), "hex": hex.EncodeToString(inside),
			"HEX": strings.ToUpper(hex.EncodeToString(inside)), "query": url.Values{"x": {text}}.Encode(), "path": url.PathEscape(text), "JSON": string(mustJSON(text)), "JSON in JSON": string(nested),
			"log": fmt.Sprintf("%q", text), "reversed": reverse(string(inside)), "HTML": htmlEscape(text),
		} {
			if len((hay{"x": []byte("before " + written + " after")}).find(planted)) == 0 {
				t.Fatalf("%s of %q is not found in %q", form, text, written)
			}
		}
		if found := (hay{"x": []byte(text[1:])}).find(planted); len(found) > 0 {
			t.Fatalf("a part is taken for the whole: %v", found)
		}
	}
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
