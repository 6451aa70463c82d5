package aws

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"time"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// textTimes lets a client read times that are written as text where AWS writes numbers, as emulators of some services do; the SDK
// would refuse the whole answer. What AWS answers is not touched: in its JSON no field of these names holds such a text.
func textTimes(stack *middleware.Stack) error {
	return stack.Deserialize.Insert(middleware.DeserializeMiddlewareFunc("TextTimes", readTextTimes), "OperationDeserializer", middleware.After)
}

func readTextTimes(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, meta, err := next.HandleDeserialize(ctx, in)
	resp, ok := out.RawResponse.(*smithyhttp.Response)
	if err != nil || !ok || resp.Body == nil {
		return out, meta, err
	}
	body, rerr := io.ReadAll(resp.Body)
	if err := resp.Body.Close(); err != nil || rerr != nil {
		return out, meta, fmt.Errorf("read the answer: %w", rerr)
	}
	resp.Body = io.NopCloser(bytes.NewReader(numberTimes(body)))
	return out, meta, nil
}

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
