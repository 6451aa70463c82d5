package cmdb

import (
	"encoding/binary"
	"time"

	"github.com/google/uuid"

	"vigie/internal/platform/db"
)

// changeID makes the id of a change: a UUIDv7 of the change's own time, so that the key of ci_change is its order in time even
// where the clock is not the machine's.
func changeID(at db.Time) string {
	u := uuid.Must(uuid.NewV7())
	stamp(&u, at.Time)
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
