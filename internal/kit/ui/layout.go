package ui

import "strconv"

// brand is the product's name, the same in every language.
const brand = "Vigie"

// SignOutPath takes the form of the user menu.
const SignOutPath = "/sign-out"

// AccountPath is the page of one's own account, to which the user menu leads.
const AccountPath = "/account"

// htmxConfig switches off what the content policy would refuse. app.js sets the same in code.
const htmxConfig = `{"allowEval":false,"allowScriptTags":false,"includeIndicatorStyles":false,"selfRequestsOnly":true,"historyCacheSize":0}`

func (p *Page) documentTitle() string {
	switch {
	case p.Title == "":
		return brand
	case p.Customer != nil:
		return p.Title + " · " + p.Customer.Name + " · " + brand
	}
	return p.Title + " · " + brand
}

func (p *Page) languageName() string {
	for _, l := range p.Languages() {
		if l.Code == p.Lang() {
			return l.Name
		}
	}
	return p.Lang()
}

func pressed(on bool) string { return strconv.FormatBool(on) }

// painted is what the style sheet sees before any script: automatic counts as light until one asks the system.
func (t Theme) painted() string {
	if t == Dark {
		return "dark"
	}
	return "light"
}

func (t Theme) icon() string {
	switch t {
	case Light:
		return "sun"
	case Dark:
		return "moon"
	}
	return "brightness-auto"
}

func (t Theme) label(p *Page) string {
	switch t {
	case Light:
		return p.T("ui.theme.light")
	case Dark:
		return p.T("ui.theme.dark")
	}
	return p.T("ui.theme.auto")
}
