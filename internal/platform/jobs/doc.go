// Package jobs runs work behind the requests: River on both engines, with one job kind, Task, whose topic names the handler.
//
// Correctness never rests on a job: what is due is a row of ours, a Task only says "look at it now". Handlers read state
// afresh, may run twice, and are found again by the tick if a job was lost.
package jobs
