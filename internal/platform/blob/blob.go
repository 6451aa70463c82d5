package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net/url"
	"strings"
	"time"

	"vigie/internal/platform/fault"
)

// Blob is a content that is kept.
type Blob struct {
	Hash string // SHA-256, lower case hexadecimal
	Size int64
}

// Store keeps blobs. Implementations may be used by any number of goroutines and processes at once.
type Store interface {
	// Put keeps what r gives, which ends within limit bytes. Faults: too_large.
	Put(ctx context.Context, r io.Reader, limit int64) (Blob, error)
	// Open reads a whole blob; its last Read fails if the content is not what the hash says. Faults: not_found.
	Open(ctx context.Context, hash string) (io.ReadCloser, error)
	// Range reads from an offset on. Faults: not_found.
	Range(ctx context.Context, hash string, offset int64) (io.ReadCloser, error)
	// Stat tells the size without reading. Faults: not_found.
	Stat(ctx context.Context, hash string) (Blob, error)
	// Delete lets a blob go; one that is absent is no error.
	Delete(ctx context.Context, hash string) error
	// Each visits every blob, in no order, with the time of its last Put by the clock of the store.
	Each(ctx context.Context, visit func(b Blob, put time.Time) error) error
}

// Open gives the store of an address: s3://BUCKET/PREFIX, or the path of a folder, which is made when it is first needed.
func Open(ctx context.Context, address, folder string) (Store, error) {
	if address == "" {
		return NewFolder(folder), nil
	}
	if !strings.Contains(address, "://") {
		return NewFolder(address), nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "s3" || u.Host == "" || u.RawQuery != "" || u.User != nil || u.Fragment != "" {
		return nil, fmt.Errorf("files address %q: want a folder or s3://BUCKET/PREFIX", address)
	}
	return NewS3(ctx, u.Host, strings.Trim(u.Path, "/"))
}

// Valid tells whether a text may be a blob's hash. Whatever else is asked for is not found, and never becomes a path.
func Valid(s string) bool {
	if len(s) != 2*sha256.Size {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// path puts blobs two levels deep, so that no folder of a million files has them all: ab/cd/abcd....
func path(hash string) string { return hash[:2] + "/" + hash[2:4] + "/" + hash }

func missing() error { return fault.New(fault.NotFound, "fault.not_found") }

// TooLarge is the fault of a content that does not end within limit bytes.
func TooLarge(limit int64) error {
	return fault.New(fault.TooLarge, "fault.too_large", "max", Megabytes(limit))
}

// Megabytes is a size as messages give it, rounded up.
func Megabytes(n int64) int64 { return (n + 1<<20 - 1) >> 20 }

// take copies at most limit bytes and names them.
func take(w io.Writer, r io.Reader, limit int64) (Blob, error) {
	sum := sha256.New()
	// One byte more than the limit tells an end from a cut.
	n, err := io.Copy(io.MultiWriter(w, sum), io.LimitReader(r, limit+1))
	if err != nil {
		return Blob{}, err
	}
	if n > limit {
		return Blob{}, TooLarge(limit)
	}
	return Blob{Hash: hex.EncodeToString(sum.Sum(nil)), Size: n}, nil
}

// checked fails at the end of a content that is not what its name says.
type checked struct {
	io.ReadCloser
	want string
	sum  hash.Hash
}

func newChecked(r io.ReadCloser, hash string) io.ReadCloser {
	return &checked{ReadCloser: r, want: hash, sum: sha256.New()}
}

// Read implements io.Reader.
func (c *checked) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.sum.Write(p[:n])
	if err == io.EOF && hex.EncodeToString(c.sum.Sum(nil)) != c.want {
		return n, fmt.Errorf("blob %s: its content has changed", c.want)
	}
	return n, err
}
