// Command vigie is the whole platform: the server, its operator's commands, and the recorder that a customer may run alone.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // zones of customers and people do not depend on the machine

	"golang.org/x/term"
)

// version is set by the linker.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	dir, err := os.Getwd()
	if err != nil {
		dir = "/"
	}
	code := run(ctx, os.Args[1:], &env{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, dir: dir, tty: term.IsTerminal(int(os.Stdout.Fd()))})
	stop()
	os.Exit(code)
}
