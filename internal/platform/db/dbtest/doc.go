// Package dbtest gives tests a migrated database of each engine, and rows that tests of many rooms put there. It is for tests only.
//
// It says nothing of what the rows mean: a test that is about a table goes through the room that owns it.
package dbtest
