package mail

import (
	"fmt"
	"time"

	"vigie/internal/platform/db"
)

// JSON knows no times and no whole numbers: what a message was given must still be one when it is written for its reader, so
// that kind stands beside the value.

// kept turns arguments into what the row holds.
func kept(args map[string]any) (map[string]any, error) {
	out := make(map[string]any, len(args))
	for name, v := range args {
		switch v := v.(type) {
		case string:
			out[name] = v
		case int:
			out[name] = map[string]any{"int": v}
		case int64:
			out[name] = map[string]any{"int": v}
		case float64:
			out[name] = map[string]any{"float": v}
		case time.Time:
			out[name] = map[string]any{"time": v.UTC().Format(time.RFC3339Nano)}
		case db.Time:
			out[name] = map[string]any{"time": v.UTC().Format(time.RFC3339Nano)}
		case time.Duration:
			out[name] = map[string]any{"duration": v.String()}
		default:
			return nil, fmt.Errorf("argument %q of a mail is a %T; give text, a number, a time or a duration", name, v)
		}
	}
	return out, nil
}

// given turns what the row holds back into arguments.
func given(row map[string]any) map[string]any {
	out := make(map[string]any, len(row))
	for name, v := range row {
		tagged, ok := v.(map[string]any)
		if !ok {
			out[name] = v
			continue
		}
		for kind, v := range tagged {
			switch kind {
			case "int":
				n, _ := v.(float64)
				out[name] = int(n)
			case "float":
				out[name] = v
			case "time":
				text, _ := v.(string)
				at, err := time.Parse(time.RFC3339Nano, text)
				if err == nil {
					out[name] = at
				}
			case "duration":
				text, _ := v.(string)
				d, err := time.ParseDuration(text)
				if err == nil {
					out[name] = d
				}
			}
		}
	}
	return out
}
