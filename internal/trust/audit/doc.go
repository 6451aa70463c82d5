// Package audit keeps the trail: who did what, when, from where, with what before and after, written in the transaction of the
// change itself. It never changes or deletes an entry.
package audit
