package seal

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kms"
)

// kmsPatience bounds one call: a transaction may be waiting for it.
const kmsPatience = 10 * time.Second

// AWS makes the Master of a KMS key, with the machine's own AWS environment. The key's ARN, not an alias, is its name: an alias
// may be given to another key, and the database would not notice.
func AWS(ctx context.Context, key string) (Master, error) {
	region, ok := keyRegion(key)
	if !ok {
		return nil, fmt.Errorf("awskms:%s: want the ARN of a key, arn:aws:kms:REGION:ACCOUNT:key/ID", key)
	}
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(region))
	if err != nil {
		return nil, fmt.Errorf("awskms: %w", err)
	}
	return &kmsMaster{key: key, client: kms.NewFromConfig(cfg)}, nil
}

// keyRegion reads the region of a key's ARN.
func keyRegion(arn string) (string, bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "kms" || parts[3] == "" || parts[4] == "" || !strings.HasPrefix(parts[5], "key/") {
		return "", false
	}
	return parts[3], true
}

type kmsMaster struct {
	key    string
	client *kms.Client
}

func (m *kmsMaster) ID() string { return kmsPrefix + m.key }

// encryption is what KMS binds the ciphertext to. It stands in CloudTrail, so that an auditor sees whose key was opened.
func encryption(bound []byte) map[string]string {
	return map[string]string{"vigie": base64.StdEncoding.EncodeToString(bound)}
}

func (m *kmsMaster) Wrap(ctx context.Context, key, bound []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, kmsPatience)
	defer cancel()
	out, err := m.client.Encrypt(ctx, &kms.EncryptInput{KeyId: aws.String(m.key), Plaintext: key, EncryptionContext: encryption(bound)})
	if err != nil {
		return nil, err
	}
	return out.CiphertextBlob, nil
}

func (m *kmsMaster) Unwrap(ctx context.Context, wrapped, bound []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, kmsPatience)
	defer cancel()
	out, err := m.client.Decrypt(ctx, &kms.DecryptInput{KeyId: aws.String(m.key), CiphertextBlob: wrapped, EncryptionContext: encryption(bound)})
	if err != nil {
		return nil, err
	}
	return out.Plaintext, nil
}
