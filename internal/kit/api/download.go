package api

import "net/http"

// Download writes rows as the file that a link of a page asks for by format=csv or format=xlsx, in the same form as the API's
// own exports.
func Download[D any](w http.ResponseWriter, format, name string, rows func(func(D) error) error) error {
	t, err := formatOf(format, "")
	if err != nil {
		return err
	}
	return export(w, t, name, rows)
}
