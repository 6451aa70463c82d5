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

func decode(b []byte) ([]entry, error) {
	out := make([]entry, 0, blockRows)
	for len(b) > 0 {
		if len(b) < 17 {
			return nil, errBlock
		}
		u := uuid.UUID(b[:16])
		n, used := binary.Uvarint(b[16:])
		if used <= 0 || uint64(len(b)-16-used) < n {
			return nil, errBlock
		}
		b = b[16+used:]
		out = append(out, entry{string(b[:n]), u.String()})
		b = b[n:]
	}
	return out, nil
}
