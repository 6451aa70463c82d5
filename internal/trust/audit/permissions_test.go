package audit

import (
	"testing"

	"vigie/internal/kit/i18n"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/trust/permission"
	"vigie/locales"
)

// An action that was added without words would stand on the page as its name in the code.
func TestEveryPermissionHasWords(t *testing.T) {
	t.Parallel()
	b, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range []string{"en", "fr"} {
		p := b.Printer(language, nil, dbtest.Start)
		for _, line := range permission.Table() {
			if name := string(line.Action); p.Or("audit.permission."+name, name) == name {
				t.Errorf("%s: no words for %s", language, name)
			}
		}
	}
}
