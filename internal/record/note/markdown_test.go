package note

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestMarkdown(t *testing.T) {
	t.Parallel()
	md := newMarkdown()
	for in, want := range map[string]string{
		"**bold** and *it*":                    "<p><strong>bold</strong> and <em>it</em></p>\n",
		"<script>alert(1)</script>":            "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n",
		"a <b onclick=x>b</b>":                 "<p>a &lt;b onclick=x&gt;b&lt;/b&gt;</p>\n",
		"[x](javascript:alert(1))":             "<p>x</p>\n",
		"[x](JaVaScRiPt:alert(1))":             "<p>x</p>\n",
		"[x](data:text/html,hi)":               "<p>x</p>\n",
		"[x](//evil.example)":                  "<p>x</p>\n",
		"[x](/sign-out)":                       "<p>x</p>\n",
		"<javascript:alert(1)>":                "<p>javascript:alert(1)</p>\n",
		"![pixel](https://evil.example/p.png)": `<p><a href="https://evil.example/p.png" rel="nofollow noopener noreferrer ugc">pixel</a></p>` + "\n",
		"![](https://evil.example/p.png)":      `<p><a href="https://evil.example/p.png" rel="nofollow noopener noreferrer ugc">https://evil.example/p.png</a></p>` + "\n",
		"[x](https://ok.example 'title')":      `<p><a href="https://ok.example" rel="nofollow noopener noreferrer ugc">x</a></p>` + "\n",
		"# Title":                              "<h4>Title</h4>\n",
		"hi @Ada Lindqvist, @Adam":             `<p>hi <b class="v-mention">@Ada Lindqvist</b>, @Adam</p>` + "\n",
		"*x*, @Ada Lindqvist:\n@Ada Lindqvist": `<p><em>x</em>, <b class="v-mention">@Ada Lindqvist</b>:` + "\n" + `<b class="v-mention">@Ada Lindqvist</b></p>` + "\n",
		"`@Ada Lindqvist`":                     "<p><code>@Ada Lindqvist</code></p>\n",
		"1 < 2 & 3":                            "<p>1 &lt; 2 &amp; 3</p>\n",
	} {
		if got := md.render(in, []string{"Ada Lindqvist"}); got != want {
			t.Errorf("%s\ngives %s\nwant  %s", in, got, want)
		}
	}
}

// Whatever is written, only these elements and attributes get out, and links lead to the web or a mailbox.
func FuzzMarkdown(f *testing.F) {
	for _, seed := range []string{"<img src=x onerror=alert(1)>", "[a]: javascript:x\n[a]", "![a](data:x)", "<a href='x'>", "|a|\n|:-:|\n|b|", "@Ada **@Ada", "~~x~~ <!-- x -->\n\n<div>\n", "http://x.y/\"onmouseover=", "```\"><script>\nx", "[x](http://a\"b)"} {
		f.Add(seed)
	}
	md := newMarkdown()
	allowed := strings.Fields("html head body p strong em b a ul ol li code pre blockquote h4 h5 h6 hr br del table thead tbody tr th td")
	f.Fuzz(func(t *testing.T, in string) {
		out := md.render(in, []string{"Ada", "Bob"})
		doc, err := html.Parse(strings.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		var walk func(*html.Node)
		walk = func(n *html.Node) {
			if n.Type == html.ElementNode && !slices.Contains(allowed, n.Data) || n.Type == html.CommentNode && strings.TrimSpace(n.Data) != "" {
				t.Errorf("%q gave <%s>: %s", in, n.Data, out)
			}
			for _, a := range n.Attr {
				switch {
				case a.Key == "href" && n.Data == "a" && slices.ContainsFunc([]string{"http://", "https://", "mailto:"}, func(scheme string) bool { return strings.HasPrefix(strings.ToLower(a.Val), scheme) }):
				case a.Key == "rel", a.Key == "start" && n.Data == "ol", a.Key == "class" && (n.Data == "b" || n.Data == "code"):
				default:
					t.Errorf("%q gave %s=%q of <%s>: %s", in, a.Key, a.Val, n.Data, out)
				}
			}
			for c := n.FirstChild; c != nil; c = c.NextSibling {
				walk(c)
			}
		}
		walk(doc)
	})
}

func TestMentions(t *testing.T) {
	t.Parallel()
	people := []Person{{ID: "1", Name: "Ada"}, {ID: "2", Name: "Ada Lindqvist", Email: "ada@example.org"}, {ID: "3", Name: "Bob"}}
	for in, want := range map[string]string{
		"@Ada":                           "1|",
		"@ada lindqvist and @BOB.":       "2 3|",
		"@Ada Lindqvistson":              "1|",
		"@Adam":                          "|@Adam",
		"mail ada@example.org":           "|",
		"@ada@example.org please":        "2|",
		"(@Bob) @Bob":                    "3|",
		"@":                              "|",
		"@ Bob":                          "|",
		"@Zoë, @Zoë and @x.":             "|@Zoë @x",
		"@nobody@example.org":            "|@nobody@example.org",
		"no@Bob and /@Bob and `@Bob` @@": "|",
	} {
		reached, unreached := named(in, people, "")
		var ids []string
		for _, p := range reached {
			ids = append(ids, p.ID)
		}
		if got := strings.Join(ids, " ") + "|" + strings.Join(unreached, " "); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
	if reached, _ := named("@Ada @Bob", people, "1"); len(reached) != 1 {
		t.Errorf("the author mentions himself: %v", reached)
	}
}

func FuzzMentions(f *testing.F) {
	f.Add("@Ada @\xff@é")
	f.Fuzz(func(_ *testing.T, in string) {
		at := 0
		for _, s := range mentions(in, []Person{{Name: "Ada"}, {Name: "Élodie"}}) {
			if s.from < at || s.to <= s.from || s.to > len(in) {
				panic("a mention outside of the text")
			}
			at = s.to
		}
	})
}
