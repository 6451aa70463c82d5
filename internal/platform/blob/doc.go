// Package blob keeps files by their content: a blob's name is the SHA-256 of its bytes, so that it never changes once it is there.
// It lies in a folder of the data directory, or in an S3 bucket, which all servers share.
//
//	store, err := blob.Open(ctx, "s3://bucket/prefix", "")   // or a folder
//	b, err := store.Put(ctx, r, 25<<20)                     // streams; too_large beyond the limit, and nothing is kept
//
// Every Put writes, also what is there already: neither its time nor its answer tells a caller whether somebody else had that
// content before. Whole reads are checked against the name, so that a rotten disk is an error and never a wrong file.
//
// It knows no customers and no rights: who asks for a hash must have it from a row that the reader may see.
package blob
