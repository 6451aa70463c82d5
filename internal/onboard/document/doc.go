// Package document owns the papers that an onboarding stands on: which ones a workload needs, who owes them, what was handed in, and what
// came of reading it.
//
// The plain fields of a document (title, type, owner, day of review) are a register; kinds are data, in catalogue/documents. What this room
// adds are its rules:
//
//	listed ──ask──▶ requested ──hand in──▶ received ──review──▶ reviewed
//	                    │                     ▲  │                 │
//	                  waive              hand in  └──accept/refuse──┤
//	                    ▼                     │                     ▼
//	                 waived ◀──waive── refused ◀───────────── accepted ──ask──▶ requested
//
// A version handed in always begins the reading anew. A document is accepted or refused by a review of its latest version: accepted only when
// it can be worked with, refused only with a reason. Who owes a document that is requested or refused is reminded by mail, by the days of
// reminder.go, at most once a day for all that they owe; a document that was received is not asked for again.
//
// A contact hands in by a private link that leads to what they owe and nothing else, or signed in. Files are attachments of the document, and
// a version names its file: neither can be removed without the other.
//
// It never decides what may be launched: Standing tells how far the documents are.
package document
