// Package control lets commands reach a running server over a Unix socket in the data folder (mode 0600), and keeps a second
// process off the folder by a lock file. Whoever can open the socket is the operator; it carries a command line there, and
// output, errors and the exit code back.
package control
