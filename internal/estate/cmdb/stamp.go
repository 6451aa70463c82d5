package cmdb

import (
	"encoding/binary"
	"time"

	"github.com/google/uuid"

	"vigie/internal/platform/db"
)

// changeID makes the id of a change: a UUIDv7 of the change's own time, so that the key of ci_change is its order in time even
// where the clock is not the machine's. Changes of the same instant keep the order in which they were noted: behind the time
// come microseconds, then the place of a fresh UUIDv7 (which only grows), then chance.
func changeID(at db.Time) string {
	fresh := uuid.Must(uuid.NewV7())
	place := binary.BigEndian.Uint64(fresh[:8])>>16<<12 | uint64(binary.BigEndian.Uint16(fresh[6:8])&0xFFF)
	chance := uint64(binary.BigEndian.Uint16(fresh[14:]))
	var u uuid.UUID
	stamp(&u, at.Time)
	binary.BigEndian.PutUint16(u[6:], 0x7000|uint16(at.UnixMicro()%1000)<<2)
	binary.BigEndian.PutUint64(u[8:], 1<<63|(place<<18>>2)|chance)
	return u.String()
}

// firstID is the smallest id that a change at this time can have.
func firstID(at time.Time) string {
	var u uuid.UUID
	stamp(&u, at)
	return u.String()
}

func stamp(u *uuid.UUID, at time.Time) {
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(max(0, at.UnixMilli())))
	copy(u[:6], ms[2:])
}
