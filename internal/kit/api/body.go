package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

// jsonFault begins the message by which the position of broken JSON travels through huma, which keeps texts only.
const jsonFault = "json fault at "

// format is JSON as we read and write it: positions of faults are told, and text that no database takes is refused here, once.
var format = huma.Format{
	Marshal: func(w io.Writer, v any) error {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		return enc.Encode(v)
	},
	Unmarshal: func(data []byte, v any) error {
		if !utf8.Valid(data) {
			return position(data, invalidAt(data))
		}
		err := json.Unmarshal(data, v)
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return position(data, int(syntax.Offset)-1)
		}
		if loose, ok := v.(*any); ok && err == nil && hasNUL(*loose) {
			return errors.New("unreadable text")
		}
		return err
	},
}

func position(data []byte, offset int) error {
	offset = min(max(offset, 0), len(data))
	line := 1 + bytes.Count(data[:offset], []byte("\n"))
	column := 1 + utf8.RuneCount(data[bytes.LastIndexByte(data[:offset], '\n')+1:offset])
	return fmt.Errorf("%s%d %d", jsonFault, line, column)
}

func invalidAt(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return 0
}

func hasNUL(v any) bool {
	switch v := v.(type) {
	case string:
		return strings.ContainsRune(v, 0)
	case []any:
		for _, e := range v {
			if hasNUL(e) {
				return true
			}
		}
	case map[string]any:
		for k, e := range v {
			if hasNUL(k) || hasNUL(e) {
				return true
			}
		}
	}
	return false
}
