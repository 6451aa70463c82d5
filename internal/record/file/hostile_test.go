package file_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"vigie/internal/platform/clock"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/record/file"
	"vigie/internal/trust/permission"
)

func TestCleanName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"report.pdf":                         "report.pdf",
		"Bericht für März.xlsx":              "Bericht für März.xlsx",
		"تقرير.pdf":                          "تقرير.pdf", // written from right to left by its letters alone
		"../../etc/passwd":                   "passwd",
		`C:\Windows\System32\cmd.exe`:        "cmd.exe",
		"invoice\u202efdp.exe":               "invoicefdp.exe",
		"a\u2066b\u2069c\u200b.txt":          "abc.txt",
		"line\r\nSet-Cookie: x=y.txt":        "lineSet-Cookie_ x=y.txt",
		"tab\tand\u00a0blank.txt":            "taband blank.txt",
		"nul\x00byte.txt":                    "nulbyte.txt",
		`quote".txt`:                         "quote_.txt",
		"a<b>c|d?e*.txt":                     "a_b_c_d_e_.txt",
		"":                                   "file.bin",
		"...":                                "file.bin",
		" . ":                                "file.bin",
		"/":                                  "file.bin",
		"..":                                 "file.bin",
		".htaccess":                          "htaccess",
		"trailing. . ":                       "trailing",
		"CON":                                "_CON",
		"nul.txt":                            "_nul.txt",
		"bad\xffutf8.txt":                    "badutf8.txt",
		strings.Repeat("x", 400) + ".tar.gz": strings.Repeat("x", 147) + ".gz",
		strings.Repeat("é", 400):             strings.Repeat("é", 150),
	} {
		if got := file.CleanName(in, ".bin"); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func FuzzCleanName(f *testing.F) {
	f.Add("a/b\\c\u202e.txt")
	f.Fuzz(func(t *testing.T, in string) {
		got := file.CleanName(in, ".bin")
		switch {
		case got == "", !utf8.ValidString(got), utf8.RuneCountInString(got) > 151, strings.ContainsAny(got, "/\\\"\r\n\x00"), got == ".", got == "..",
			strings.ContainsFunc(got, func(c rune) bool { return unicode.IsControl(c) || unicode.Is(unicode.Cf, c) }):
			t.Errorf("%q became %q", in, got)
		}
	})
}

func picture(w, h int) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, color.NRGBA{uint8(x), uint8(y), 120, 255})
		}
	}
	return m
}

