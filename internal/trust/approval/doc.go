// Package approval owns approvals that cannot be denied later: "signed", wherever this project says so.
//
// A room asks for a signature of some content (Request), in the transaction of its own change. The approver sees exactly that content,
// signs in afresh, and ticks the statement. Who, when, by which method, the statement and the SHA-256 of the content go into the audit log in
// the transaction of the signature, and the log is signed at once. The receipt holds content, entry, proof, checkpoint and key, and is checked
// by Check, without us or our database.
//
// States: requested, then one of signed, refused, withdrawn, expired; none of these is ever left. Content and statement never change: who wants
// something else signed asks anew.
//
// A room that waits for a signature either asks Signed with the hash of what it is about to do, or registers with On.
//
// API tokens never sign. It does not decide what a signature is needed for.
package approval
