// Package outbox carries what must happen after a change: a row written in the change's own transaction, turned into a task
// once it is durable. A crash between the two loses nothing, since the tick looks for rows that are left.
package outbox
