// Package bite proves that the two-customer test can fail: it builds that test with one fault put into the house, by go's
// -overlay, so that no file of the checkout is touched, and wants it to fail in the right place.
//
// Nobody imports it.
package bite
