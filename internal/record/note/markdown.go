package note

import (
	"bytes"
	"html"
	"net/url"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// markdown writes the part of Markdown that a note needs. Raw HTML is shown as text, images are links, and a link leads to the web or
// a mailbox, or is no link.
type markdown struct{ md goldmark.Markdown }

func newMarkdown() markdown {
	return markdown{goldmark.New(
		goldmark.WithExtensions(extension.Strikethrough, extension.Linkify, extension.Table),
		goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(tame{}, 1000))),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(plain{}, 1))),
	)}
}

// render gives safe HTML; names are the people that the note mentions, whose names stand out.
func (m markdown) render(body string, names []string) string {
	if tangled(body) {
		return "<p>" + html.EscapeString(body) + "</p>"
	}
	var b bytes.Buffer
	ctx := parser.NewContext()
	ctx.Set(namesKey, names)
	if err := m.md.Convert([]byte(body), &b, parser.WithContext(ctx)); err != nil {
		return "<p>" + html.EscapeString(body) + "</p>"
	}
	return b.String()
}

// tangled tells a text on which a parser of Markdown takes long, as nobody writes it: it is shown as it is. A page shows many notes.
func tangled(body string) bool {
	if strings.Count(body, "[") > 300 {
		return true
	}
	for line := range strings.Lines(body) {
		if len(line) > 30 && strings.Count(line[:30], ">") > 12 {
			return true
		}
	}
	return false
}

var namesKey = parser.NewContextKey()

// tame changes the tree of a text before it is written.
type tame struct{}

// Transform implements parser.ASTTransformer.
func (tame) Transform(doc *ast.Document, reader text.Reader, ctx parser.Context) {
	source := reader.Source()
	names, _ := ctx.Get(namesKey).([]string)
	var images []*ast.Image
	var links []ast.Node
	var texts []*ast.Text
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Image:
			images = append(images, n)
		case *ast.Link:
			links = append(links, n)
		case *ast.AutoLink:
			links = append(links, n)
		case *ast.Heading:
			n.Level = min(6, n.Level+3) // below the headings of the page
		case *ast.CodeSpan, *ast.CodeBlock, *ast.FencedCodeBlock:
			return ast.WalkSkipChildren, nil
		case *ast.Text:
			texts = append(texts, n)
		case *east.TableCell:
			n.Alignment = east.AlignNone // would be an inline style
		}
		return ast.WalkContinue, nil
	})
	for _, n := range images { // what an image would fetch would tell its server who reads
		link := ast.NewLink()
		link.Destination = n.Destination
		for c := n.FirstChild(); c != nil; c = n.FirstChild() {
			link.AppendChild(link, c)
		}
		if !link.HasChildren() {
			link.AppendChild(link, ast.NewString(n.Destination))
		}
		n.Parent().ReplaceChild(n.Parent(), n, link)
		links = append(links, link)
	}
	for _, n := range links {
		tameLink(n, source)
	}
	for _, n := range texts {
		if n.Parent() != nil { // not joined to the one before
			join(n)
			highlight(n, source, names)
		}
	}
}

// tameLink gives a link to the outside the words that keep it apart, and takes any other one off.
func tameLink(n ast.Node, source []byte) {
	switch n := n.(type) {
	case *ast.Link:
		n.Title = nil
		if outside(string(n.Destination)) {
			n.SetAttributeString("rel", []byte("nofollow noopener noreferrer ugc"))
			return
		}
		parent := n.Parent()
		for c := n.FirstChild(); c != nil; c = n.FirstChild() {
			parent.InsertBefore(parent, n, c)
		}
		parent.RemoveChild(parent, n)
	case *ast.AutoLink:
		at := string(n.URL(source))
		if n.AutoLinkType == ast.AutoLinkEmail || outside(at) || strings.HasPrefix(strings.ToLower(at), "www.") {
			n.SetAttributeString("rel", []byte("nofollow noopener noreferrer ugc"))
			return
		}
		n.Parent().ReplaceChild(n.Parent(), n, ast.NewString(n.Label(source)))
	}
}

// outside tells an address of the web or a mailbox.
func outside(to string) bool {
	u, err := url.Parse(strings.TrimSpace(to))
	if err != nil {
		return false
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "https":
		return u.Host != ""
	case "mailto":
		return u.Opaque != ""
	}
	return false
}

// mark is the name of somebody who is mentioned.
type mark struct {
	ast.BaseInline
	text []byte
}

var kindMark = ast.NewNodeKind("Mention")

// Kind implements ast.Node.
func (*mark) Kind() ast.NodeKind { return kindMark }

// Dump implements ast.Node.
func (m *mark) Dump(source []byte, level int) { ast.DumpHelper(m, source, level, nil, nil) }

// join takes in the texts that follow without a gap: the parser cuts a line wherever a link might begin, also within a name.
func join(n *ast.Text) {
	for !n.SoftLineBreak() && !n.HardLineBreak() {
		next, ok := n.NextSibling().(*ast.Text)
		if !ok || next.Segment.Start != n.Segment.Stop || next.IsRaw() != n.IsRaw() {
			return
		}
		n.Segment = n.Segment.WithStop(next.Segment.Stop)
		n.SetSoftLineBreak(next.SoftLineBreak())
		n.SetHardLineBreak(next.HardLineBreak())
		n.Parent().RemoveChild(n.Parent(), next)
	}
}

// highlight cuts a text around the names that it mentions.
func highlight(n *ast.Text, source []byte, names []string) {
	value, parent := string(n.Segment.Value(source)), n.Parent()
	if len(names) == 0 || !strings.Contains(value, "@") || parent == nil {
		return
	}
	people := make([]Person, len(names))
	for i, name := range names {
		people[i].Name = name
	}
	start := n.Segment.Start
	done := 0
	for _, s := range mentions(value, people) {
		if s.person < 0 {
			continue
		}
		if s.from > done {
			parent.InsertBefore(parent, n, ast.NewTextSegment(text.NewSegment(start+done, start+s.from)))
		}
		parent.InsertBefore(parent, n, &mark{text: []byte(value[s.from:s.to])})
		done = s.to
	}
	n.Segment = text.NewSegment(start+done, n.Segment.Stop)
}

// plain writes what goldmark would not write as we want it.
type plain struct{}

// RegisterFuncs implements renderer.NodeRenderer.
func (plain) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(kindMark, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			_, _ = w.WriteString(`<b class="v-mention">` + html.EscapeString(string(n.(*mark).text)) + `</b>`)
		}
		return ast.WalkSkipChildren, nil
	})
	r.Register(ast.KindRawHTML, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			for i := range n.(*ast.RawHTML).Segments.Len() {
				s := n.(*ast.RawHTML).Segments.At(i)
				_, _ = w.WriteString(html.EscapeString(string(s.Value(source))))
			}
		}
		return ast.WalkSkipChildren, nil
	})
	r.Register(ast.KindHTMLBlock, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		block := n.(*ast.HTMLBlock)
		_, _ = w.WriteString("<p>")
		for i := range block.Lines().Len() {
			s := block.Lines().At(i)
			_, _ = w.WriteString(html.EscapeString(string(s.Value(source))))
		}
		if block.HasClosure() {
			_, _ = w.WriteString(html.EscapeString(string(block.ClosureLine.Value(source))))
		}
		_, _ = w.WriteString("</p>\n")
		return ast.WalkSkipChildren, nil
	})
}
