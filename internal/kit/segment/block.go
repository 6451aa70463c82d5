package segment

import (
	"encoding/binary"
	"errors"

	"github.com/google/uuid"
)

// blockRows is how many rows a block has: some 20 kB, of which a page of a list reads a few.
const blockRows = 512

// entry is a row of a list.
type entry struct {
	name string
	id   string
}

// less is the order of a list: by name, then by id.
func (e entry) less(o entry) bool {
	if e.name != o.name {
		return e.name < o.name
	}
	return e.id < o.id
}

// encode writes entries: 16 bytes of the id, the length of the name, the name.
func encode(b []byte, e entry) ([]byte, error) {
	u, err := uuid.Parse(e.id)
	if err != nil {
		return nil, err
	}
	b = append(b, u[:]...)
	b = binary.AppendUvarint(b, uint64(len(e.name)))
	return append(b, e.name...), nil
}

var errBlock = errors.New("segment: a block is cut off")

// block is an encoded block, and where its rows begin: names and ids are made of those alone that are asked for.
type block struct {
	b  []byte
	at []int
}

// open checks a block and finds its rows.
func open(b []byte) (block, error) {
	out := block{b, make([]int, 0, blockRows)}
	for i := 0; i < len(b); {
		if len(b)-i < 17 {
			return out, errBlock
		}
		n, used := binary.Uvarint(b[i+16:])
		if used <= 0 || uint64(len(b)-i-16-used) < n {
			return out, errBlock
		}
		out.at = append(out.at, i)
		i += 16 + used + int(n)
	}
	return out, nil
}

// entry gives row i, which the block must have.
func (b block) entry(i int) entry {
	from := b.at[i]
	n, used := binary.Uvarint(b.b[from+16:])
	from += 16
	return entry{string(b.b[from+used:][:n]), uuid.UUID(b.b[from-16 : from]).String()}
}
