// Package gap keeps the verdicts of the controls over the estates of customers: what is, against what is asked.
//
// A gap is the current verdict of one control on one subject (CI, workload, account, customer), with its evidence. It is made anew by an
// evaluation: after each discovery, after a change of requirements, or by hand. What a control does not apply to by the type of a CI has no row; what
// its condition leaves out, and what is gone, is not_applicable.
//
//	judged    what the engine said last: pass, fail, unknown, not_applicable
//	verdict   what counts: accepted in place of fail while a signed acceptance is in force, else judged
//
// An evaluation (gap_run): queued -> running -> done | failed. One stands queued for each customer at most; who asks while one waits gets that one.
// It may be carried out more than once: rows are compared by (subject, control) and only differences are written, so a second time changes nothing.
//
// An acceptance: requested -> signed -> expired, or refused. The customer's approver signs exactly what is accepted, why and until when (trust/approval). When
// it runs out the gap fails again, without an evaluation.
//
// Invariants
//   - Every change of a verdict is one row of gap_change, with the evaluation that caused it.
//   - A pass that turns fail after the customer's launch is drift: an entry "gap.drift" of the trail, which webhooks are told of.
//   - The number of statements grows with pages of thousands of CIs, never with single ones.
//   - gap_summary is derived from gap.
//
// It judges nothing itself (package control does), never calls AWS, and does not decide what is done about a gap: remediation sets gap.measure_id.
package gap
