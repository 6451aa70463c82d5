package collect

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/aws/smithy-go"
	"github.com/klauspost/compress/zstd"
)

// RecordingFormat is the version of the file: zstd over JSON lines, the first a heading, then one line an account and one an answer.
const RecordingFormat = 1

type heading struct {
	Format int    `json:"vigie_recording"`
	MadeAt string `json:"made_at"`
	By     string `json:"by"`
}

// RecordedAccount says what a recording holds of one account.
type RecordedAccount struct {
	ID        string   `json:"id"`
	Name      string   `json:"name,omitempty"`
	Partition string   `json:"partition"`
	Manages   bool     `json:"manages,omitempty"`
	Regions   []string `json:"regions"`
	Off       []string `json:"off,omitempty"`
}

type answer struct {
	Account string          `json:"account"`
	Region  string          `json:"region"`
	Action  string          `json:"action"`
	In      string          `json:"in"` // hash of the input
	Out     json.RawMessage `json:"out,omitempty"`
	Err     *recordedError  `json:"err,omitempty"`
}

type recordedError struct {
	Code    string `json:"code,omitempty"`
	Message string `json:"message"`
	Absent  bool   `json:"absent,omitempty"` // the service has no endpoint in the region
}

type line struct {
	Account *RecordedAccount `json:"of,omitempty"`
	Answer  *answer          `json:"answer,omitempty"`
}

// Recorder asks another source and writes each answer, already scrubbed, to one compressed file.
type Recorder struct {
	source Source
	mu     sync.Mutex
	zip    *zstd.Encoder
	buf    *bufio.Writer
	err    error
}

// NewRecorder begins a recording; madeAt is RFC 3339, by the version of Vigie.
func NewRecorder(w io.Writer, source Source, madeAt, by string) (*Recorder, error) {
	z, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedBetterCompression))
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	r := &Recorder{source: source, zip: z, buf: bufio.NewWriterSize(z, 1<<16)}
	return r, r.write(heading{RecordingFormat, madeAt, by})
}

// Begin notes an account before its answers.
func (r *Recorder) Begin(a RecordedAccount) error { return r.write(line{Account: &a}) }

// Close ends the file; a recording that was not closed is refused when it is read.
func (r *Recorder) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return errors.Join(r.err, r.buf.Flush(), r.zip.Close())
}

// Answer implements Source.
func (r *Recorder) Answer(ctx context.Context, k Key, in, out any, live func(context.Context) (any, error)) (any, error) {
	asked := inputHash(in) // before the call: some clients tidy their input (Route 53 takes "/hostedzone/" off)
	got, err := r.source.Answer(ctx, k, in, out, live)
	if ctx.Err() != nil {
		return got, err
	}
	a := answer{Account: k.Account, Region: k.Region, Action: k.Action(), In: asked}
	if err != nil {
		a.Err = &recordedError{Code: errorCode(err), Message: Text(err.Error()), Absent: absentService(err)}
		var api smithy.APIError
		if errors.As(err, &api) {
			a.Err.Message = Text(api.ErrorMessage())
		}
	} else if a.Out, err = json.Marshal(got); err != nil {
		return nil, fmt.Errorf("record %s: %w", k.Action(), err)
	}
	if werr := r.write(line{Answer: &a}); werr != nil {
		return nil, werr
	}
	return got, err
}

func (r *Recorder) write(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		_, r.err = r.buf.Write(append(b, '\n'))
	}
	return r.err
}

// inputHash tells apart the calls of one action: the input as JSON, hashed.
func inputHash(in any) string {
	b, err := json.Marshal(in)
	if err != nil {
		b = []byte(err.Error())
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:8])
}
