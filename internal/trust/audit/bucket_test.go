package audit

import (
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"vigie/test/moto"
)

// A bucket takes a checkpoint once: the same again is well, another by its name is refused and changes nothing.
func TestBucketIsNeverWrittenOver(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion("us-east-1"), config.WithBaseEndpoint(moto.Start(t)),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("test", "test", "")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newBucket(cfg, "s3:///prefix"); err == nil {
		t.Error("an address without a bucket was taken")
	}
	b, err := newBucket(cfg, "s3://kept/vigie/log/")
	if err != nil || b.String() != "s3://kept/vigie/log/" {
		t.Fatal(b, err)
	}
	name := checkpointName(7)
	if err := b.Put(ctx, name, []byte("seven")); err == nil {
		t.Error("a bucket that is not there took a checkpoint")
	}
	if _, err := b.client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("kept")}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := b.Put(ctx, name, []byte("seven")); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Put(ctx, name, []byte("another")); err == nil || !strings.Contains(err.Error(), "is another") {
		t.Errorf("written over: %v", err)
	}
	have, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("kept"), Key: aws.String("vigie/log/checkpoint-0000000000000007.txt")})
	if err != nil {
		t.Fatal(err)
	}
	defer have.Body.Close()
	if text, err := io.ReadAll(have.Body); err != nil || string(text) != "seven" {
		t.Errorf("%q, %v", text, err)
	}
}
