// Package launch owns the start of a customer's service: what must hold before it (conditions), what the customer does without for a time
// (waivers), the record that both sides sign (launches), and the board of all who are on their way.
//
// Conditions are data (catalogue/launch). A condition that a machine checks gets its Check from app, as the room that can tell lands;
// without one it is unknown. Unknown and unmet never pass by themselves: only the signature of a customer approver, with an owner and an end,
// lets a launch do without a condition, and only where the data say that it may.
//
// A launch: planned <-> ready -> signing -> launched, or cancelled. The evidence is one canonical JSON text of all conditions with their
// findings; both sides sign that very text (trust/approval). It is made anew at the moment of the launch: if it does not say what the signed
// text says, the signatures do not count. What was only measured (the last run, how many scopes it read) may move meanwhile, as long as
// the condition holds. Launch sets launched_at and the customer's phase in one transaction, and there is no other way.
//
// It never decides what a finding means: that is the checks' own.
package launch
