// Package story holds whole journeys of people through the demo, in a real browser against the real binary: each test reads as
// sentences. It also visits every page in both themes, both languages and on a phone, checks it for accessibility and for what
// the browser complains about, and with VIGIE_SCREENSHOTS=1 leaves a picture of each in test/screenshots for a person to look at.
//
// Stories share one demo, so none of them may change what another reads.
package story
