package identity

import (
	"strconv"

	"vigie/internal/kit/ui"
)

func version(n int64) string { return strconv.FormatInt(n, 10) }

func personAction(f personForm) string {
	if f.ID == "" {
		return "/people/new"
	}
	return "/people/" + f.ID + "/edit"
}

func customerOptions(p *ui.Page) (out []ui.Option) {
	for _, c := range p.Customers {
		out = append(out, ui.Option{Value: c.Slug, Label: c.Name})
	}
	return out
}

func languageOptions(p *ui.Page) (out []ui.Option) {
	for _, l := range p.Languages() {
		out = append(out, ui.Option{Value: l.Code, Label: l.Name})
	}
	return out
}

func themeOptions(p *ui.Page) []ui.Option {
	return []ui.Option{{Value: "auto", Label: p.T("ui.theme.auto")}, {Value: "light", Label: p.T("ui.theme.light")}, {Value: "dark", Label: p.T("ui.theme.dark")}}
}
