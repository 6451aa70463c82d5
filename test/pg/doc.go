// Package pg gives tests a real PostgreSQL.
//
// It owns the server (one per test binary, started on first use, or one for a
// whole run when VIGIE_TEST_POSTGRES holds a superuser's address), one fresh
// database per call of Start, and login roles without any privilege. The
// server is tuned for being thrown away: no fsync, in a temporary folder, on
// 127.0.0.1, with a random password, as an unprivileged user if we are root.
//
// It never skips: a machine without PostgreSQL fails the test with a word on
// how to install it, because a suite that passes on half of the engines says
// nothing. And it never knows Vigie's schema: tests migrate the database.
package pg
