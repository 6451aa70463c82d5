package mail

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"
)

// verdict is what an attempt came to.
type verdict string

const (
	taken   verdict = "taken"   // the server has it
	later   verdict = "later"   // it may be taken another time
	refused verdict = "refused" // it will never be taken
	dead    verdict = "dead"    // refused, since nobody has the address
	unknown verdict = "unknown" // the connection broke when the server may have taken it
)

// outcome is one attempt, as it is written down.
type outcome struct {
	verdict verdict
	code    int
	text    string
}

// judge decides by what the sending came to. Servers answer what they like, also what they were told: the secrets are taken out of it.
func judge(err error, secrets ...string) outcome {
	if err == nil {
		return outcome{verdict: taken}
	}
	out := outcome{verdict: later, text: cut(without(err.Error(), secrets))}
	var send *gomail.SendError
	if !errors.As(err, &send) {
		return out // nobody answered, or the server does not know us: no fault of the message
	}
	out.code = send.ErrorCode()
	switch {
	case out.code == 0 && send.Reason == gomail.ErrSMTPDataClose:
		out.verdict = unknown
	case out.code == 0 && slices.Contains([]gomail.SendErrReason{gomail.ErrGetSender, gomail.ErrGetRcpts, gomail.ErrNoUnencoded}, send.Reason):
		out.verdict = refused
	case out.code == 421:
		// The server goes away; it says nothing of the message.
	case out.code >= 500:
		out.verdict = refused
		if send.Reason == gomail.ErrSMTPRcptTo && nobodyThere(out.code, enhanced(out.text)) {
			out.verdict = dead
		}
	}
	return out
}

// without is a text that has none of the secrets, neither as they are nor as they stand between quotation marks.
func without(text string, secrets []string) string {
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		for _, form := range []string{secret, strings.Trim(strconv.Quote(secret), `"`)} {
			text = strings.ReplaceAll(text, form, "…")
		}
	}
	return text
}

var enhancedCode = regexp.MustCompile(`\b([245])\.(\d{1,3})\.(\d{1,3})\b`)

// enhanced finds the code of RFC 3463 in an answer: "5.1.1".
func enhanced(text string) string { return enhancedCode.FindString(text) }

// nobodyThere tells whether an answer is about the address and not about us or the message. 5.7 is policy: a server that refuses
// our network says it of every address. 5.1.8 is about the sender.
func nobodyThere(code int, enhanced string) bool {
	if enhanced != "" {
		return slices.Contains([]string{"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.4"}, enhanced)
	}
	return slices.Contains([]int{550, 551, 553}, code)
}

// retry is how long to wait after so many attempts.
func retry(attempts int64) time.Duration {
	waits := []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour}
	return waits[min(max(attempts, 1), int64(len(waits)))-1]
}

const (
	// tooOld is when a message is given up: what an invitation says is no longer true.
	tooOld = 5 * 24 * time.Hour
	// lease is how long an attempt may take; sending itself is cut off well before.
	lease = 5 * time.Minute
	// sendTime is how long one attempt may take.
	sendTime = 2 * time.Minute
	// keep is how long the log goes back.
	keep = 400 * 24 * time.Hour
)

// cut keeps an answer of a server within bounds, on one line.
func cut(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "?")), " ")
	if len(text) <= 500 {
		return text
	}
	text = text[:500]
	for !utf8.ValidString(text) {
		text = text[:len(text)-1]
	}
	return text + "…"
}
