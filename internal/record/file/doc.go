// Package file keeps what people attach to records. A file belongs to a record of a customer (subject knows which types there are);
// its content lies in the blob store under its hash.
//
// A file is internal until somebody sends it to the customer: people of a customer see public files only, and what they add is
// public. Media types come from the content, never from the name or from what the sender says of it.
//
// Contents leave by one door: /files/{token}, a signed address of a few minutes, which takes no cookie and answers with headers under
// which nothing in the file can run. An original is always a download; what is shown in a page is an image that we have drawn anew
// (bounded, without metadata) or the beginning of a text, escaped.
//
// Contents are kept once for all customers, and yet none learns of another's: an upload is always written, measured against the
// customer's own quota, and answered alike.
//
// It never scans for malware, and never changes a file: another content is another file.
package file
