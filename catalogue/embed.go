// Package catalogue is what Vigie knows as data and ships with the binary: a folder for each room, which reads it strictly. An operator adds to it
// in a folder of their own, which Open lays over ours.
package catalogue

import "embed"

// Files are the folders of data.
//
//go:embed controls documents questions estimate deliverable plan launch requirements access
var Files embed.FS
