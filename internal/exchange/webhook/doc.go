// Package webhook owns outgoing webhooks: who is told of which changes, the queue of what must be said, and the log of what was.
//
// A change is fed from the audit trail: audit.Write leaves a row in audit_feed, in the transaction of the change, where a webhook of the
// customer or of the instance is active. Run hears of it (db.DB.Hear), makes one delivery of each entry for each webhook that asked for its
// event ("contact.update", "contact.*", "*"), and sends. Sweep, on the tick, does the same for what no process was there for. So a change is
// told once it is durable, and never if it was rolled back.
//
// Webhooks of the instance carry the zero UUID as their customer, and so do their messages, with the customer they are about beside it:
// only who covers all customers sees them, and they go when that customer does.
//
//	queued -> delivered        a 2xx answer
//	   ^  `-> queued           anything else: again after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h
//	   |  `-> failed           not delivered by then
//	   `----- delivered, failed: sent again by hand
//
// Messages are signed as Standard Webhooks says. One that is sent again keeps its webhook-id, by which a receiver knows it: a process
// that dies between the answer and its note sends twice. A webhook of which nothing was taken for five days is disabled, and
// everybody who can enable it again is written to, in the same transaction. While one is
// paused or disabled, what is queued waits without a due time, and what changes is not told.
//
// Addresses are called through package outbound. What the receiver answers is kept up to 1,000 bytes.
package webhook
