// Package control is the catalogue of controls and the machine that judges by them. A control is data (catalogue/controls, YAML): what it
// applies to, a CEL expression that must hold, how bad it is if it does not, and what mends it. Load reads a catalogue strictly: what is
// not understood is refused with file, line and reason, so that no control is quietly dead.
//
// A verdict is a function of values: no clock, no database, no network. It has four words:
//
//	pass            the expression holds on what was seen
//	fail            it does not hold on what was seen
//	unknown         what it asks for was not seen: the evidence says which attribute, type or requirement is missing
//	not_applicable  the condition (applies.when) does not hold
//
// Invariants
//   - Nothing passes, and nothing fails, for lack of evidence. An attribute that is not there, a stale CI, a CI whose details were denied, a list
//     of a type whose scopes did not all end complete, a requirement that nobody set: each is an error inside CEL, whose operators let
//     `false && error` be false and `true || error` be true. What could be decided without the missing part is decided.
//   - has() says where absence is a fact; it is none on a CI that was not wholly seen.
//   - A list that is not complete has one more element, of which nothing is known: exists() is true only if a seen one fits, all() false only
//     if a seen one does not, and size() is not known.
//   - An expression that breaks (a text where a number should be) gives unknown too, but says so; a test table does not take that for the unknown
//     it wants.
//   - Expressions with loops have a budget of steps.
//
// What expressions may read: ci (of applies.to: ci), workload, account, customer (of their own kinds), requirement, parameters, now; related(type),
// related(relation, type), cis(type); ci.related(...) goes on from any CI. found(list) asks whether there is one at all.
package control
