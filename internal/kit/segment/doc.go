// Package segment finds the rows of a large list that meet many conditions at once, however common each of them is.
//
// A planner that must find the rows with two common words reads all rows of one and asks each for the other: half a second of a million.
// A segment is the list of one customer as it was at one moment: the rows stand in the order of their names, each term (a word, a
// tag, "type is x") has a bitmap over their places, and the bitmaps of any conditions meet in less than a millisecond, which also
// counts them.
//
//	segment (customer, list)           the generation in force
//	segment_bits (..., term)           rows of a term: Roaring bitmaps, portable format (github.com/RoaringBitmap/RoaringFormatSpec)
//	segment_block (..., block)         names and ids of blockRows rows
//	segment_order (..., piece)         ids of some rows in the order of a moment
//	segment_fresh (customer, record)   written since: triggers of the listed table put it there, so that no way of writing can forget it
//
// What is fresh is looked at row by row, so that an answer is always that of now. A Build makes the next generation beside the one in
// force, while others read and write, and takes away from what is fresh only what it has seen (mark counts the writes).
// Where nothing was built yet all is fresh; where too much is fresh, Open gives nil, and the list goes another way.
//
// Terms that begin with a prefix of Source.Prefixes are asked for by their beginnings: each beginning that at least common rows share is
// kept as a bitmap of its own, at the places only where terms part (a trie). What is rarer is found in the table of terms itself.
//
// All of it is derived: a backup, an export and an import leave it out.
package segment
