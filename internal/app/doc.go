// Package app is the only place that knows every room: it opens them in order, gives each what it needs of the others, hangs
// their routes on one handler, and runs and stops what works behind it. It decides nothing.
package app
