// Package finding takes in what others found in a customer's estate: AWS Security Hub (ASFF, by file or from the API), Prowler and others that
// write OCSF, and whatever writes SARIF.
//
// A finding is one row for each (source, external id): taken in again, it changes the same row. What others say passes is no row, and
// closes the one that there was.
//
//	open        they see the fault
//	suppressed  they see it and chose to leave it
//	resolved    they say it is gone, or a whole file about its account no longer has it
//
// An import (finding_import) is a file or a question to Security Hub: queued -> running -> done | failed. A file is read whole before anything is
// stored; a fault is told by its place in the file, and nothing of it is kept.
//
// # What it is matched with
//
// A match (finding_match) is derived and made anew after each import and each evaluation: the CI by ARN, else by its id in account and region;
// an account where the finding is about the account itself; and the control of ours that judges the same thing on the same subject, by the
// framework's id. Such a finding is shown beside the verdict as "also found by", and is not counted again.
//
// Readers (Read), names of frameworks (Framework.Key) and the choice among candidates are functions of values.
//
// It never changes a CI or a verdict, and never keeps the code or the secrets that a finding quotes.
package finding
