// Package document renders one content three ways: as a page, as a PDF and as an XLSX workbook.
//
//	d := document.Document{Title: "...", Blocks: []document.Block{
//		document.Facts{{Label: "Phase", Value: "live"}},
//		document.Heading{Level: 2, Text: "Contacts"},
//		document.Table{Caption: "Contacts", Columns: []document.Column{{Label: "Name"}, {Label: "Since", Kind: document.Date}}, Rows: rows},
//	}}
//	document.View(p, d)                    // templ, inside of the page shell; printing it is the print view
//	err := d.PDF(w, p.Printer)
//	err := d.XLSX(w, p.Printer)
//
// Numbers, money and dates are values, not texts: the page and the PDF write them in the language of the printer, the workbook keeps
// them as numbers and dates that can be reckoned with. A chart always has its table: beside it on the page and in the PDF, instead of it in
// the workbook.
//
// Text is a small part of Markdown: paragraphs, emphasis, code, lists and links to http, https and mailto. Everything else, HTML
// above all, stays the text that it is.
//
// It never asks where content comes from, and loads nothing from outside: the fonts are in the program.
package document
