package archive

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"

	"vigie/internal/platform/db"
)

// maxManifest is far above what the largest schema needs; maxRow above any row.
const (
	maxManifest = 64 << 20
	maxRow      = 64 << 20
)

// Reader reads an archive that somebody gives us.
type Reader struct {
	Manifest Manifest
	Digest   string // SHA-256 of the manifest's text
	members  map[string]*zip.File
}

var memberName = regexp.MustCompile(`^(data/[a-z_0-9]+\.jsonl|files/[0-9a-f]{64}|[A-Za-z0-9_-]+\.(json|txt|md))$`)

// Open reads the manifest. It refuses archives of another format, members that no manifest names or that are named twice, and names that no
// archive of ours has.
func Open(r io.ReaderAt, size int64) (*Reader, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("this is no archive of Vigie: %w", err)
	}
	a := &Reader{members: map[string]*zip.File{}}
	for _, f := range z.File {
		if a.members[f.Name] != nil || !memberName.MatchString(f.Name) {
			return nil, fmt.Errorf("the archive has the member %q twice, or one of ours is never called so", f.Name)
		}
		a.members[f.Name] = f
	}
	text, err := a.small(manifestName, maxManifest)
	if err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&a.Manifest); err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	if a.Manifest.Format != Format {
		return nil, fmt.Errorf("the archive has format %d; this version reads %d", a.Manifest.Format, Format)
	}
	a.Digest = digest(text)
	named := map[string]bool{manifestName: true}
	for _, m := range a.Manifest.Members {
		if a.members[m.Name] == nil || named[m.Name] {
			return nil, fmt.Errorf("the manifest names %q, which is not there, or twice", m.Name)
		}
		named[m.Name] = true
	}
	for name := range a.members {
		if !named[name] {
			return nil, fmt.Errorf("the archive has %q, which its manifest does not name", name)
		}
	}
	for _, t := range a.Manifest.Tables {
		if !named[dataName(t.Name)] {
			return nil, fmt.Errorf("the manifest names the table %s, which is not there", t.Name)
		}
	}
	return a, nil
}

func (r *Reader) small(name string, limit int64) ([]byte, error) {
	f := r.members[name]
	if f == nil {
		return nil, errors.New("is missing")
	}
	in, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = errors.New("is too large")
	}
	return text, err
}

// Verify holds every member against the manifest: size, SHA-256 and rows.
func (r *Reader) Verify(ctx context.Context) error {
	rows := map[string]int64{}
	for _, t := range r.Manifest.Tables {
		rows[dataName(t.Name)] = t.Rows
	}
	for _, m := range r.Manifest.Members {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.verify(m, rows); err != nil {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
	}
	return nil
}

func (r *Reader) verify(m Member, rows map[string]int64) error {
	in, err := r.members[m.Name].Open()
	if err != nil {
		return err
	}
	defer in.Close()
	sum, lines := sha256.New(), int64(0)
	var n int64
	buffer := make([]byte, 256<<10)
	for {
		got, err := in.Read(buffer)
		sum.Write(buffer[:got])
		lines += int64(bytes.Count(buffer[:got], []byte("\n")))
		if n += int64(got); n > m.Bytes {
			return errors.New("is longer than the manifest says")
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	switch want, table := rows[m.Name]; {
	case n != m.Bytes:
		return fmt.Errorf("has %d bytes, the manifest says %d", n, m.Bytes)
	case hex.EncodeToString(sum.Sum(nil)) != m.SHA256:
		return errors.New("is not what was written: its SHA-256 differs")
	case table && lines != want:
		return fmt.Errorf("has %d rows, the manifest says %d", lines, want)
	}
	return nil
}

// Has tells whether the archive has a member.
func (r *Reader) Has(name string) bool { return r.members[name] != nil }

// File opens a member.
func (r *Reader) File(name string) (io.ReadCloser, error) {
	f := r.members[name]
	if f == nil {
		return nil, fmt.Errorf("the archive has no %s", name)
	}
	return f.Open()
}

// Table gives a table's part of the manifest.
func (r *Reader) Table(name string) (Table, bool) {
	i := slices.IndexFunc(r.Manifest.Tables, func(t Table) bool { return t.Name == name })
	if i < 0 {
		return Table{}, false
	}
	return r.Manifest.Tables[i], true
}

// Rows gives each row of a table, values in the order of the manifest's columns as db.Tx.Load takes them. The slice is the callee's
// to keep.
func (r *Reader) Rows(ctx context.Context, t Table, f func([]any) error) error {
	in, err := r.File(dataName(t.Name))
	if err != nil {
		return err
	}
	defer in.Close()
	index := map[string]int{}
	for i, c := range t.Columns {
		index[c.Name] = i
	}
	s := bufio.NewScanner(in)
	s.Buffer(make([]byte, 64<<10), maxRow)
	for n := 1; s.Scan(); n++ {
		if n%1000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		row, err := parse(s.Bytes(), t.Columns, index)
		if err == nil {
			err = f(row)
		}
		if err != nil {
			return fmt.Errorf("%s, row %d: %w", t.Name, n, err)
		}
	}
	return s.Err()
}

func parse(text []byte, columns []db.Column, index map[string]int) ([]any, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil {
		return nil, err
	}
	row := make([]any, len(columns))
	for name, raw := range object {
		i, ok := index[name]
		if !ok {
			return nil, fmt.Errorf("the column %q is not in the manifest", name)
		}
		v, err := value(columns[i].Kind, raw)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", name, err)
		}
		row[i] = v
	}
	return row, nil
}

func value(kind db.ColumnKind, raw json.RawMessage) (any, error) {
	switch kind {
	case db.KindJSON:
		return string(raw), nil
	case db.KindInteger:
		var n int64
		err := json.Unmarshal(raw, &n)
		return n, err
	case db.KindBoolean:
		var b bool
		err := json.Unmarshal(raw, &b)
		return b, err
	case db.KindReal:
		var x float64
		err := json.Unmarshal(raw, &x)
		return x, err
	case db.KindBytes:
		var b []byte
		err := json.Unmarshal(raw, &b)
		return b, err
	case db.KindText, db.KindUUID:
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	}
	return nil, fmt.Errorf("the kind %q is unknown", kind)
}
