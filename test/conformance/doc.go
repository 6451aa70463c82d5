// Package conformance holds discovery against AWS: the real collectors, runner and CMDB, against an emulator that is filled by a
// script and counted by another (estate), and against a simulator that can fail in every way that AWS does (fault).
//
// It owns no code of the product. Its tests set the AWS variables of the process, so those that do are not parallel.
package conformance
