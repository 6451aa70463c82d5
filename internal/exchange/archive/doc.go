// Package archive is the one form in which tables and files leave an instance and come back: a ZIP that anybody can open, with one
// JSON Lines file a table (data/contact.jsonl: an object a row), the files by the SHA-256 of their content (files/...), and a
// manifest.json that names every member with its size, its SHA-256 and its rows, and every table with its columns.
//
// Writer and Reader stream: a member is never held in memory. A Reader trusts nothing: Verify holds every member against the manifest,
// and refuses members that the manifest does not name. Rows keep their types across engines, so that what SQLite wrote
// PostgreSQL can read.
//
// It decides nothing about what is put in: packages backup and transfer do.
package archive
