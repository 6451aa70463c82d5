package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"vigie/internal/platform/fault"
	"vigie/test/moto"
	"vigie/test/pg"
)

func TestMain(m *testing.M) { pg.Main(m) }

// spoil puts other bytes in a blob's place, as a rotten disk would.
type spoil func(t *testing.T, hash string, content []byte)

// eachStore runs the contract on every back end.
func eachStore(t *testing.T, test func(*testing.T, Store, spoil)) {
	t.Run("folder", func(t *testing.T) {
		t.Parallel()
		f := NewFolder(filepath.Join(t.TempDir(), "files"))
		test(t, f, func(t *testing.T, hash string, content []byte) {
			if err := os.WriteFile(f.file(hash), content, 0o600); err != nil {
				t.Fatal(err)
			}
		})
	})
	t.Run("s3", func(t *testing.T) {
		t.Parallel()
		store := bucket(t, "some/prefix")
		test(t, store, func(t *testing.T, hash string, content []byte) {
			_, err := store.client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &store.bucket, Key: store.key(hash), Body: bytes.NewReader(content)})
			if err != nil {
				t.Fatal(err)
			}
		})
	})
}

func bucket(t *testing.T, prefix string) *S3 {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRegion("us-east-1"), config.WithBaseEndpoint(moto.Start(t)),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("test", "test", "")))
	if err != nil {
		t.Fatal(err)
	}
	s := newS3(cfg, "files", prefix)
	if _, err := s.client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("files")}); err != nil {
		t.Fatal(err)
	}
	return s
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func read(t *testing.T, s Store, hash string) []byte {
	t.Helper()
	r, err := s.Open(t.Context(), hash)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func all(t *testing.T, s Store) map[string]int64 {
	t.Helper()
	out := map[string]int64{}
	err := s.Each(t.Context(), func(b Blob, put time.Time) error {
		if put.IsZero() {
			t.Errorf("%s has no time", b.Hash)
		}
		out[b.Hash] = b.Size
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// What goes in comes out under its own sum, whole and from any offset, however often it goes in; then it can go.
func TestContract(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, s Store, _ spoil) {
		if got := all(t, s); len(got) != 0 {
			t.Fatalf("an empty store has %v", got)
		}
		contents := [][]byte{{}, []byte("x"), []byte("Grüße aus Paris"), bytes.Repeat([]byte("0123456789"), 30_000)}
		for _, content := range contents {
			want := Blob{Hash: hashOf(content), Size: int64(len(content))}
			for range 2 {
				got, err := s.Put(t.Context(), iotest.OneByteReader(bytes.NewReader(content)), want.Size)
				if err != nil || got != want {
					t.Fatalf("Put = %+v, %v, want %+v", got, err, want)
				}
			}
			if got := read(t, s, want.Hash); !bytes.Equal(got, content) {
				t.Errorf("%d bytes came back as %d", len(content), len(got))
			}
			if got, err := s.Stat(t.Context(), want.Hash); err != nil || got != want {
				t.Errorf("Stat = %+v, %v", got, err)
			}
			for _, offset := range []int64{0, 1, want.Size / 2, want.Size, want.Size + 5} {
				r, err := s.Range(t.Context(), want.Hash, offset)
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(r)
				r.Close()
				if rest := content[min(offset, want.Size):]; err != nil || !bytes.Equal(got, rest) {
					t.Errorf("from %d: %d bytes, %v, want %d", offset, len(got), err, len(rest))
				}
			}
		}
		if got := all(t, s); len(got) != len(contents) {
			t.Errorf("the store lists %v", got)
		}
		for _, content := range contents {
			for range 2 { // the second has nothing to do
				if err := s.Delete(t.Context(), hashOf(content)); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := s.Open(t.Context(), hashOf(content)); !fault.Is(err, fault.NotFound) {
				t.Errorf("a deleted blob opens: %v", err)
			}
			if _, err := s.Stat(t.Context(), hashOf(content)); !fault.Is(err, fault.NotFound) {
				t.Errorf("a deleted blob has a size: %v", err)
			}
		}
		if got := all(t, s); len(got) != 0 {
			t.Errorf("left over: %v", got)
		}
	})
}

// An upload that is too large, breaks off or is cancelled leaves nothing.
func TestHalfAnUploadIsNone(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, s Store, _ spoil) {
		broken := errors.New("the line broke")
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.Put(t.Context(), strings.NewReader("12345678901"), 10)
		if !fault.Is(err, fault.TooLarge) {
			t.Errorf("11 bytes within 10: %v", err)
		}
		if _, err := s.Put(t.Context(), endless{}, 1<<20); !fault.Is(err, fault.TooLarge) {
			t.Errorf("an upload without end: %v", err)
		}
		if _, err := s.Put(t.Context(), io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken)), 1<<20); !errors.Is(err, broken) {
			t.Errorf("a broken upload: %v", err)
		}
		if _, err := s.Put(gone, strings.NewReader("whole"), 1<<20); !errors.Is(err, context.Canceled) {
			t.Errorf("a cancelled upload: %v", err)
		}
		if got := all(t, s); len(got) != 0 {
			t.Errorf("left over: %v", got)
		}
		if f, ok := s.(*Folder); ok {
			if left, err := os.ReadDir(filepath.Join(f.dir, staging)); err != nil || len(left) != 0 {
				t.Errorf("left over: %v %v", left, err)
			}
		}
	})
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// Only a hash reaches the store: everything else is not found, whatever it would be as a path.
func TestOnlyHashesAreLookedUp(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, s Store, _ spoil) {
		for _, name := range []string{"", "x", "../../etc/passwd", strings.Repeat("A", 64), strings.Repeat("a", 63), strings.Repeat("a", 65),
			strings.Repeat("../", 21) + "a", strings.Repeat("a", 63) + "\x00", strings.Repeat("0", 64)} {
			if _, err := s.Open(t.Context(), name); !fault.Is(err, fault.NotFound) {
				t.Errorf("Open(%q): %v", name, err)
			}
			if _, err := s.Stat(t.Context(), name); !fault.Is(err, fault.NotFound) {
				t.Errorf("Stat(%q): %v", name, err)
			}
			if err := s.Delete(t.Context(), name); err != nil && !fault.Is(err, fault.NotFound) {
				t.Errorf("Delete(%q): %v", name, err)
			}
		}
	})
}

