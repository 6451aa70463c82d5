// Package estimate owns what a service would cost: hours and money, for the set-up once and for each month, from what a prospect has
// answered.
//
// A model is data (catalogue/estimate): hours by line and service tier, modifiers, rates, and what is assumed where nobody has answered.
// Compute is a pure function of the model, the answers and a what-if; it gives low, likely and high for each line, and each line names
// the answers and assumptions that made it. What holds, and is tested with generated models and answers:
//
//   - low <= likely <= high, for every line and every sum; a sum is the sum of its lines, to the smallest coin;
//   - more units never cost less, and a higher tier never costs less (a model that could break this is refused when it is loaded);
//   - a missing answer never narrows: its range holds the estimate for every value within what the model assumes, and the ratio of high
//     to low of a line never becomes smaller.
//
// Records: an estimate belongs to a customer and has versions. A version keeps the answers, the model and the what-if that it was computed
// with, so that it can be computed again for ever. States: draft takes versions; issued has a number and never changes again; superseded
// is an issued one in whose place a revision was issued.
//
// It never asks anybody anything: answers come from whoever implements Assessments.
package estimate
