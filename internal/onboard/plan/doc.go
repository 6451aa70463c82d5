// Package plan owns the full assessment as an appointment book: a plan of five working days made from a template (catalogue/plan), its
// meetings with participants, agenda, notes and actions, its checklist, and what was said.
//
// States of a plan: planned, done, cancelled. Of a meeting: planned, held, cancelled; a cancelled one is never held.
//
// A meeting is one event of iCalendar (RFC 5545, 5546): its UID is the id of the meeting, which never changes. An invitation is a mail with
// METHOD:REQUEST; what changes time, place, title or agenda afterwards raises SEQUENCE and goes to everybody who was invited; whoever is taken
// out, and everybody of a meeting that is cancelled, gets METHOD:CANCEL. Invitations leave in the transaction that records them.
//
// What somebody said is a statement: a text, who said it, and the records that it feeds (a requirement, a document, a workload), by type and id.
//
// It never reads answers to invitations: calendars send these to the organiser's own mailbox.
package plan
