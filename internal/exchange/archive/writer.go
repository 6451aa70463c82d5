package archive

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/klauspost/compress/flate"

	"vigie/internal/platform/db"
)

// Writer writes one archive. It is used by one goroutine.
type Writer struct {
	zip      *zip.Writer
	manifest Manifest
}

// NewWriter begins an archive. The manifest's tables and members are filled in as they are written.
func NewWriter(w io.Writer, m Manifest) *Writer {
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	m.Format, m.Tables, m.Members = Format, []Table{}, []Member{}
	return &Writer{zip: z, manifest: m}
}

// Table writes all rows of a table that the transaction's scope covers. left are columns whose values are not written: sealed ones.
func (w *Writer) Table(ctx context.Context, tx *db.Tx, name, order string, left []string) (int64, error) {
	all, err := tx.Catalog(ctx, name)
	if err != nil {
		return 0, err
	}
	columns := slices.DeleteFunc(slices.Clone(all), func(c db.Column) bool { return slices.Contains(left, c.Name) })
	t := Table{Name: name, Columns: columns, Left: left}
	err = w.member(dataName(name), func(out io.Writer) error {
		line := newLine(columns)
		return tx.Dump(ctx, name, columns, order, func(row []any) error {
			t.Rows++
			text, err := line.write(row)
			if err != nil {
				return err
			}
			_, err = out.Write(text)
			return err
		})
	})
	if err != nil {
		return 0, fmt.Errorf("write table %s: %w", name, err)
	}
	w.manifest.Tables = append(w.manifest.Tables, t)
	return t.Rows, nil
}

// Add writes a member of another kind, such as a file or a text for people.
func (w *Writer) Add(name string, r io.Reader) error {
	return w.member(name, func(out io.Writer) error {
		_, err := io.Copy(out, r)
		return err
	})
}

func (w *Writer) member(name string, write func(io.Writer) error) error {
	f, err := w.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: w.manifest.Made.UTC().Truncate(time.Second)})
	if err != nil {
		return err
	}
	c := &counter{w: f, sum: sha256.New()}
	b := bufio.NewWriterSize(c, 64<<10)
	if err := write(b); err != nil {
		return err
	}
	if err := b.Flush(); err != nil {
		return err
	}
	w.manifest.Members = append(w.manifest.Members, Member{Name: name, Bytes: c.n, SHA256: hex.EncodeToString(c.sum.Sum(nil))})
	return nil
}

// Close writes the manifest, ends the archive, and gives the manifest with the SHA-256 of its text: who keeps that can tell later
// whether anything at all was changed.
func (w *Writer) Close() (Manifest, string, error) {
	text, err := json.MarshalIndent(w.manifest, "", "  ")
	if err != nil {
		return Manifest{}, "", err
	}
	f, err := w.zip.CreateHeader(&zip.FileHeader{Name: manifestName, Method: zip.Deflate, Modified: w.manifest.Made.UTC().Truncate(time.Second)})
	if err == nil {
		_, err = f.Write(text)
	}
	if err == nil {
		err = w.zip.Close()
	}
	return w.manifest, digest(text), err
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

type counter struct {
	w   io.Writer
	sum hash.Hash
	n   int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.sum.Write(b[:n])
	c.n += int64(n)
	return n, err
}

// line writes rows as objects with the columns in their order. A column that is NULL is left out, so that it is not taken for JSON's
// null, which is a value.
type line struct {
	columns []db.Column
	names   []string // ready to be written: `"id":`
	buffer  []byte
}

func newLine(columns []db.Column) *line {
	l := &line{columns: columns}
	for _, c := range columns {
		l.names = append(l.names, strconv.Quote(c.Name)+":")
	}
	return l
}

func (l *line) write(row []any) ([]byte, error) {
	l.buffer = append(l.buffer[:0], '{')
	for i, v := range row {
		if v == nil {
			continue
		}
		if len(l.buffer) > 1 {
			l.buffer = append(l.buffer, ',')
		}
		l.buffer = append(l.buffer, l.names[i]...)
		if text, ok := v.(string); ok && l.columns[i].Kind == db.KindJSON {
			plain, err := compact(text)
			if err != nil {
				return nil, fmt.Errorf("column %s holds no JSON: %w", l.columns[i].Name, err)
			}
			l.buffer = append(l.buffer, plain...)
			continue
		}
		text, err := json.Marshal(v) // []byte becomes base64
		if err != nil {
			return nil, err
		}
		l.buffer = append(l.buffer, text...)
	}
	return append(l.buffer, "}\n"...), nil
}

// compact takes the blanks out of JSON, so that a row is one line.
func compact(text string) ([]byte, error) {
	var b bytes.Buffer
	err := json.Compact(&b, []byte(text))
	return b.Bytes(), err
}
