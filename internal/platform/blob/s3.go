package blob

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

// S3 keeps blobs as objects of a bucket, below a prefix.
type S3 struct {
	client         *s3.Client
	bucket, prefix string
}

// NewS3 makes a store of a bucket. Region and credentials come from the environment, as in every AWS SDK; with an endpoint of one's
// own (AWS_ENDPOINT_URL) the bucket stands in the path.
func NewS3(ctx context.Context, bucket, prefix string) (*S3, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("files in s3://%s: %w", bucket, err)
	}
	return newS3(cfg, bucket, prefix), nil
}

func newS3(cfg aws.Config, bucket, prefix string) *S3 {
	client := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = o.BaseEndpoint != nil })
	if prefix != "" {
		prefix += "/"
	}
	return &S3{client: client, bucket: bucket, prefix: prefix}
}

func (s *S3) key(hash string) *string { return aws.String(s.prefix + path(hash)) }

// Put implements Store. The content goes through a temporary file, as its name is known only at its end; S3 checks the sum.
func (s *S3) Put(ctx context.Context, r io.Reader, limit int64) (b Blob, err error) {
	tmp, err := os.CreateTemp("", "vigie-upload-*")
	if err != nil {
		return Blob{}, fmt.Errorf("keep a file: %w", err)
	}
	defer func() { err = errors.Join(err, tmp.Close(), os.Remove(tmp.Name())) }()
	if b, err = take(tmp, &cancellable{ctx, r}, limit); err != nil {
		return Blob{}, err
	}
	if _, err := tmp.Seek(0, io.SeekStart); err != nil {
		return Blob{}, fmt.Errorf("keep a file: %w", err)
	}
	sum, err := hex.DecodeString(b.Hash)
	if err != nil {
		return Blob{}, err
	}
	_, err = s.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &s.bucket, Key: s.key(b.Hash), Body: tmp, ContentLength: aws.Int64(b.Size),
		ChecksumSHA256: aws.String(base64.StdEncoding.EncodeToString(sum)), ContentType: aws.String("application/octet-stream")})
	if err != nil {
		return Blob{}, fmt.Errorf("keep a file in S3: %w", err)
	}
	return b, nil
}

// Open implements Store.
func (s *S3) Open(ctx context.Context, hash string) (io.ReadCloser, error) {
	r, err := s.Range(ctx, hash, 0)
	if err != nil {
		return nil, err
	}
	return newChecked(r, hash), nil
}

// Range implements Store.
func (s *S3) Range(ctx context.Context, hash string, offset int64) (io.ReadCloser, error) {
	if !Valid(hash) {
		return nil, missing()
	}
	in := &s3.GetObjectInput{Bucket: &s.bucket, Key: s.key(hash)}
	if offset > 0 {
		in.Range = aws.String(fmt.Sprintf("bytes=%d-", offset))
	}
	out, err := s.client.GetObject(ctx, in)
	if code(err) == "InvalidRange" {
		return io.NopCloser(strings.NewReader("")), nil // at or beyond the end, where a file has nothing either
	}
	if absent(err) {
		return nil, missing()
	}
	if err != nil {
		return nil, fmt.Errorf("read a file from S3: %w", err)
	}
	return out.Body, nil
}

// Stat implements Store.
func (s *S3) Stat(ctx context.Context, hash string) (Blob, error) {
	if !Valid(hash) {
		return Blob{}, missing()
	}
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: s.key(hash)})
	if absent(err) {
		return Blob{}, missing()
	}
	if err != nil {
		return Blob{}, fmt.Errorf("look for a file in S3: %w", err)
	}
	return Blob{Hash: hash, Size: aws.ToInt64(out.ContentLength)}, nil
}

// Delete implements Store.
func (s *S3) Delete(ctx context.Context, hash string) error {
	if !Valid(hash) {
		return missing()
	}
	if _, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: s.key(hash)}); err != nil && !absent(err) {
		return fmt.Errorf("delete a file in S3: %w", err)
	}
	return nil
}

// Each implements Store. Objects that are not ours are passed over.
func (s *S3) Each(ctx context.Context, visit func(Blob, time.Time) error) error {
	pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &s.prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("list files in S3: %w", err)
		}
		for _, o := range page.Contents {
			key := aws.ToString(o.Key)
			hash := key[strings.LastIndexByte(key, '/')+1:]
			if !Valid(hash) || key != *s.key(hash) {
				continue
			}
			if err := visit(Blob{Hash: hash, Size: aws.ToInt64(o.Size)}, aws.ToTime(o.LastModified).UTC()); err != nil {
				return err
			}
		}
	}
	return nil
}

func code(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	return ""
}

// absent tells a missing object; a missing bucket stays an error, as it is one of the settings.
func absent(err error) bool {
	c := code(err)
	return c == "NoSuchKey" || c == "NotFound"
}
