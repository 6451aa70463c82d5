// Package live carries small messages "this record has changed" from transactions to the people who look at the record, on any
// replica.
//
// Changed is called in the transaction of a change (audit.Write does, so that every audited change is live by itself). Once that is
// durable, the Hub of every process hears of it and gives it to its streams, one for each tab of a browser. A message holds no data,
// only the customer, the type and the id of the record: the tab fetches what it shows again, by the ordinary way with its ordinary
// checks.
//
// Messages are a hint. The Hub keeps the last few thousand in memory for tabs that come back (Last-Event-ID), on whichever replica;
// where it cannot tell what a tab has missed it sends Resync, and the tab fetches all it shows. A stream that is not read fast enough
// is ended: its tab comes back and is told the rest.
//
// It never decides who may know of a message: whoever opens a stream says what it may carry, and is asked for each message.
package live
