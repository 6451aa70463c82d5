// Package link owns private links: the way of somebody without an account to one record for one purpose, as a customer who fills in a
// questionnaire or hands in a document.
//
// A link is a secret of 256 bits in the path of an address. Its hash is stored, the secret is shown once. It ends at a date, can be revoked, and
// counts how often it was opened and when it was used last. Whoever comes by it is a permission.Actor of kind link: in the scope of its one customer, with
// the actions that its door names and no others, under the name that the link was given. There is no session and no cookie: each request is judged by
// the row as it stands now.
//
// # To let people in by a link
//
// A room declares a Door (purpose, path, actions), hangs its pages on the mux, and makes links in the transaction of its own change:
//
//	var door = link.Door{Purpose: "assessment", Path: "/answers/", Actions: []permission.Action{permission.AssessmentAnswer}}
//
//	mux.Handle("GET /answers/{token}", links.Page(shell, door, h.open))       // in the path, under this name
//	made, secret, err := link.Create(ctx, tx, a, link.New{Door: door, Record: record(x), Name: "Jeanne", ExpiresAt: ...})
//	address := links.Address(door, secret)                                    // shown once, or mailed
//	all, err := link.Of(ctx, tx, "assessment", x.ID)
//	gone, err := link.Revoke(ctx, tx, a, record(x), id)
//
// The handler gets the page in the reader's language, the actor, and the link with its record and parts. It must ask its service as for any
// other actor, and hold it to Link.RecordID. Who may make and revoke links is for the room to ask, before Create and Revoke.
//
// # What it never does
//
// A link that is unknown, expired, revoked or made for another door gives one and the same page, which tells nothing. The secret is in no log, trace, audit entry or
// referrer: what handlers and logs see of the path has an ellipsis in its place.
package link
