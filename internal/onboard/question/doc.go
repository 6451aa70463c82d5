// Package question owns questionnaires and assessments: what a customer is asked, and what they have answered.
//
// A questionnaire is data (catalogue/questions): sections with questions, in English and French, with a version. An assessment is one questionnaire put
// to one customer. It keeps a copy of each version of the questionnaire that its answers were given to, so that they stay readable whatever is
// loaded later, and leave with the customer.
//
//	open -> handed_in -> reviewed
//	            |           |
//	            `-----------+--> reopened -> handed_in     with a reason
//
// Answers can be given while it is open or reopened; handing in needs every required question that is shown. Each answer has its value, its version, the version of
// the questionnaire, and who gave it when. People who answer different questions never meet; of two who answer the same one, the last stands, and is told what stood
// there. What was there before is in the audit trail.
//
// Answers are given by people of the provider and of the customer, and by private links (record/link), which may be held to some sections.
// Other rooms read them by Of and Latest, as JSON has them: number, text, bool, list, list of objects; durations as ISO 8601 (PT4H).
//
// What is shown, what is missing and what a value must be are functions of the questionnaire and the answers (condition.go, progress.go, value.go). It never judges
// what an answer means: that is for the rooms that read them.
package question
