package file

import (
	"bytes"
	"encoding/binary"
	"io"
)

// orientation finds how a photograph is to be turned, in the EXIF part of a JPEG; 1, as it is, where nothing is said or nothing can be
// made of it.
func orientation(r io.ReadSeeker) int {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return 1
	}
	head := make([]byte, 64<<10)
	n, err := io.ReadFull(r, head)
	if n < 4 || err != nil && n == 0 {
		return 1
	}
	head = head[:n]
	for at := 2; at+4 <= len(head) && head[at] == 0xff; {
		marker, size := head[at+1], int(binary.BigEndian.Uint16(head[at+2:]))
		if size < 2 || at+2+size > len(head) || marker == 0xda {
			return 1
		}
		part := head[at+4 : at+2+size]
		if marker == 0xe1 && bytes.HasPrefix(part, []byte("Exif\x00\x00")) {
			return tagOf(part[6:])
		}
		at += 2 + size
	}
	return 1
}

// tagOf reads tag 0x0112 of the first directory of a TIFF head.
func tagOf(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return 1
	}
	count := uint64(order.Uint16(tiff[at:]))
	for i := range count {
		entry := at + 2 + 12*i
		if entry+12 > uint64(len(tiff)) {
			return 1
		}
		if order.Uint16(tiff[entry:]) == 0x0112 {
			if v := int(order.Uint16(tiff[entry+8:])); v >= 1 && v <= 8 {
				return v
			}
			return 1
		}
	}
	return 1
}
