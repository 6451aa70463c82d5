package main

import (
	"fmt"
	"os"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
)

// logTrouble prints what a browser complains about: refusals of the content policy and errors of scripts.
func logTrouble(event any) {
	switch e := event.(type) {
	case *log.EventEntryAdded:
		fmt.Fprintln(os.Stderr, "browser:", e.Entry.Level, e.Entry.Text, e.Entry.URL)
	case *runtime.EventExceptionThrown:
		fmt.Fprintln(os.Stderr, "script:", e.ExceptionDetails.Text, e.ExceptionDetails.Exception)
	}
}
