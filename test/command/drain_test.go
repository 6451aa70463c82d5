package command

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// drain begins a request, tells the server to stop while it is under way, and only then sends the rest. The server says that it
// has begun by "100 Continue"; that it stops by taking no new connections.
func drain(ts *testscript.TestScript, _ bool, _ []string) {
	w := of(ts)
	at, err := url.Parse(ts.Getenv("URL"))
	ts.Check(err)
	conn, err := net.Dial("tcp", at.Host)
	ts.Check(err)
	defer conn.Close()
	body := `{"slug": "late", "name": "Late but in time"}`
	_, err = fmt.Fprintf(conn, "POST /api/v1/customers HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n",
		at.Host, ts.Getenv("TOKEN"), len(body))
	ts.Check(err)
	in := bufio.NewReader(conn)
	line, err := in.ReadString('\n')
	ts.Check(err)
	if !strings.Contains(line, "100 Continue") {
		ts.Fatalf("the server says %s", line)
	}
	_, err = in.ReadString('\n')
	ts.Check(err)

	ts.Check(w.server.Process.Signal(syscall.SIGTERM))
	await(ts, "the server to take no more connections", func() bool {
		c, err := net.Dial("tcp", at.Host)
		if err == nil {
			c.Close()
		}
		return err != nil
	})
	_, err = conn.Write([]byte(body))
	ts.Check(err)
	resp, err := http.ReadResponse(in, nil)
	ts.Check(err)
	resp.Body.Close()
	fmt.Fprintln(ts.Stdout(), resp.Status)
	finish(ts, w, true)
}
