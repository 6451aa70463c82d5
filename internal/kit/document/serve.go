package document

import (
	"mime"
	"net/http"
	"strings"

	"vigie/internal/kit/i18n"
	"vigie/internal/platform/fault"
)

// The media types of the files.
const (
	PDFType  = "application/pdf"
	XLSXType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// Format decides by format=pdf or xlsx, or by Accept, what a document is asked for as; empty is neither. Faults: invalid.
func Format(format, accept string) (string, error) {
	switch format {
	case "pdf", "xlsx":
		return format, nil
	case "":
	default:
		var bad fault.Fields
		bad.Add("format", "document.format", "values", "pdf, xlsx")
		return "", bad.Err()
	}
	for _, part := range strings.Split(accept, ",") {
		kind, _, err := mime.ParseMediaType(strings.TrimSpace(part))
		switch {
		case err != nil:
		case kind == PDFType:
			return "pdf", nil
		case kind == XLSXType:
			return "xlsx", nil
		}
	}
	return "", nil
}

// Send answers with the document as a file.
func (d Document) Send(w http.ResponseWriter, format string, p *i18n.Printer) error {
	write, kind := d.PDF, PDFType
	if format == "xlsx" {
		write, kind = d.XLSX, XLSXType
	}
	var b strings.Builder // an error in the middle must not be half a file
	if err := write(&b, p); err != nil {
		return err
	}
	head := w.Header()
	head.Set("Content-Type", kind)
	head.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": d.name() + "." + format}))
	head.Set("Cache-Control", "no-store")
	head.Set("X-Content-Type-Options", "nosniff")
	_, err := w.Write([]byte(b.String()))
	return err
}
