package document

import (
	"strings"
)

// fit chooses the size of a table's words and the widths of its columns: what each needs where there is room, never less than its longest word
// where the words allow that.
func (s *sheet) fit(t Table) (size float64, out []float64) {
	const between, widest, longest = 4.0, 90.0, 42.0
	var least, most []float64
	var narrow, wide float64
	for _, size = range tableSizes {
		least, most, narrow, wide = make([]float64, len(t.Columns)), make([]float64, len(t.Columns)), 0, 0
		hold := func(i int, style, text string) {
			s.font(style, size)
			for line := range strings.Lines(text) {
				most[i] = max(most[i], min(s.GetStringWidth(strings.TrimSpace(line)), widest))
			}
			for _, piece := range pieces(text) {
				least[i] = max(least[i], min(s.GetStringWidth(strings.TrimRight(piece, " \n")), longest))
			}
		}
		for i, c := range t.Columns {
			hold(i, "B", clean(c.Label))
			for _, row := range t.Rows {
				if i < len(row) {
					hold(i, "", s.cell(row[i], c.Kind))
				}
			}
		}
		for i := range most {
			least[i], most[i] = least[i]+between, max(most[i], least[i])+between
			narrow, wide = narrow+least[i], wide+most[i]
		}
		if narrow <= inner {
			break
		}
	}
	out = make([]float64, len(most))
	for i := range most {
		switch {
		case wide <= inner:
			out[i] = most[i] * inner / wide
		case narrow < inner:
			out[i] = least[i] + (most[i]-least[i])*(inner-narrow)/(wide-narrow)
		default:
			out[i] = least[i] * inner / narrow
		}
	}
	return size, out
}

// cell is the text of a cell. Numbers and dates stay in one piece.
func (s *sheet) cell(v any, k Kind) string {
	text := clean(written(s.p, v, k))
	if _, words := v.(string); !words || strings.Trim(text, "+0123456789 ().-") == "" { // or a telephone number
		text = strings.ReplaceAll(text, " ", "\u00a0")
	}
	return text
}

// pieces cuts a text behind each place where a line may end: a space, unless a mark follows that French sets off, and the joints of names.
func pieces(text string) (out []string) {
	from, all := 0, []rune(text)
	for i, r := range all {
		ends := r == '\n' || r == '-' || r == '/'
		if r == ' ' {
			ends = (i == 0 || all[i-1] != '«') && (i+1 == len(all) || !strings.ContainsRune(" ?!;:»%", all[i+1]))
		}
		if ends {
			out = append(out, string(all[from:i+1]))
			from = i + 1
		}
	}
	if from < len(all) {
		out = append(out, string(all[from:]))
	}
	return out
}

// wrap breaks a text into lines of a width, within a word only where the word alone is wider.
func (s *sheet) wrap(text string, width float64) (lines []string) {
	line := ""
	end := func() {
		lines = append(lines, strings.TrimRight(line, " \n"))
		line = ""
	}
	fits := func(x string) bool { return s.GetStringWidth(strings.TrimRight(x, " \n")) <= width+0.01 }
	for _, piece := range pieces(text) {
		if line != "" && !fits(line+piece) {
			end()
		}
		for !fits(piece) && len([]rune(piece)) > 1 {
			cut := 1
			all := []rune(piece)
			for cut < len(all)-1 && fits(string(all[:cut+1])) {
				cut++
			}
			if joint := strings.LastIndexAny(string(all[:cut]), "_@.:"); joint > 0 { // a name breaks at a joint, if it must
				cut = len([]rune(string(all[:cut])[:joint+1]))
			}
			lines = append(lines, string(all[:cut]))
			piece = string(all[cut:])
		}
		line += piece
		if strings.HasSuffix(piece, "\n") {
			end()
		}
	}
	if line != "" {
		end()
	}
	return lines
}

func (s *sheet) table(t Table) {
	if len(t.Rows) == 0 {
		if t.Empty != "" {
			s.ink(100)
			s.font("", 10)
			s.MultiCell(inner, line, clean(t.Empty), "", "L", false)
			s.Ln(3)
		}
		return
	}
	size, w := s.fit(t)
	labels := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		labels[i] = c.Label
	}
	s.room(3 * line * 2)
	s.row(t, w, size, labels, true)
	for _, row := range t.Rows {
		if s.GetY()+s.height(t, w, size, row) > 297-bottom {
			s.AddPage()
			s.row(t, w, size, labels, true) // the heads are said again on each page
		}
		s.row(t, w, size, row, false)
	}
	s.Ln(4)
}

func (s *sheet) cells(t Table, w []float64, row []any) (out [][]string, most int) {
	for i, v := range row {
		lines := s.wrap(s.cell(v, t.Columns[i].Kind), w[i]-4)
		out = append(out, lines)
		most = max(most, len(lines))
	}
	return out, max(most, 1)
}

func (s *sheet) height(t Table, w []float64, size float64, row []any) float64 {
	s.font("", size)
	_, most := s.cells(t, w, row)
	return float64(most)*4.4 + 2
}

func (s *sheet) row(t Table, w []float64, size float64, row []any, head bool) {
	s.font("", size)
	s.ink(30)
	if head {
		s.font("B", size)
		s.ink(70)
	}
	cells, most := s.cells(t, w, row)
	x, y := margin, s.GetY()
	height := float64(most)*4.4 + 2
	s.SetAutoPageBreak(false, 0)
	for i, lines := range cells {
		align := "L"
		if t.Columns[i].Kind.right() {
			align = "R"
		}
		for j, l := range lines {
			s.SetXY(x, y+1+float64(j)*4.4)
			s.CellFormat(w[i]-4, 4.4, l, "", 0, align, false, 0, "")
		}
		x += w[i]
	}
	s.SetDrawColor(205, 209, 214)
	if head {
		s.SetDrawColor(120, 126, 134)
	}
	s.Line(margin, y+height, 210-margin, y+height)
	s.SetAutoPageBreak(true, bottom)
	s.SetXY(margin, y+height)
}
