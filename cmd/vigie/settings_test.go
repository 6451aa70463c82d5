package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

func TestSettingsFile(t *testing.T) {
	t.Parallel()
	parse := func(text string, args ...string) (*grammar, error) {
		file := filepath.Join(t.TempDir(), "vigie.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var g grammar
		k, err := kong.New(&g, kong.Name("vigie"), kong.Configuration(settings), kong.Writers(&bytes.Buffer{}, &bytes.Buffer{}))
		if err != nil {
			t.Fatal(err)
		}
		_, err = k.Parse(append([]string{"--config", file}, args...))
		return &g, err
	}
	g, err := parse("data-dir: /srv/vigie\nlog-level: debug\nserve:\n  listen: 127.0.0.1:9000\n  workers: 2\n", "serve")
	if err != nil || g.Serve.DataDir != "/srv/vigie" || g.Serve.Listen != "127.0.0.1:9000" || g.Serve.Workers != 2 || g.LogLevel != "debug" {
		t.Errorf("serve: %+v %v", g.Serve, err)
	}
	if g, err = parse("data-dir: /srv/vigie\n", "user", "list"); err != nil || g.User.List.DataDir != "/srv/vigie" {
		t.Errorf("another command: %+v %v", g.User.List, err)
	}
	if g, err = parse("data-dir: /srv/vigie\nserve: {data-dir: /srv/other}\n", "serve", "--data-dir", "/flag"); err != nil || g.Serve.DataDir != "/flag" {
		t.Errorf("a flag wins: %+v %v", g.Serve, err)
	}
	if g, err = parse("data-dir: /srv/vigie\nserve: {data-dir: /srv/other}\n", "serve"); err != nil || g.Serve.DataDir != "/srv/other" {
		t.Errorf("the command's own wins: %+v %v", g.Serve, err)
	}
	for _, bad := range []string{"lisen: x\n", "serve: {lisen: x}\n"} {
		if _, err := parse(bad, "serve"); err == nil || !strings.Contains(err.Error(), "lisen") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := parse("", "serve"); err != nil {
		t.Errorf("an empty file: %v", err)
	}
}
