package api

import "net/http"

// Download writes rows as the file that a link of a page asks for by format=csv or format=xlsx, in the same form as the API's
// own exports. more are columns behind the members of D, which is an Extra then.
func Download[D any](w http.ResponseWriter, format, name string, more []string, rows func(func(D) error) error) error {
	t, err := formatOf(format, "")
	if err != nil {
		return err
	}
	return export(w, t, name, more, rows)
}
