package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Seeker reads a blob of a known size from anywhere, as http.ServeContent needs it for ranges. It opens the store at the first Read
// after a Seek, so that finding out the size costs nothing.
type Seeker struct {
	ctx    context.Context
	store  Store
	blob   Blob
	offset int64
	open   io.ReadCloser
}

// NewSeeker reads blob b of the store. The caller closes it.
func NewSeeker(ctx context.Context, s Store, b Blob) *Seeker {
	return &Seeker{ctx: ctx, store: s, blob: b}
}

// Read implements io.Reader.
func (s *Seeker) Read(p []byte) (int, error) {
	if s.offset >= s.blob.Size {
		return 0, io.EOF
	}
	if s.open == nil {
		var err error
		if s.offset == 0 {
			s.open, err = s.store.Open(s.ctx, s.blob.Hash)
		} else {
			s.open, err = s.store.Range(s.ctx, s.blob.Hash, s.offset)
		}
		if err != nil {
			return 0, err
		}
	}
	n, err := s.open.Read(p)
	s.offset += int64(n)
	return n, err
}

// Seek implements io.Seeker.
func (s *Seeker) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += s.offset
	case io.SeekEnd:
		offset += s.blob.Size
	}
	if offset < 0 {
		return 0, errors.New("seek before the beginning of a blob")
	}
	if offset == s.offset {
		return offset, nil
	}
	if err := s.Close(); err != nil {
		return 0, fmt.Errorf("seek in a blob: %w", err)
	}
	s.offset = offset
	return offset, nil
}

// Close implements io.Closer; a Read after it opens again.
func (s *Seeker) Close() error {
	if s.open == nil {
		return nil
	}
	open := s.open
	s.open = nil
	return open.Close()
}
