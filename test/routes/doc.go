// Package routes tells tests what the house hangs on its muxes and queues, by reading its source: neither can be asked.
//
//	for _, h := range routes.Read(t) { h.Value; h.At }    // "GET /cis/{id}", or a topic of the jobs
//
// It does not know what a route answers, nor who may call it: each walk has rules of its own, and fails on a route that has none.
package routes
