package document

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// paragraph is one line of thought: a paragraph, or an item of a list.
type paragraph struct {
	mark   string // of a list: "•" or "1."
	indent int
	spans  []span
}

// span is text of one look.
type span struct {
	text               string
	bold, italic, code bool
	href               string // only http, https and mailto
	newline            bool   // a line ends behind it
}

// parse reads Markdown. What it does not know it keeps as the text that it is.
func (t Text) parse() []paragraph {
	source := []byte(t)
	r := reader{source: source}
	r.blocks(goldmark.DefaultParser().Parse(text.NewReader(source)), "", 0)
	return r.out
}

type reader struct {
	source []byte
	out    []paragraph
}

func (r *reader) blocks(parent ast.Node, mark string, indent int) {
	number := 0
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.List:
			number = n.Start
			for item := n.FirstChild(); item != nil; item = item.NextSibling() {
				bullet := "•"
				if n.IsOrdered() {
					bullet = strconv.Itoa(number) + "."
					number++
				}
				r.blocks(item, bullet, indent+1)
			}
		case *ast.Blockquote:
			r.blocks(n, "", indent+1)
		case *ast.HTMLBlock, *ast.CodeBlock, *ast.FencedCodeBlock:
			p := paragraph{indent: indent}
			lines := n.Lines()
			for i := range lines.Len() {
				at := lines.At(i)
				p.spans = append(p.spans, span{text: string(trimLine(at.Value(r.source))), code: true, newline: true})
			}
			r.out = append(r.out, p)
		case *ast.ThematicBreak:
		default:
			p := paragraph{mark: mark, indent: indent}
			r.inline(n, span{}, &p)
			if mark = ""; len(p.spans) > 0 {
				r.out = append(r.out, p)
			}
		}
	}
}

func trimLine(b []byte) []byte {
	for len(b) > 0 && (b[len(b)-1] == '\n' || b[len(b)-1] == '\r') {
		b = b[:len(b)-1]
	}
	return b
}

func (r *reader) inline(parent ast.Node, look span, p *paragraph) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		s := look
		switch n := n.(type) {
		case *ast.Text:
			s.text = string(n.Segment.Value(r.source))
			if n.SoftLineBreak() {
				s.text += " "
			}
			s.newline = n.HardLineBreak()
			p.spans = append(p.spans, s)
		case *ast.String:
			s.text = string(n.Value)
			p.spans = append(p.spans, s)
		case *ast.RawHTML:
			for i := range n.Segments.Len() {
				at := n.Segments.At(i)
				s.text += string(at.Value(r.source))
			}
			p.spans = append(p.spans, s)
		case *ast.Emphasis:
			if n.Level == 2 {
				s.bold = true
			} else {
				s.italic = true
			}
			r.inline(n, s, p)
		case *ast.CodeSpan:
			s.code = true
			r.inline(n, s, p)
		case *ast.Link:
			if safe(string(n.Destination)) {
				s.href = string(n.Destination)
			}
			r.inline(n, s, p)
		case *ast.AutoLink:
			s.text = string(n.Label(r.source))
			if u := string(n.URL(r.source)); safe(u) {
				s.href = u
			}
			p.spans = append(p.spans, s)
		default: // an image is its words
			r.inline(n, s, p)
		}
	}
}

// safe lets through only what a reader would expect behind a link.
func safe(href string) bool {
	u, err := url.Parse(href)
	return err == nil && slices.Contains([]string{"http", "https", "mailto"}, u.Scheme)
}
