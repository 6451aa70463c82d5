// Package note keeps what people say about a record: internal notes among the provider's people, and public ones that the customer
// reads and answers; who watches the record; whom that concerns; and the timeline, which tells all that happened in one order.
//
// A note is internal unless its author sends it to the customer. People of a customer see public notes only, and write no others. Text is
// Markdown, of which a small safe part is shown. It may be corrected by its author for a quarter of an hour, with the history kept,
// and removed, which leaves a mark.
//
// @Name mentions a person who can see the note, and nobody else: a mention never grants access, tells nobody that a record exists, and
// its author learns only that no reader of that name was found. Who writes or is mentioned watches from then on, unless they
// turned that off. Watchers get a notification, which is a row of their inbox and, as they chose, a mail.
//
// Any record gets all this by its room's subject.Kind and one call of web.Shell.Around on its page. The package never changes a
// record, and never decides who may read one: subject and permission do.
package note
