package finding

import (
	"bytes"
	"mime/multipart"
	"net/http/httptest"
	"testing"
)

// A file that was chosen now is another than the one that was looked at, which comes back as text.
func TestUploaded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file, text, want string
		fresh            bool
	}{"a file": {"{}", "", "{}", true}, "what was looked at": {"", "[1]", "[1]", false}, "another file": {"{}", "[1]", "{}", true}, "nothing": {"", "", "", false}} {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		part, err := w.CreateFormFile("file", "x.json")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write([]byte(c.file))
		_ = w.WriteField("text", c.text)
		_ = w.Close()
		r := httptest.NewRequest("POST", "/findings/import", &b)
		r.Header.Set("Content-Type", w.FormDataContentType())
		if _, data, fresh, err := uploaded(r); err != nil || string(data) != c.want || fresh != c.fresh {
			t.Errorf("%s: %q, fresh %t, %v", name, data, fresh, err)
		}
	}
}
