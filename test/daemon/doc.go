// Package daemon runs an outside server (PostgreSQL, the AWS emulator, …) for
// the length of a test binary.
//
// It owns one promise: the server ends with us, however we end. An orderly end
// goes through Stop. When the test binary panics, times out or is killed, no
// Go code runs any more, so a watchdog (a few lines of sh) holds the reading
// end of a pipe; the kernel closes our end, the watchdog wakes, ends the
// server and removes its folder. Pdeathsig was considered and left: it is
// Linux only, follows the OS thread instead of the process, and leaves the
// folder behind.
//
// It never looks for programs and knows nothing of what it runs.
package daemon
