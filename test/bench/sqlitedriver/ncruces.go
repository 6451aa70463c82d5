//go:build ncruces

package main

import _ "github.com/ncruces/go-sqlite3/driver"

const driver = "sqlite3"

func dsn(path string, write bool) string {
	if write {
		return "file:" + path + "?_txlock=immediate&" + pragmas
	}
	return "file:" + path + "?" + pragmas
}
