package file

import (
	"strings"

	"github.com/gabriel-vasile/mimetype"

	"vigie/internal/platform/fault"
)

// Limits are what an instance takes in.
type Limits struct {
	Max   int64 // bytes of one file
	Quota int64 // bytes of all contents of one customer
	// Allow and Deny are media types: "image/png", "image/*", "*". A type stands for those that are made of it too: a rule for
	// application/zip holds for Word documents. Deny wins.
	Allow, Deny []string
}

// DefaultLimits are those of an instance that is told nothing else.
func DefaultLimits() Limits {
	return Limits{Max: 25 << 20, Quota: 10 << 30, Allow: []string{"*"}, Deny: Programs()}
}

// Programs are the types that a computer runs when somebody opens them.
func Programs() []string {
	return []string{"application/vnd.microsoft.portable-executable", "application/x-elf", "application/x-mach-binary", "application/x-ms-installer",
		"application/x-java-applet", "application/x-ms-shortcut", "application/vnd.android.package-archive", "application/x-chrome-extension"}
}

// sniffed is how much of a content tells its type.
const sniffed = 3072

// detect tells the media type of a content by its beginning.
func detect(head []byte) *mimetype.MIME { return mimetype.Detect(head) }

// bare is a type without parameters such as the charset.
func bare(m *mimetype.MIME) string {
	t, _, _ := strings.Cut(m.String(), ";")
	return strings.TrimSpace(t)
}

// check refuses a type that the limits do not let in.
func (l Limits) check(m *mimetype.MIME) error {
	if matches(l.Deny, m) || !matches(l.Allow, m) {
		var bad fault.Fields
		bad.Add("file", "file.refused_type", "type", bare(m))
		return bad.Err()
	}
	return nil
}

func matches(rules []string, m *mimetype.MIME) bool {
	for at := m; at != nil; at = at.Parent() {
		// The root of all types is what nothing is known of: it stands for itself only.
		if at != m && at.Parent() == nil {
			break
		}
		for _, rule := range rules {
			kind, all := strings.CutSuffix(rule, "*")
			if rule == "*" || all && strings.HasPrefix(bare(at), kind) || !all && at.Is(rule) {
				return true
			}
		}
	}
	return false
}

// served is the type that a download says. What a browser would run stays bytes, whatever the headers beside it forbid.
func served(mediaType string) string {
	switch t := strings.ToLower(mediaType); {
	case strings.Contains(t, "html"), strings.Contains(t, "xml"), strings.Contains(t, "svg"), strings.Contains(t, "script"), strings.Contains(t, "flash"):
		if !strings.HasPrefix(t, "application/vnd.openxmlformats-officedocument.") {
			return "application/octet-stream"
		}
	}
	return mediaType
}

// isText tells a type whose beginning can be read.
func isText(mediaType string) bool {
	return strings.HasPrefix(mediaType, "text/") || mediaType == "application/json" || mediaType == "application/x-ndjson" || mediaType == "image/svg+xml" ||
		strings.HasSuffix(mediaType, "+json") || strings.HasSuffix(mediaType, "+xml") && !strings.HasPrefix(mediaType, "application/vnd.")
}