func asPNG(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asJPEG(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// chunk is a piece of a PNG file.
func chunk(kind string, data []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	out = append(append(out, kind...), data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// vast is a PNG that says it is w by h points, in a few bytes.
func vast(w, h uint32) []byte {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	head = append(head, 8, 2, 0, 0, 0)
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	_, _ = z.Write(make([]byte, 1<<20))
	_ = z.Close()
	out := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", head)...)
	return append(append(out, chunk("IDAT", packed.Bytes())...), chunk("IEND", nil)...)
}

// exif puts a place and an orientation into a JPEG.
func exif(photo []byte, orientation byte) []byte {
	tiff := []byte("II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00")
	tiff = append(tiff, orientation, 0, 0, 0, 0, 0, 0, 0)
	body := append([]byte("Exif\x00\x00"), append(tiff, "GPS 48.8584 2.2945"...)...)
	part := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2))
	return append(append(append([]byte{}, photo[:2]...), append(part, body...)...), photo[2:]...)
}

// Of an image nothing but its points gets out; what is none, or too large to draw, has no preview and is only ever a download.
func TestPreviewsAreDrawnAnew(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(dbtest.Start)
	h := open(t, dbtest.SQLite(t, c), c, file.DefaultLimits())
	eng := h.as(permission.Engineer)
	const evil = "<script>alert(1)</script>"
	small, photo := asPNG(t, picture(60, 40)), asJPEG(t, picture(2000, 1000))
	glass := image.NewNRGBA(image.Rect(0, 0, 30, 30))
	noted := append(append(append([]byte{}, small[:33]...), chunk("tEXt", []byte("Comment\x00"+evil))...), small[33:]...)
	for _, test := range []struct {
		name, content, mediaType string
		preview                  bool
		w, h                     int
	}{
		{"plain.png", string(small), "image/png", true, 60, 40},
		{"see-through.png", string(asPNG(t, glass)), "image/png", true, 30, 30},
		{"photo.jpg", string(photo), "image/jpeg", true, 1024, 512},
		{"turned.jpg", string(exif(photo, 6)), "image/jpeg", true, 512, 1024},
		{"upside down.jpg", string(exif(photo, 3)), "image/jpeg", true, 1024, 512},
		{"nonsense.jpg", string(exif(photo, 77)), "image/jpeg", true, 1024, 512},
		{"with a comment.png", string(noted), "image/png", true, 60, 40},
		{"page behind.jpg", string(photo) + evil, "image/jpeg", true, 1024, 512},
		{"archive behind.png", string(small) + "PK\x03\x04" + evil, "image/png", true, 60, 40},
		{"page.png", "<html>" + evil, "text/html", false, 0, 0},
		{"drawing.svg", `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, "image/svg+xml", false, 0, 0},
		{"script.gif", "GIF89a/*" + strings.Repeat("x", 30) + "*/=1;" + evil, "image/gif", false, 0, 0},
		{"vast.png", string(vast(60_000, 60_000)), "image/png", false, 0, 0},
		{"wide.png", string(vast(2_000_000_000, 1)), "image/png", false, 0, 0},
		{"no width.png", string(vast(0, 10)), "image/png", false, 0, 0},
		{"short.png", string(small[:len(small)/2]), "image/png", false, 0, 0},
		{"short.jpg", string(photo[:200]), "image/jpeg", false, 0, 0},
		{"broken.webp", "RIFF\x24\x00\x00\x00WEBPVP8 \x18\x00\x00\x00" + strings.Repeat("\xff", 24), "image/webp", false, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := h.attached(t, eng, "acme", test.name, test.content, true)
			if f.MediaType != test.mediaType || f.Preview != test.preview {
				t.Fatalf("%+v", f)
			}
			out := h.knock(t, h.link(t, eng, f, "original"))
			kind := out.Header.Get("Content-Type")
			if !strings.HasPrefix(out.Header.Get("Content-Disposition"), "attachment;") || strings.Contains(kind, "html") || strings.Contains(kind, "svg") || text(t, out) != test.content {
				t.Errorf("the original is served as %v", out.Header)
			}
			if !test.preview {
				eng.Do(t, "POST", "/attachments/"+f.ID+"/links", `{"variant":"preview"}`).Want(t, 404)
				return
			}
			out = h.knock(t, h.link(t, eng, f, "preview"))
			drawn := text(t, out)
			got, format, err := image.Decode(strings.NewReader(drawn))
			if err != nil || out.Header.Get("Content-Type") != "image/"+format || !strings.HasPrefix(out.Header.Get("Content-Disposition"), "inline;") {
				t.Fatalf("%v: %v", out.Header, err)
			}
			if b := got.Bounds(); b.Dx() != test.w || b.Dy() != test.h {
				t.Errorf("drawn %v, want %d by %d", b, test.w, test.h)
			}
			for _, trace := range []string{"script", "Exif", "GPS", "tEXt", "PK\x03"} {
				if strings.Contains(drawn, trace) {
					t.Errorf("%q got into the preview", trace)
				}
			}
		})
	}
}

// A name reaches the header of a download as a name, whatever is in it.
func TestNamesInHeaders(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(dbtest.Start)
	h := open(t, dbtest.SQLite(t, c), c, file.DefaultLimits())
	eng := h.as(permission.Engineer)
	for sent, want := range map[string]string{
		`..\..\evil.txt`:      `attachment; filename="evil.txt"`,
		`a\"; x=\"y.txt`:      `attachment; filename="a_; x=_y.txt"`,
		"100%.txt":            `attachment; filename="100_.txt"; filename*=UTF-8''100%25.txt`,
		"gpj\u202e.exe":       `attachment; filename="gpj.exe"`,
		"日本 語.txt":            `attachment; filename="__ _.txt"; filename*=UTF-8''%E6%97%A5%E6%9C%AC%20%E8%AA%9E.txt`,
		"it's (a) [b] ~!.txt": `attachment; filename="it's (a) [b] ~!.txt"`,
	} {
		f := h.attached(t, eng, "acme", sent, "some text", false)
		if got := h.knock(t, h.link(t, eng, f, "original")).Header.Get("Content-Disposition"); got != want {
			t.Errorf("%q: %s, want %s", sent, got, want)
		}
	}
}
