package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

// Bucket is a place in S3, best one with object lock, in an account to which the server may only add.
type Bucket struct {
	client         *s3.Client
	bucket, prefix string
}

// NewBucket makes a place of BUCKET or BUCKET/PREFIX. Region and credentials come from the environment, as in every AWS SDK.
func NewBucket(ctx context.Context, address string) (*Bucket, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("checkpoints in s3://%s: %w", address, err)
	}
	return newBucket(cfg, address)
}

func newBucket(cfg aws.Config, address string) (*Bucket, error) {
	name, prefix, _ := strings.Cut(strings.TrimPrefix(address, "s3://"), "/")
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		prefix += "/"
	}
	if name == "" {
		return nil, fmt.Errorf("checkpoints in S3: %q names no bucket", address)
	}
	client := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = o.BaseEndpoint != nil })
	return &Bucket{client, name, prefix}, nil
}

func (b *Bucket) String() string { return "s3://" + b.bucket + "/" + b.prefix }

// Put implements Place; S3 itself refuses a name that is there.
func (b *Bucket) Put(ctx context.Context, name string, body []byte) error {
	key := b.prefix + name
	_, err := b.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &b.bucket, Key: &key, Body: bytes.NewReader(body), IfNoneMatch: aws.String("*"),
		ContentType: aws.String("text/plain; charset=utf-8")})
	var answer smithy.APIError
	if !errors.As(err, &answer) || answer.ErrorCode() != "PreconditionFailed" {
		return err
	}
	have, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.bucket, Key: &key})
	if err != nil {
		return fmt.Errorf("%s is there already, and cannot be read: %w", key, err)
	}
	defer have.Body.Close()
	text, err := io.ReadAll(have.Body)
	if err == nil && !bytes.Equal(text, body) {
		err = fmt.Errorf("%s is there already, and is another", key)
	}
	return err
}
