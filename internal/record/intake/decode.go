package intake

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// The encodings that are understood, as answers name them.
const (
	UTF8        = "UTF-8"
	UTF16       = "UTF-16"
	Windows1252 = "Windows-1252"
)

// decode gives a file as UTF-8. A byte order mark decides; without one, zero bytes where Latin letters have theirs mean UTF-16, and
// what is no UTF-8 is what spreadsheets on Windows write.
func decode(file []byte) (text []byte, encoding string, ok bool) {
	switch {
	case bytes.HasPrefix(file, []byte("\xef\xbb\xbf")):
		file = file[3:]
		return file, UTF8, readable(file)
	case bytes.HasPrefix(file, []byte("\xff\xfe")):
		return wide(file[2:], binary.LittleEndian)
	case bytes.HasPrefix(file, []byte("\xfe\xff")):
		return wide(file[2:], binary.BigEndian)
	}
	head := file[:min(len(file), 400)]
	if n := bytes.Count(head, []byte{0}); n > 0 && n >= len(head)/4 {
		if head[0] == 0 {
			return wide(file, binary.BigEndian)
		}
		return wide(file, binary.LittleEndian)
	}
	if utf8.Valid(file) {
		return file, UTF8, readable(file)
	}
	out := make([]byte, 0, len(file)+len(file)/8)
	for _, b := range file {
		r := rune(b)
		if b >= 0x80 && b < 0xA0 {
			if r = windows[b-0x80]; r == 0 {
				return nil, Windows1252, false
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return out, Windows1252, readable(out)
}

func readable(text []byte) bool { return utf8.Valid(text) && bytes.IndexByte(text, 0) < 0 }

func wide(file []byte, order binary.ByteOrder) ([]byte, string, bool) {
	if len(file)%2 != 0 {
		return nil, UTF16, false
	}
	units := make([]uint16, len(file)/2)
	for i := range units {
		units[i] = order.Uint16(file[2*i:])
	}
	out := make([]byte, 0, len(file))
	for _, r := range utf16.Decode(units) {
		if r == utf8.RuneError {
			return nil, UTF16, false
		}
		out = utf8.AppendRune(out, r)
	}
	return out, UTF16, readable(out)
}

// windows are the characters 0x80 to 0x9F of Windows-1252; zero where there is none.
var windows = [32]rune{'€', 0, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0, 'Ž', 0, 0, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0, 'ž', 'Ÿ'}

// delimiters are what spreadsheets of different countries put between cells.
const delimiters = ",;\t|"

// delimiterOf finds the delimiter that stands most often in the head, quoted cells left out.
func delimiterOf(text []byte) rune {
	count, quoted := map[rune]int{}, false
	for _, b := range text {
		if b == '"' {
			quoted = !quoted
		}
		if quoted {
			continue
		}
		if b == '\n' {
			break
		}
		count[rune(b)]++
	}
	best := ','
	for _, d := range delimiters {
		if count[d] > count[best] {
			best = d
		}
	}
	return best
}