// A content that is no longer what its name says is an error, not a file.
func TestRottenContentIsNoticed(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, s Store, spoil spoil) {
		b, err := s.Put(t.Context(), strings.NewReader("the contract"), 100)
		if err != nil {
			t.Fatal(err)
		}
		spoil(t, b.Hash, []byte("the Contract"))
		r, err := s.Open(t.Context(), b.Hash)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if _, err := io.ReadAll(r); err == nil {
			t.Error("a changed content was read without an error")
		}
	})
}

// Many uploads of the same and of different contents at once lose nothing.
func TestUploadsAtOnce(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, s Store, _ spoil) {
		var wg sync.WaitGroup
		for i := range 24 {
			wg.Go(func() {
				content := []byte(strings.Repeat(string(rune('a'+i%6)), 50_000))
				if _, err := s.Put(t.Context(), bytes.NewReader(content), 1<<20); err != nil {
					t.Error(err)
					return
				}
				if got := read(t, s, hashOf(content)); !bytes.Equal(got, content) {
					t.Error("another content came back")
				}
			})
		}
		wg.Wait()
		if got := all(t, s); len(got) != 6 {
			t.Errorf("%d blobs, want 6", len(got))
		}
	})
}

func TestSeekerReadsAnyPart(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, s Store, _ spoil) {
		content := bytes.Repeat([]byte("0123456789"), 1000)
		b, err := s.Put(t.Context(), bytes.NewReader(content), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		r := NewSeeker(t.Context(), s, b)
		defer r.Close()
		if err := iotest.TestReader(r, content); err != nil {
			t.Error(err)
		}
	})
}

func TestFolderTidiesWhatACrashLeft(t *testing.T) {
	t.Parallel()
	f := NewFolder(t.TempDir())
	if _, err := f.Put(t.Context(), strings.NewReader("kept"), 10); err != nil {
		t.Fatal(err)
	}
	in := filepath.Join(f.dir, staging)
	old := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, name := range []string{"old", "new"} {
		if err := os.WriteFile(filepath.Join(in, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(filepath.Join(in, "old"), old, old); err != nil {
		t.Fatal(err)
	}
	if err := f.Tidy(old.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(in)
	if err != nil || len(left) != 1 || left[0].Name() != "new" {
		t.Errorf("left: %v %v", left, err)
	}
	if got := all(t, f); len(got) != 1 {
		t.Errorf("kept: %v", got)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"s3://", "http://bucket/x", "s3://key:secret@bucket/x", "s3://bucket/x?y=z", "ftp://x"} {
		if _, err := Open(t.Context(), bad, ""); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	s, err := Open(t.Context(), "s3://bucket/a/b/", "")
	if err != nil {
		t.Fatal(err)
	}
	if o, ok := s.(*S3); !ok || o.bucket != "bucket" || o.prefix != "a/b/" {
		t.Errorf("%#v", s)
	}
	for address, want := range map[string]string{"": "data/files", "/srv/files": "/srv/files"} {
		s, err := Open(t.Context(), address, "data/files")
		if f, ok := s.(*Folder); err != nil || !ok || f.dir != want {
			t.Errorf("%q: %#v %v", address, s, err)
		}
	}
}
