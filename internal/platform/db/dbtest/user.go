package dbtest

import "vigie/internal/platform/db"

// User is a row of app_user, for tests of rooms below the one that keeps people, or beside it.
type User struct {
	ID           string  `db:"id"`
	Email        string  `db:"email"`
	Name         string  `db:"name"`
	PasswordHash string  `db:"password_hash"`
	Role         string  `db:"role"`
	CustomerID   db.Null `db:"customer_id"`
	Limited      bool    `db:"limited"`
	Language     string  `db:"language"`
	TimeZone     string  `db:"time_zone"`
	Theme        string  `db:"theme"`
	Version      int64   `db:"version"`
	CreatedAt    db.Time `db:"created_at"`
	UpdatedAt    db.Time `db:"updated_at"`
}
