// Package canary plants a secret of its own in every column that is sealed, uses everything that needs one, with what goes wrong as
// well, and then looks for them: in the bytes of the database, the log at its most talkative, the traces, every answer that an
// administrator can get by reading, the metrics, a backup and a customer's export. A secret that is found there, raw or in one of the
// forms in which bytes are written down, fails the test.
//
// What is sealed is asked of package seal: a column that is new there and that nobody plants in fails as well.
//
// Nobody imports it.
package canary
