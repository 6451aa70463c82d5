// Command lint is go vet and staticcheck in one program.
//
// Both look through all dependencies for facts, three million lines of AWS clients among them. Together they do it once. What
// is checked is vet's own suite and the checks that staticcheck.conf names; the flags and the output are staticcheck's.
//
// Nobody imports it.
package main
