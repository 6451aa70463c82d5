// Package inventory holds what a customer says it has beside what discovery counts, what is still to come, and frozen states of the estate.
//
// Declared numbers (nine kinds, one row each) come from an assessment or by hand. Where they differ from what is counted somebody explains the
// difference and accepts it; the acceptance holds for exactly the numbers that it was given for. Target items are what is not deployed yet.
//
// A baseline keeps identity and fingerprint of every CI at one instant, and a hash over all of them; it never changes. Two baselines, or one and
// now, are compared CI by CI: added, gone, changed.
//
// Counts and fingerprints are read through the CMDB (cmdb.Gather). Review and Compare are pure.
package inventory
