package api

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"

	"vigie/internal/platform/fault"
)

// Send writes an answer that is a file, as it is made. f gives it its name by NameFile before its first byte; an error until then is
// given back, and one after it breaks the connection off, so that nobody takes a half for the whole.
func Send(w http.ResponseWriter, mediaType string, f func(io.Writer) error) error {
	out := &named{w: w, name: "download", mediaType: mediaType}
	err := f(out)
	if err != nil && out.begun {
		panic(http.ErrAbortHandler)
	}
	return err
}

// named is a writer of a file whose name is said before its first byte.
type named struct {
	w               http.ResponseWriter
	name, mediaType string
	begun           bool
}

// Write implements io.Writer.
func (n *named) Write(b []byte) (int, error) {
	if !n.begun {
		n.begun = true
		head(n.w, n.mediaType, n.name)
	}
	return n.w.Write(b)
}

// NameFile says what the file that w writes is called, if w is that of Send.
func NameFile(w io.Writer, name string) {
	if n, ok := w.(*named); ok {
		n.name = name
	}
}

// Spooled is a form whose file lies in a temporary one.
type Spooled struct {
	Fields url.Values // those before the file
	File   *os.File
	Size   int64
}

// Discard removes the temporary file.
func (s *Spooled) Discard() {
	s.File.Close()
	os.Remove(s.File.Name())
}

// maxField is the most that a text field before the file may hold.
const maxField = 16 << 10

// Spool takes a form with one file, its last part, into a temporary file of the folder. Whoever reads the body bounds it. Faults:
// too_large, invalid (field "file").
func Spool(form *multipart.Reader, folder string) (*Spooled, error) {
	s := &Spooled{Fields: url.Values{}}
	for {
		part, err := form.NextPart()
		if err == io.EOF {
			return nil, refusedFile("api.upload.none")
		}
		if err != nil {
			return nil, brokenFile(err)
		}
		if part.FormName() == "file" || part.FileName() != "" {
			return s, s.take(part, folder)
		}
		text, err := io.ReadAll(io.LimitReader(part, maxField))
		if err != nil {
			return nil, brokenFile(err)
		}
		s.Fields.Add(part.FormName(), string(text))
	}
}

func (s *Spooled) take(part io.Reader, folder string) (err error) {
	if s.File, err = os.CreateTemp(folder, ".upload-*"); err != nil {
		return err
	}
	if s.Size, err = io.Copy(s.File, part); err != nil {
		s.Discard()
		return brokenFile(err)
	}
	if s.Size == 0 {
		s.Discard()
		return refusedFile("api.upload.none")
	}
	return nil
}

func brokenFile(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return fault.New(fault.TooLarge, "api.problem.too_large").Because(err)
	}
	return refusedFile("api.upload.broken")
}

func refusedFile(key string) error {
	var bad fault.Fields
	bad.Add("file", key)
	return bad.Err()
}
