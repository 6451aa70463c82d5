package register

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"vigie/internal/platform/db"
	"vigie/internal/record/field"
)

// Head and Tail are embedded first and last in the struct of a register: what every record has.
type Head struct {
	CustomerID string `db:"customer_id" json:"-"`
	ID         string `db:"id" json:"id"`
	Customer   string `db:"-" json:"customer" doc:"Slug."`

	path string
}

// Self is the record's address below /api/v1.
func (h Head) Self() string { return h.path + "/" + h.ID }

//lint:ignore U1000 promoted into every register's struct, where the interface record asks for it
func (h *Head) head() *Head { return h }

// Tail is the other half of Head.
type Tail struct {
	Custom    field.Values `db:"-" json:"custom" file:"-"`
	Version   int64        `db:"version" json:"version"`
	CreatedAt db.Time      `db:"created_at" json:"created_at"`
	UpdatedAt db.Time      `db:"updated_at" json:"updated_at"`
}

// Extra implements api.Extra: what files have of custom fields.
func (t Tail) Extra(column string) any { return t.Custom.Extra(column) }

// Revision makes the ETag.
func (t Tail) Revision() int64 { return t.Version }

//lint:ignore U1000 promoted into every register's struct, where the interface record asks for it
func (t *Tail) tail() *Tail { return t }

// record is a pointer to a struct that embeds both.
type record interface {
	head() *Head
	tail() *Tail
}

// Date is a day without a time zone, as ISO 8601 has it; empty for none. Its texts sort as the days do.
type Date string

// Valid tells whether the text is a day that the calendar has.
func (d Date) Valid() bool {
	_, err := time.Parse(time.DateOnly, string(d))
	return err == nil
}

// Money is an amount in a currency; the zero Money is none. In the database it is one text, "12.30 EUR".
type Money struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

func (m Money) String() string { return strings.TrimSpace(m.Amount + " " + m.Currency) }

// Value implements driver.Valuer.
func (m Money) Value() (driver.Value, error) { return m.String(), nil }

// Scan implements sql.Scanner.
func (m *Money) Scan(src any) error {
	s, err := textOf(src)
	m.Amount, m.Currency, _ = strings.Cut(s, " ")
	return err
}

// Cell is how spreadsheets have it.
func (m Money) Cell() string { return m.String() }

// MarshalJSON writes null for none.
func (m Money) MarshalJSON() ([]byte, error) {
	type plain Money
	if m == (Money{}) {
		return []byte("null"), nil
	}
	return json.Marshal(plain(m))
}

// Schema implements huma.SchemaProvider.
func (Money) Schema(r huma.Registry) *huma.Schema {
	text := &huma.Schema{Type: huma.TypeString}
	return &huma.Schema{Type: huma.TypeObject, Nullable: true, Properties: map[string]*huma.Schema{"amount": text, "currency": text},
		Required: []string{"amount", "currency"}, AdditionalProperties: false}
}

// Choices are some of a field's values, in their order.
type Choices []string

// Cell is how spreadsheets have it.
func (c Choices) Cell() string { return strings.Join(c, ",") }

// Value implements driver.Valuer.
func (c Choices) Value() (driver.Value, error) { return jsonText([]string(c), len(c)) }

// Scan implements sql.Scanner.
func (c *Choices) Scan(src any) error { return jsonScan(src, (*[]string)(c)) }

// MarshalJSON writes a list, also where it is empty.
func (c Choices) MarshalJSON() ([]byte, error) {
	if c == nil {
		return []byte("[]"), nil
	}
	return json.Marshal([]string(c))
}

// Pair is one entry of an ordered list: what it is, and its value.
type Pair struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
}

// Pairs is an ordered list, the first preferred.
type Pairs []Pair

// Cell is how spreadsheets have it: "phone:+33 1 23; chat:@ada".
func (p Pairs) Cell() string {
	parts := make([]string, len(p))
	for i, pair := range p {
		parts[i] = pair.Kind + ":" + pair.Value
	}
	return strings.Join(parts, "; ")
}

// Value implements driver.Valuer.
func (p Pairs) Value() (driver.Value, error) { return jsonText([]Pair(p), len(p)) }

// Scan implements sql.Scanner.
func (p *Pairs) Scan(src any) error { return jsonScan(src, (*[]Pair)(p)) }

// MarshalJSON writes a list, also where it is empty.
func (p Pairs) MarshalJSON() ([]byte, error) {
	if p == nil {
		return []byte("[]"), nil
	}
	return json.Marshal([]Pair(p))
}

func jsonText(v any, n int) (driver.Value, error) {
	if n == 0 {
		return "[]", nil
	}
	b, err := json.Marshal(v)
	return string(b), err
}

// jsonScan gives nil for an empty list, so that equal values are deeply equal.
func jsonScan[T any](src any, into *[]T) error {
	s, err := textOf(src)
	*into = nil
	if err != nil || s == "" || s == "[]" {
		return err
	}
	return json.Unmarshal([]byte(s), into)
}

func textOf(src any) (string, error) {
	switch v := src.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case []byte:
		return string(v), nil
	}
	return "", fmt.Errorf("scan: unexpected %T", src)
}

var (
	typeText     = reflect.TypeFor[string]()
	typeNumber   = reflect.TypeFor[*int64]()
	typeDuration = reflect.TypeFor[Duration]()
	typeShare    = reflect.TypeFor[Share]()
	typeRef      = reflect.TypeFor[db.Null]()
	typeDate     = reflect.TypeFor[Date]()
	typeInstant  = reflect.TypeFor[db.Time]()
	typeMoney    = reflect.TypeFor[Money]()
	typeBool     = reflect.TypeFor[bool]()
	typeChoices  = reflect.TypeFor[Choices]()
	typePairs    = reflect.TypeFor[Pairs]()
)
