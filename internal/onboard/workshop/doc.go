// Package workshop puts together what the sides look at when they sit down to agree on a service (M22): the assessment, the gaps, the service
// model, whom to call, the service levels and the calendar, as one document in the customer's language.
//
// The document is living: it is made anew of what the rooms say, of one moment, each time somebody asks for it. Keep puts a copy as it is now,
// a PDF, among the files of the customer, where it never changes any more.
//
// It knows the rooms only by what Sources give, reads no table and decides nothing. Who may not read what a part is made of gets no document.
package workshop
