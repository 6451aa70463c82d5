// Package discovery owns the AWS accounts of a customer, the runs that read them, their schedule, and the coverage: what could
// be seen in each (account, region, type) and why not. The CIs that a run finds belong to cmdb; the calls are made by collect.
//
// A run: queued -> running -> done | failed | cancelled; a cancelled or failed run may be queued again and goes on where it
// stopped, since each scope that ended has a coverage row with the run's id. A run is held by a lease (attempt, heartbeat): who
// loses it writes nothing more. One run at a time for each customer.
//
// It never holds AWS credentials: they come from the machine's own identity and the roles that customers let it assume.
package discovery
