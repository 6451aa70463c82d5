package seal

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"vigie/internal/platform/clock"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/id"
	"vigie/test/moto"
)

// A KMS key wraps data keys; a rotation leads from a key of ours to it and from one KMS key to the next.
func TestKMS(t *testing.T) {
	for name, value := range map[string]string{"AWS_ENDPOINT_URL": moto.Start(t), "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true"} {
		t.Setenv(name, value)
	}
	ctx := t.Context()
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion("eu-west-1"))
	if err != nil {
		t.Fatal(err)
	}
	client := kms.NewFromConfig(cfg)
	var keys []string
	for range 2 {
		made, err := client.CreateKey(ctx, &kms.CreateKeyInput{})
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, kmsPrefix+aws.ToString(made.KeyMetadata.Arn))
	}
	d := dbtest.SQLite(t, clock.NewManual(dbtest.Start))
	given := NewKey()
	ring := ""
	p := Place{"app_user", id.New(), "password_hash"}
	sealed := ""
	for i, key := range []string{given, keys[0], keys[1]} {
		ring = key + "\n" + ring
		b := newTestBox(t, Source{Text: ring, KMS: AWS})
		if err := b.Ready(ctx, d, true); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			sealed = sealIn(t, d, b, Instance, p, []byte("secret"))
			continue
		}
		if got, err := b.RotateMaster(ctx, d); err != nil || got.Master != key || got.Keys != 1 {
			t.Fatalf("%+v, %v", got, err)
		}
		if got, err := openIn(t, d, newTestBox(t, Source{Text: key, KMS: AWS}), Instance, p, sealed); err != nil || string(got) != "secret" {
			t.Fatalf("%q, %v", got, err)
		}
	}
	m, err := AWS(ctx, strings.TrimPrefix(keys[0], kmsPrefix))
	if err != nil {
		t.Fatal(err)
	}
	wrapped, err := m.Wrap(ctx, fresh(), []byte("here"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Unwrap(ctx, wrapped, []byte("there")); err == nil {
		t.Error("a wrapped key opens for another customer")
	}
	for _, bad := range []string{"", "alias/vigie", "arn:aws:kms:eu-west-1:123456789012:alias/x", "arn:aws:s3:::b"} {
		if _, err := AWS(ctx, bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
