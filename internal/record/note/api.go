package note

import (
	"context"

	"vigie/internal/kit/api"
	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

type byID struct {
	ID string `path:"id" doc:"Id."`
}

type edit struct {
	ID string `path:"id" doc:"Id."`
	api.Match
	Body ChangeNote
}

type removal struct {
	ID string `path:"id" doc:"Id."`
	api.Match
}

// versions is the answer of the history of a note.
type versions struct {
	Items []Version `json:"items" nullable:"false"`
}

// Register adds the operations of this room.
func (s *Service) Register(a *api.API) {
	const tag = "Notes"
	api.List(a, api.Listing[listed, Note]{
		Op: api.Op{Path: "/notes", Tag: tag, Summary: "List notes"}, Spec: Spec, Allow: permission.Need(permission.NoteRead),
		Within: func(ctx context.Context, _ *db.Tx, _ func(string) string, q list.Query) (list.Query, error) {
			return s.seen(permission.From(ctx), q), nil
		},
		Rows: func(_ context.Context, _ *db.Tx, rows []listed) ([]Note, error) {
			out := make([]Note, len(rows))
			for i, r := range rows {
				out[i] = r.shown(r.Slug)
			}
			return out, nil
		},
	})
	api.Get(a, api.Op{Path: "/notes/{id}", Tag: tag, Summary: "Get a note"}, func(ctx context.Context, in *byID) (Note, error) {
		return s.Note(ctx, permission.From(ctx), in.ID)
	})
	api.Post(a, api.Op{Path: "/notes", Tag: tag, Summary: "Write a note", Description: "Internal unless public is true. unreached names mentions that reached nobody."},
		func(ctx context.Context, in *struct{ Body NewNote }) (Note, error) {
			return s.Write(ctx, permission.From(ctx), in.Body)
		})
	api.Patch(a, api.Op{Path: "/notes/{id}", Tag: tag, Summary: "Correct a note", Description: "One's own, within 15 minutes."}, func(ctx context.Context, in *edit) (Note, error) {
		return s.Edit(ctx, permission.From(ctx), in.ID, in.Expected(), in.Body)
	})
	api.Delete(a, api.Op{Path: "/notes/{id}", Tag: tag, Summary: "Remove a note's text", Description: "That there was a note stays."}, func(ctx context.Context, in *removal) error {
		return s.Remove(ctx, permission.From(ctx), in.ID, in.Expected())
	})
	api.Get(a, api.Op{Path: "/notes/{id}/versions", Tag: tag, Summary: "Get what a note said before"}, func(ctx context.Context, in *byID) (versions, error) {
		items, err := s.Versions(ctx, permission.From(ctx), in.ID)
		return versions{items}, err
	})
	s.registerInbox(a)
}

func (s *Service) registerInbox(a *api.API) {
	const tag = "Watching"
	api.List(a, api.Listing[watcherRow, Watcher]{
		Op:   api.Op{Path: "/watchers", Tag: tag, Summary: "List who watches", Description: "People of a customer see themselves."},
		Spec: WatcherSpec, Allow: permission.Need(permission.NoteRead),
		Within: func(ctx context.Context, _ *db.Tx, _ func(string) string, q list.Query) (list.Query, error) {
			return s.seenWatchers(permission.From(ctx), q), nil
		},
		Rows: func(_ context.Context, _ *db.Tx, rows []watcherRow) ([]Watcher, error) {
			out := make([]Watcher, len(rows))
			for i, r := range rows {
				out[i] = r.shown()
			}
			return out, nil
		},
	})
	api.Post(a, api.Op{Path: "/watchers", Tag: tag, Summary: "Watch a record, or end it", Status: 200}, func(ctx context.Context, in *struct{ Body Watch }) (Watching, error) {
		return s.SetWatching(ctx, permission.From(ctx), in.Body)
	})
	api.List(a, api.Listing[notification, Notification]{
		Op: api.Op{Path: "/notifications", Tag: tag, Summary: "List one's own notifications"}, Spec: NotificationSpec, Allow: permission.Need(permission.NoteRead),
		Within: func(ctx context.Context, _ *db.Tx, _ func(string) string, q list.Query) (list.Query, error) {
			return s.own(permission.From(ctx), q), nil
		},
		Rows: func(_ context.Context, _ *db.Tx, rows []notification) ([]Notification, error) {
			out := make([]Notification, len(rows))
			for i, r := range rows {
				out[i] = r.shown()
			}
			return out, nil
		},
	})
	api.Post(a, api.Op{Path: "/notifications/read", Tag: tag, Summary: "Take one's own notifications as read", Status: 200}, func(ctx context.Context, in *struct{ Body Reading }) (Marked, error) {
		return s.MarkRead(ctx, permission.From(ctx), in.Body)
	})
	api.Get(a, api.Op{Path: "/notification-preferences", Tag: tag, Summary: "Get which notifications come as mail"}, func(ctx context.Context, _ *struct{}) (Preference, error) {
		return s.Preference(ctx, permission.From(ctx))
	})
	api.Put(a, api.Op{Path: "/notification-preferences", Tag: tag, Summary: "Choose which notifications come as mail"}, func(ctx context.Context, in *struct{ Body Preference }) (Preference, error) {
		return s.SetPreference(ctx, permission.From(ctx), in.Body)
	})
}
