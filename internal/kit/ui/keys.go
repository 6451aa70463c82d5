package ui

// Key is one key of the keyboard: what it is called, what it does for people, and which act of web/js/keys.js it is. Keys is the only
// list of them: the help is made of it, and the script reads it from the help.
type Key struct {
	Key  string // as the browser names it: "j", "X" with Shift, "Enter"
	Act  string // of the script; "press" is the visible thing of the page with data-key=Key
	Does string // key of what it does
	Part string // key of the part of the help
}

// Keys lists all keys that are the same on every page; those that go to a place come from the rail.
func Keys() []Key {
	const everywhere, lists, records = "ui.keys.everywhere", "ui.keys.lists", "ui.keys.records"
	return []Key{
		{"k", "palette", "ui.keys.palette", everywhere}, // with Ctrl or Cmd
		{"/", "search", "ui.keys.search", everywhere},
		{"c", "press", "ui.keys.create", everywhere},
		{"z", "undo", "ui.keys.undo", everywhere},
		{"?", "help", "ui.keys.help", everywhere},
		{"j", "down", "ui.keys.down", lists},
		{"k", "up", "ui.keys.up", lists},
		{"Enter", "open", "ui.keys.open", lists},
		{"x", "pick", "ui.keys.pick", lists},
		{"X", "range", "ui.keys.range", lists},
		{"v", "press", "ui.keys.views", lists},
		{"e", "press", "ui.keys.edit", records},
		{"a", "press", "ui.keys.assign", records},
		{"i", "press", "ui.keys.note", records},
		{"r", "press", "ui.keys.reply", records},
		{"w", "press", "ui.keys.watch", records},
		{"u", "press", "ui.keys.attach", records},
	}
}

// keyPart is a titled part of the help.
type keyPart struct {
	title string
	keys  []keyHelp
}

// keyHelp is a line of the help: what it does, and the caps to press. Act and key are for the script; empty where another script has it.
// A place is a link, which the script follows: the rail has not every place when it folds.
type keyHelp struct {
	does, act, key, href string
	caps                 []string
}

// keys is the help, with the places of the rail that this reader has.
func (p *Page) keys() (out []keyPart) {
	for _, k := range Keys() {
		h := keyHelp{does: p.T(k.Does), act: k.Act, key: k.Key, caps: []string{k.Key}} // i18n: ui.keys.*
		switch k.Key {
		case "Enter":
			h.caps = []string{p.T("ui.keys.enter")}
		case "X":
			h.caps = []string{p.T("ui.keys.shift"), "x"}
		}
		if k.Act == "palette" {
			h.act, h.caps = "", []string{p.T("ui.palette.key")}
		}
		if title := p.T(k.Part); len(out) == 0 || out[len(out)-1].title != title {
			out = append(out, keyPart{title: title})
		}
		out[len(out)-1].keys = append(out[len(out)-1].keys, h)
	}
	places := keyPart{title: p.T("ui.keys.places")}
	for _, section := range p.Nav {
		for _, item := range section.Items {
			if item.Go != "" {
				places.keys = append(places.keys, keyHelp{does: item.Label, key: item.Go, href: item.Href, caps: []string{"g", item.Go}})
			}
		}
	}
	if len(places.keys) > 0 {
		out = append(out, places)
	}
	return out
}
