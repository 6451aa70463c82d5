// Package mail owns outgoing mail: the queue, how a message looks, the servers that take it, and what came back.
//
// A message is a row that its cause writes in its own transaction (Service.Put): either both are there or neither. The row
// names a template, whose words are in locales/<language>/mail.yaml, and not a text: subject, plain text and HTML are made of the same
// parts when it is sent, in the receiver's language and zone, in the look of the customer.
//
//	queued -> sending -> sent -> bounced
//	   ^         |---> queued     a 4xx answer, or nobody answered: again later, up to five days after the message was written
//	   |         |---> failed     a 5xx answer, or too old
//	   |         `---> suppressed the address refused mail for good before
//	   `------------- failed, bounced, suppressed: sent again by hand, unless it had a link that could be used once
//
// A process claims a message by lease before it sends it. One that dies in between leaves a message of which nobody knows whether
// the server took it: it is sent once more, and no third time (then it is failed, and says so). So a receiver may see a message twice, never
// more often, with the same Message-ID.
//
// The link of a message may hold a one-time secret. It is sealed in the row, and forgotten once the message has ended.
//
// It never decides who gets mail about what: that is the rooms'. It has no secrets in Args: they stay in the log.
package mail
