// Package backup writes all of an instance into one archive, and makes an instance of it again, on either engine.
//
// A backup is a snapshot: one transaction sees all tables as of one commit, while others go on writing. Files are named by their content
// and do not change. It is read again and held against its manifest before anybody is told that it is there. A restore loads into a
// database without data, all or nothing, and compares what it finds there with the manifest.
//
// It leaves out what must not come back to life (sessions, attempts to sign in, answers kept for idempotency keys) and what is not
// Vigie's own (the jobs of the queue: correctness rests on rows). The master key is never in a backup: without it, what was
// sealed cannot be opened.
package backup
