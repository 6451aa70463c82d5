// Package awssim is a simulator of AWS that fails on demand and can be as large as one likes.
//
// A Plan says which accounts and regions there are, how many resources of each type every one of them holds, and what goes wrong
// where. Resources are written from templates when they are asked for: nothing is stored, so that half a million cost no memory.
// Identifiers depend on account, region and number alone, and are the same at each run.
//
// What AWS is asked and the simulator does not know gets a correct empty answer of its protocol, where the service has a list
// that may be empty. The shapes of its answers are held to AWS's own models by shapes.py (TestShapes), as botocore carries them.
//
// It changes nothing, checks no signature and no policy, and knows only the calls that discovery makes: for behaviour beyond
// lists and faults the tests use moto (test/estate).
package awssim
