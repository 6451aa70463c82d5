// Package floors holds the rules of the house that a compiler cannot know:
// which package may import which, who may cross the walls between customers,
// who may ask the machine for the time, and a few of style.
//
// It reads the sources with go/parser and nothing else, so that it takes a
// fraction of a second and also speaks about code that does not compile yet.
// Each rule is a function of a Tree; rules_test.go shows for each of them a
// tree that it accepts and one that it refuses.
package floors
