// Package webhook owns outgoing webhooks: who is told of which changes, the queue of what must be said, and the log of what was.
//
// A change is fed from the audit trail: audit.Write leaves a row in audit_feed, in the transaction of the change, where the customer has
// a webhook. Sweep, on the tick, makes one delivery of each entry for each webhook that asked for its event ("contact.update",
// "contact.*", "*"), so that a change is told within about a minute, once it is durable, and never if it was rolled back.
//
//	queued -> delivered        a 2xx answer
//	   ^  `-> queued           anything else: again after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h
//	   |  `-> failed           not delivered by then
//	   `----- delivered, failed: sent again by hand
//
// Messages are signed as Standard Webhooks says. One that is sent again keeps its webhook-id, by which a receiver knows it: a process
// that dies between the answer and its note sends twice. A webhook of which nothing was taken for five days is disabled.
//
// Addresses are called through package outbound. What the receiver answers is kept up to 1,000 bytes.
package webhook
