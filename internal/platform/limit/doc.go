// Package limit shares out what a process can do: work that is done at once (Gate) and requests per second (Buckets).
//
// A Gate has so many slots. Who asks belongs to a class (a customer, the provider's staff, an address) and, inside of it, to a flow (a
// token, a session). While there is room everybody gets a slot at once. When there is none, slots that become free go to the class
// that has had the least, and inside of it to the flow that has had the least, counted in the time for which slots were held
// (start-time fair queueing). So it is work conserving, and how much a class sends changes what it waits itself and nobody else: a
// class that comes anew is the next to be served.
//
//	arrive ──> working ──> gone
//	   │          └──> long ──> gone      held its slot for longer than Hold: the slot goes on without it
//	   └──> waiting ──> working
//	           └──> refused               waited longer than Wait, or was the newest of the longest flow when the queue was full
//
// What is long no longer counts against the slots, so that a download, an upload or a stream does not keep others out. A class may have
// only so many of them; at that number it gets no further slot until one ends.
//
// The decisions are those of queue and bucket, which know no clock and no goroutine. Both are of one process: several replicas
// each give their own share. Nothing is kept of whom nothing is waiting, working or owed.
package limit
