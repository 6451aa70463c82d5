// Package sample fills an empty instance for `vigie demo`: customers, staff, and the estate of a believable company, replayed
// from a recording through the real collectors and services. The recording was made by `vigie record` from the estate that
// test/estate seeds; scripts/record-sample makes it anew.
package sample
