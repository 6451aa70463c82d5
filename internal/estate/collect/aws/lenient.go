package aws

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// lenient lets a client read answers of emulators that are wrong in one known way, where the SDK would refuse the whole answer. What
// AWS itself answers has nothing for the repair to take hold of, and goes through as it is.
func lenient(repair func([]byte) []byte) func(*middleware.Stack) error {
	read := func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, meta, err := next.HandleDeserialize(ctx, in)
		resp, ok := out.RawResponse.(*smithyhttp.Response)
		if err != nil || !ok || resp.Body == nil {
			return out, meta, err
		}
		body, err := io.ReadAll(resp.Body)
		if err := errors.Join(err, resp.Body.Close()); err != nil {
			return out, meta, fmt.Errorf("read the answer: %w", err)
		}
		resp.Body = io.NopCloser(bytes.NewReader(repair(body)))
		return out, meta, nil
	}
	return func(stack *middleware.Stack) error {
		return stack.Deserialize.Insert(middleware.DeserializeMiddlewareFunc("Lenient", read), "OperationDeserializer", middleware.After)
	}
}

// Times of CodePipeline and CodeDeploy as text, where AWS writes numbers.
var textTime = regexp.MustCompile(`("(?:created|updated|createTime|lastModified)"\s*:\s*)"(\d{4}-\d\d-\d\d[T ][0-9:.]+)(?:Z|\+00:00)?"`)

func numberTimes(body []byte) []byte {
	return textTime.ReplaceAllFunc(body, func(field []byte) []byte {
		m := textTime.FindSubmatch(field)
		t, err := time.Parse("2006-01-02 15:04:05.999999", string(bytes.Replace(m[2], []byte("T"), []byte(" "), 1)))
		if err != nil {
			return field
		}
		return strconv.AppendInt(m[1], t.Unix(), 10)
	})
}

// Auto Scaling groups of CodeDeploy as names, where AWS writes objects.
var namedGroups = regexp.MustCompile(`"autoScalingGroups"\s*:\s*\[\s*"[^\]]*\]`)

func deployTexts(body []byte) []byte {
	return namedGroups.ReplaceAllFunc(numberTimes(body), func(field []byte) []byte {
		list := field[bytes.IndexByte(field, '['):]
		return slices.Concat([]byte(`"autoScalingGroups":`), quoted.ReplaceAll(list, []byte(`{"name":$0}`)))
	})
}

var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// Cpu and memory of an ECS task's containers as numbers, where AWS writes texts.
var taskNumber = regexp.MustCompile(`("(?:cpu|memory|memoryReservation)"\s*:\s*)(\d+)`)

func taskTexts(body []byte) []byte { return taskNumber.ReplaceAll(body, []byte(`$1"$2"`)) }
