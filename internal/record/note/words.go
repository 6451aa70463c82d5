package note

import "vigie/internal/kit/ui"

// The words of a composer depend on who writes and to whom.

func composeLabel(p *ui.Page, v timelineView, public bool) string {
	switch {
	case !v.staff:
		return p.T("note.to_provider")
	case public:
		return p.T("note.kind_public")
	}
	return p.T("note.kind_internal")
}

func composeHint(p *ui.Page, v timelineView, public bool) string {
	switch {
	case !v.staff:
		return p.T("note.hint_provider")
	case public:
		return p.T("note.hint_public")
	}
	return p.T("note.hint_internal")
}

func composeButton(p *ui.Page, v timelineView, public bool) string {
	switch {
	case !v.staff:
		return p.T("note.send")
	case public:
		return p.T("note.send_customer")
	}
	return p.T("note.add")
}

func composeHelp(p *ui.Page, v timelineView, public bool) string {
	switch {
	case !v.staff:
		return p.T("note.help_provider")
	case public:
		return p.T("note.help_public")
	}
	return p.T("note.help_internal")
}

func formAction(f form) string {
	if f.ID == "" {
		return "/notes"
	}
	return "/notes/" + f.ID + "/edit"
}

func formHelp(p *ui.Page, f form) string {
	switch {
	case !f.staff:
		return p.T("note.help_provider")
	case f.Public:
		return p.T("note.help_public")
	}
	return p.T("note.help_internal")
}

func formButton(p *ui.Page, f form) string {
	switch {
	case f.ID != "":
		return p.T("note.save")
	case !f.staff:
		return p.T("note.send")
	case f.Public:
		return p.T("note.send_customer")
	}
	return p.T("note.add")
}

func notificationWords(p *ui.Page, n Notification) string {
	if n.Kind == byMention {
		return p.T("note.mentioned_you", "actor", n.Actor, "record", n.RecordName)
	}
	return p.T("note.wrote", "actor", n.Actor, "record", n.RecordName)
}
