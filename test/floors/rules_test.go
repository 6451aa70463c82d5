package floors

import (
	"slices"
	"strings"
	"testing"
)

// Each rule with sources that it accepts and sources that it refuses. A rule
// without a refused source would be a rule that nobody has seen at work.
func TestRules(t *testing.T) {
	t.Parallel()
	long := "package ticket\n" + strings.Repeat("\n", longest+1)
	cases := []struct {
		rule, path, text string
		breach           bool
	}{
		{"imports go down only", "internal/desk/ticket/a.go", `package ticket; import _ "vigie/internal/estate/cmdb"`, false},
		{"imports go down only", "internal/estate/cmdb/a.go", `package cmdb; import _ "vigie/internal/desk/ticket"`, true},
		{"imports go down only", "internal/estate/cmdb/a.go", `package cmdb; import _ "vigie/internal/estate/cost"`, true},
		{"imports go down only", "internal/estate/cmdb/a.go", `package cmdb; import _ "vigie/internal/promise/clock"`, true},
		{"imports go down only", "internal/estate/discovery/a.go", `package discovery; import _ "vigie/internal/estate/cmdb"`, false},
		{"imports go down only", "internal/estate/cmdb/a.go", `package cmdb; import _ "vigie/internal/estate/discovery"`, true},
		{"imports go down only", "internal/estate/cmdb/graph/a.go", `package graph; import _ "vigie/internal/estate/cmdb"`, false},
		{"imports go down only", "internal/platform/db/a.go", `package db; import _ "vigie/internal/platform/clock"`, false},
		{"imports go down only", "internal/platform/db/a.go", `package db; import _ "vigie/internal/kit/ui"`, true},
		{"imports go down only", "internal/platform/db/a.go", `package db; import _ "vigie/cmd/vigie"`, true},
		{"imports go down only", "internal/platform/db/a_test.go", `package db; import _ "vigie/internal/kit/ui"`, false},
		{"imports go down only", "internal/cellar/wine/a.go", `package wine`, true},
		{"imports go down only", "internal/estatement/a.go", `package estatement`, true},

		{"internal packages do not use test packages", "internal/platform/db/a_test.go", `package db; import _ "vigie/test/pg"`, false},
		{"internal packages do not use test packages", "internal/platform/db/dbtest/a.go", `package dbtest; import _ "vigie/test/pg"`, false},
		{"internal packages do not use test packages", "internal/desk/contest/a.go", `package contest; import _ "vigie/test/pg"`, true},
		{"internal packages do not use test packages", "internal/platform/db/a.go", `package db; import _ "vigie/test/pg"`, true},

		{"few may cross customers", "internal/desk/ticket/a.go", `package ticket; func f(d D) { d.InScope(nil) }`, false},
		{"few may cross customers", "internal/desk/ticket/a.go", `package ticket; func f(d D) { d.Across(nil) }`, true},
		{"few may cross customers", "internal/desk/ticket/a.go", `package ticket; func f(d D) { g := d.db.Across; g(nil) }`, true},
		{"few may cross customers", "internal/desk/ticket/a.go", `package ticket; import "vigie/internal/platform/db"; var s = db.GrantAll()`, true},
		{"few may cross customers", "internal/desk/ticket/a.go", `package ticket; import x "vigie/internal/platform/db"; var s = x.Grant("acme")`, true},
		{"few may cross customers", "internal/desk/ticket/a.go", `package ticket; import "vigie/internal/trust/permission"; var a = permission.Grant()`, true},
		{"few may cross customers", "internal/trust/identity/a.go", `package identity; import "vigie/internal/platform/db"; var s = db.GrantAll()`, false},
		{"few may cross customers", "internal/trust/identitycard/a.go", `package identitycard; import "vigie/internal/platform/db"; var s = db.GrantAll()`, true},

		{"the database is reached through db", "internal/platform/db/a.go", `package db; import _ "database/sql"`, false},
		{"the database is reached through db", "internal/desk/ticket/a.go", `package ticket; import "database/sql"; var _ sql.DB`, true},
		{"the database is reached through db", "internal/desk/ticket/a.go", `package ticket; import "database/sql/driver"; var _ driver.Valuer`, false},
		{"the database is reached through db", "internal/desk/ticket/a.go", `package ticket; import _ "github.com/jackc/pgx/v5/stdlib"`, true},

		{"the clock is injected", "internal/desk/ticket/a.go", `package ticket; import "time"; var d = time.Second`, false},
		{"the clock is injected", "internal/desk/ticket/a.go", `package ticket; import "time"; var d = time.Now()`, true},
		{"the clock is injected", "internal/desk/ticket/a.go", `package ticket; import "time"; var d = time.Now`, true},
		{"the clock is injected", "cmd/vigie/a.go", `package main; import t "time"; var d = t.Since(x)`, true},
		{"the clock is injected", "internal/platform/clock/a.go", `package clock; import "time"; var d = time.Now()`, false},
		{"the clock is injected", "internal/desk/ticket/a_test.go", `package ticket; import "time"; var d = time.Now()`, false},

		{"nobody sleeps", "internal/desk/ticket/a_test.go", `package ticket; import "time"; func f() { time.Sleep(1) }`, true},
		{"nobody sleeps", "internal/desk/ticket/a_test.go", `package ticket; import "time"; func f() { <-time.After(1) }`, false},

		{"no init functions", "internal/desk/ticket/a.go", `package ticket; func init() {}`, true},
		{"no init functions", "internal/desk/ticket/a.go", `package ticket; func (t T) init() {}`, false},

		{"each package says what it owns", "internal/desk/ticket/doc.go", "// Package ticket is.\npackage ticket", false},
		{"each package says what it owns", "internal/desk/ticket/doc.go", "package ticket", true},
		{"each package says what it owns", "internal/desk/ticket/a.go", "// Package ticket is.\npackage ticket", false},
		{"each package says what it owns", "internal/desk/ticket/a.go", "package ticket", true},
		{"each package says what it owns", "test/axe/a.go", "package axe", true},
		{"each package says what it owns", "test/pg/run/main.go", "package main", false},

		{"packages have telling names", "internal/desk/ticket/a.go", `package ticket`, false},
		{"packages have telling names", "internal/desk/helpers/a.go", `package desk`, true},
		{"packages have telling names", "internal/desk/ticket/a.go", `package common`, true},

		{"files are short", "internal/desk/ticket/a.go", long, true},
		{"files are short", "internal/desk/ticket/a.go", "// Code generated by templ - DO NOT EDIT.\n\n" + long, false},
	}
	refused := map[string]bool{}
	for _, c := range cases {
		at := slices.IndexFunc(Rules, func(r Rule) bool { return r.Name == c.rule })
		if at < 0 {
			t.Fatalf("no rule %q", c.rule)
		}
		var tree Tree
		if err := tree.Add(c.path, []byte(c.text)); err != nil {
			t.Fatal(err)
		}
		breaches := Rules[at].Check(tree)
		if (len(breaches) > 0) != c.breach {
			t.Errorf("%s: %s: %.100s: breaches %v, want some: %v", c.rule, c.path, c.text, breaches, c.breach)
		}
		refused[c.rule] = refused[c.rule] || c.breach
	}
	for _, rule := range Rules {
		if !refused[rule.Name] {
			t.Errorf("nothing shows that the rule %q refuses anything", rule.Name)
		}
	}
}
