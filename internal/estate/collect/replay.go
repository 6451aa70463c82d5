package collect

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"

	"github.com/aws/smithy-go"
	"github.com/klauspost/compress/zstd"
)

// Replay answers calls from a recording. The answers are unpacked into a temporary file, so that memory holds only where each
// one lies.
type Replay struct {
	accounts []RecordedAccount
	madeAt   string

	mu   sync.Mutex
	file *os.File
	at   map[string]place
}

type place struct {
	from int64
	size int
}

// OpenReplay reads a whole recording and refuses what is not one, is cut off, or is of another format.
func OpenReplay(r io.Reader) (*Replay, error) {
	z, err := zstd.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	defer z.Close()
	f, err := os.CreateTemp("", "vigie-replay-*")
	if err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	// Unlinked at once: nothing is left behind, however the process ends.
	if err := os.Remove(f.Name()); err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	p := &Replay{file: f, at: map[string]place{}}
	if err := p.load(bufio.NewReaderSize(z, 1<<16)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return p, nil
}

func (p *Replay) load(r *bufio.Reader) error {
	first, err := r.ReadBytes('\n')
	var h heading
	if err != nil || json.Unmarshal(first, &h) != nil || h.Format == 0 {
		return errors.New("recording: this is not a Vigie recording")
	}
	if h.Format != RecordingFormat {
		return fmt.Errorf("recording: format %d, this Vigie reads %d", h.Format, RecordingFormat)
	}
	p.madeAt = h.MadeAt
	w := bufio.NewWriterSize(p.file, 1<<16)
	var end int64
	for n := 2; ; n++ {
		b, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(b) == 0 {
			return w.Flush()
		}
		if err != nil {
			return fmt.Errorf("recording: line %d is cut off: %w", n, err)
		}
		var l struct {
			Account *RecordedAccount `json:"of"`
			Answer  *struct{ Account, Region, Action, In string }
		}
		if err := json.Unmarshal(b, &l); err != nil {
			return fmt.Errorf("recording: line %d: %w", n, err)
		}
		switch {
		case l.Account != nil:
			p.accounts = append(p.accounts, *l.Account)
		case l.Answer != nil:
			p.at[l.Answer.Account+" "+l.Answer.Region+" "+l.Answer.Action+" "+l.Answer.In] = place{end, len(b)}
			if _, err := w.Write(b); err != nil {
				return fmt.Errorf("recording: %w", err)
			}
			end += int64(len(b))
		}
	}
}

// Accounts lists what was recorded.
func (p *Replay) Accounts() []RecordedAccount { return p.accounts }

// MadeAt is when the recording was made, RFC 3339.
func (p *Replay) MadeAt() string { return p.madeAt }

// Close lets go of the temporary file.
func (p *Replay) Close() error { return p.file.Close() }

// Answer implements Source. A call that was not recorded skips its scope: nothing in it is marked gone.
func (p *Replay) Answer(_ context.Context, k Key, in, out any, _ func(context.Context) (any, error)) (any, error) {
	at, ok := p.at[k.Account+" "+k.Region+" "+k.Action()+" "+inputHash(in)]
	if !ok {
		return nil, fmt.Errorf("%w: the recording has no answer of %s in %s %s", ErrSkip, k.Action(), k.Account, k.Region)
	}
	b := make([]byte, at.size)
	p.mu.Lock()
	_, err := p.file.ReadAt(b, at.from)
	p.mu.Unlock()
	if err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	var l line
	if err := json.Unmarshal(b, &l); err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	if e := l.Answer.Err; e != nil {
		if e.Absent {
			return nil, &net.DNSError{Err: e.Message, IsNotFound: true}
		}
		return nil, &smithy.GenericAPIError{Code: e.Code, Message: e.Message}
	}
	if err := json.Unmarshal(l.Answer.Out, out); err != nil {
		return nil, fmt.Errorf("recording: answer of %s: %w", k.Action(), err)
	}
	// A second time, since a recording may come from anywhere.
	Scrub(out)
	return out, nil
}
