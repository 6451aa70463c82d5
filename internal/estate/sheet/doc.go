// Package sheet owns the customer sheet: who a customer is, whom to call, what runs there, as one document (page, PDF, workbook).
//
// It reads through the services of customer and cmdb, as the actor, and so never shows more than their pages would. It stores nothing.
package sheet
