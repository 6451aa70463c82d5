package ui

type keyHelp struct {
	does string
	keys []string
}

// keys lists what web/js/keys.js does; the places come from the rail that this reader has.
func (p *Page) keys() []keyHelp {
	list := []keyHelp{
		{p.T("ui.keys.palette"), []string{p.T("ui.palette.key")}},
		{p.T("ui.keys.search"), []string{"/"}},
		{p.T("ui.keys.move"), []string{"j", "k"}},
		{p.T("ui.keys.open"), []string{p.T("ui.keys.enter")}},
		{p.T("ui.keys.pick"), []string{"x"}},
		{p.T("ui.keys.create"), []string{"c"}},
		{p.T("ui.keys.edit"), []string{"e"}},
		{p.T("ui.keys.note"), []string{"i"}},
		{p.T("ui.keys.reply"), []string{"r"}},
		{p.T("ui.keys.watch"), []string{"w"}},
		{p.T("ui.keys.attach"), []string{"u"}},
		{p.T("ui.keys.help"), []string{"?"}},
	}
	for _, section := range p.Nav {
		for _, item := range section.Items {
			if item.Go != "" {
				list = append(list, keyHelp{p.T("ui.keys.go", "place", item.Label), []string{"g", item.Go}})
			}
		}
	}
	return list
}
