// Package locales carries the words of every room in every language.
//
// One file per room and language: locales/en/cmdb.yaml, locales/fr/cmdb.yaml.
// Every key of a file begins with the file's name ("cmdb.list.title"), so that
// a key tells where it lives and two rooms can never fight over one.
package locales

import "embed"

// FS holds one folder per language; i18n.Load reads it.
//
//go:embed en/*.yaml fr/*.yaml
var FS embed.FS
