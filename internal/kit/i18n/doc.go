// Package i18n turns keys into words, and values into dates, numbers and money, in the
// reader's language and time zone.
//
// It owns the catalogue (locales/<language>/<room>.yaml) and the formats. It never reads the
// clock: whoever makes a Printer gives it the moment.
//
//	bundle, err := i18n.Load(locales.FS)                 // once, at start
//	p := bundle.Printer("fr", paris, clock.Now())        // once a request
//	p.T("cmdb.list.title")                               // "Inventaire"
//	p.T("cmdb.ci.moved", "name", ci.Name, "to", region)  // "{name} est passé dans {to}"
//	p.N("cmdb.list.found", n)                            // "1 élément", "12 340 éléments"
//	p.Relative(run.FinishedAt)                           // "il y a 3 minutes", later "12 nov. 2026, 14:05"
//
// # Messages
//
// A file holds nested maps; a key is the path with dots, and begins with the file's name.
// {name} stands for an argument; whole numbers are grouped by the language's rule and times are
// written as DateTime does. A message that counts is a map of CLDR plural forms, and {count} is given:
//
//	cmdb:
//	  list:
//	    title: Inventory
//	    found:
//	      one: "{count} item"
//	      other: "{count} items"
//
// In French the spaces beside : ; ! ? « » become no-break spaces by themselves; write ordinary ones.
//
// # What the tests hold
//
// The test of this package reads the whole tree and fails on a key that is used and missing, that is
// in a file and used nowhere, that one language lacks, whose arguments differ between languages, and
// on bare words in a .templ file. A key built at run time is declared beside its use by a comment:
//
//	// i18n: cmdb.status.*
package i18n
