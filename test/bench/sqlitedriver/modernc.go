//go:build modernc

package main

import _ "modernc.org/sqlite"

const driver = "sqlite"

func dsn(path string, write bool) string {
	if write {
		return "file:" + path + "?_txlock=immediate&" + pragmas
	}
	return "file:" + path + "?" + pragmas
}
