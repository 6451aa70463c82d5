package api

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// ETag of a record's version: "v3".
func ETag(version int64) string { return `"v` + strconv.FormatInt(version, 10) + `"` }

// Match is embedded in the input of PATCH and DELETE. If-Match may be left out: then the last writer wins, as the caller chose.
type Match struct {
	IfMatch string `header:"If-Match" doc:"The ETag that the change is based on; another one is answered with 412."`
}

// Expected is the version that the caller saw; 0 where any will do, and -1, which no record has, where the header names none of ours.
func (m Match) Expected() int64 {
	text := strings.TrimSpace(m.IfMatch)
	if text == "" || text == "*" {
		return 0
	}
	// A proxy that compresses may have made it weak.
	digits, ok := strings.CutPrefix(strings.TrimPrefix(text, "W/"), `"v`)
	if !ok {
		return -1
	}
	n, err := strconv.ParseInt(strings.TrimSuffix(digits, `"`), 10, 64)
	if err != nil || n < 1 {
		return -1
	}
	return n
}

// conditional answers 304 to a GET whose If-None-Match names the answer's ETag.
type conditional struct {
	http.ResponseWriter
	known  []string
	silent bool
}

func newConditional(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
	header := r.Header.Get("If-None-Match")
	if header == "" || (r.Method != http.MethodGet && r.Method != http.MethodHead) {
		return w
	}
	c := &conditional{ResponseWriter: w}
	for _, tag := range strings.Split(header, ",") {
		c.known = append(c.known, strings.TrimPrefix(strings.TrimSpace(tag), "W/"))
	}
	return c
}

func (c *conditional) WriteHeader(status int) {
	tag := c.Header().Get("ETag")
	if status == http.StatusOK && tag != "" && (slices.Contains(c.known, tag) || slices.Contains(c.known, "*")) {
		c.silent = true
		c.Header().Del("Content-Type")
		status = http.StatusNotModified
	}
	c.ResponseWriter.WriteHeader(status)
}

func (c *conditional) Write(b []byte) (int, error) {
	if c.silent {
		return len(b), nil
	}
	return c.ResponseWriter.Write(b)
}

// Unwrap implements the contract of http.ResponseController.
func (c *conditional) Unwrap() http.ResponseWriter { return c.ResponseWriter }
