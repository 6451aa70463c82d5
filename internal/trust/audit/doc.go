// Package audit keeps the trail: who did what, when, from where, with what before and after, written in the transaction of the
// change itself, and the log that makes it tamper-evident.
//
// # The log
//
// Write puts the entry and a row of audit_pending into the change's own transaction, and takes no lock: changes do not wait for one
// another. Afterwards Sequence gives committed entries their numbers in batches, under the one lock of audit_log: audit_leaf has
// number, customer, entry and digest; audit_hash the hashes of the Merkle tree over the leaves (RFC 6962, golang.org/x/mod/sumdb/tlog).
// It runs every minute, and before each checkpoint, verification and receipt; that minute is the merge delay, within which an entry
// can still be changed unseen. No committed entry is passed over, as its row of audit_pending stays until it has a number,
// however late it commits; an entry that is neither numbered nor waiting is a finding.
//
// The digest is the SHA-256 of the entry's canonical text (canon.go): one line of JSON that both engines give alike. A column
// more needs a new version of the leaf.
//
// A checkpoint is a signed note (C2SP tlog-checkpoint) with size, root and time. It is worth what its distance from the database is
// worth: Places are folders and buckets to which it is written, with the leaves since the one before. Verify recomputes all and
// finds edits, deletions, insertions, another order and truncation. Where the leaves were kept too, it names the very entry even if
// somebody made all hashes in the database anew; without them, the range between two checkpoints.
//
// # What it never does
//
// It never changes an entry, and deletes none but those of a customer who is removed by an order (Remove): their leaves stay,
// and the order stands in the log. It cannot tell that an entry is untrue when it is written.
package audit
