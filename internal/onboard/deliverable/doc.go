// Package deliverable owns the six documents of M29 by which a service is run: contacts and escalation, issue types and workflow, the manual
// of alerts, standard requests with their runbooks, the incident report and the service review.
//
// Each kind is a Go struct (matrix.go, workflow.go, ...) with a validator, kept as JSON. Its tags say how a form asks for it, so that forms,
// comparisons, documents and the text that is signed are made by the same code for all kinds (shape.go, sheet.go, render.go). A template of
// catalogue/deliverable gives what is the same for everybody, and the live data fill in the rest (fill.go); filling again keeps what people
// have changed by hand (merge.go).
//
// A version is draft, in_approval, approved, superseded or returned. That is no column: it follows from its approval, so that nothing has to
// be done for a signature to count. Only a draft or a returned version can be changed; who changes an approved or returned one makes the
// next version.
//
// What is approved is data for other rooms: Approved gives the struct of the version that was signed last. It never decides what follows
// from it.
package deliverable
