package moto_test

import (
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"vigie/test/moto"
)

// A bucket made in one emulator is seen through boto3 there, and nowhere else.
func TestEachEmulatorStandsAlone(t *testing.T) {
	t.Parallel()
	one, two := moto.Start(t), moto.Start(t)
	const script = `
import boto3, sys
def s3(url): return boto3.client("s3", endpoint_url=url, region_name="us-east-1",
    aws_access_key_id="test", aws_secret_access_key="test")
s3(sys.argv[1]).create_bucket(Bucket="estate")
for url in sys.argv[1:]:
    print([b["Name"] for b in s3(url).list_buckets()["Buckets"]])
`
	out, err := exec.CommandContext(t.Context(), moto.Python(t), "-c", script, one, two).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got, want := strings.TrimSpace(string(out)), "['estate']\n[]"; got != want {
		t.Errorf("buckets:\n%s\nwant:\n%s", got, want)
	}
}

func TestTheEmulatorEndsWithItsTest(t *testing.T) {
	t.Parallel()
	var endpoint string
	t.Run("inner", func(t *testing.T) { endpoint = moto.Start(t) })
	if res, err := http.Get(endpoint + "/moto-api/data.json"); err == nil {
		res.Body.Close()
		t.Errorf("%s still answers", endpoint)
	}
}
