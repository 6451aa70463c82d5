// Package catalogue holds what is data and ships with the binary. Each folder belongs to one room, which reads it strictly.
package catalogue

import "embed"

// Files are the folders of data.
//
//go:embed controls
var Files embed.FS
