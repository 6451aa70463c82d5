// Package remediation owns what is done about gaps: measures, what they need of each other, and the milestones that they lead to.
//
// A measure has states: proposed, planned, in_progress, done, cancelled. It is made of failing gaps (one may close many, grouped by control
// and workload) or by hand. People move it between the first three and cancelled; done is never set by hand:
//
//   - a measure that rests on gaps is done when an evaluation after it no longer fails any of them (pass, not applicable or accepted). Close asks
//     for that and is refused, naming what still fails; Settle does the same by itself after each evaluation, and takes a measure back that
//     was done and whose gaps fail again.
//   - another needs a file attached to its record as proof.
//
// Invariants
//   - What measures need of each other has no cycle: an edge that would close one is refused, naming the cycle.
//   - A gap belongs to one measure at most; which, gap itself remembers.
//   - Priority, order, critical path and burn-down are functions of values, and explain themselves line by line.
//
// It judges no gap and reads no estate: what it knows of them comes through the interface Gaps.
package remediation
