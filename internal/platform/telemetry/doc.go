// Package telemetry makes the log, the metrics and the traces of a process. Labels never hold a customer's name or a record's
// id, so that the number of series stays small; the log carries ids, never secrets.
package telemetry
