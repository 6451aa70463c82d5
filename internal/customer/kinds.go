package customer

import (
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// Kinds are the types of records of this room that others hang things on.
func Kinds() []subject.Kind {
	kinds := []subject.Kind{
		{Type: "customer", Table: "customer", Title: "name", Customer: "id", Read: permission.CustomerRead, Write: permission.CustomerWrite, Fields: true,
			Page: func(id string) string { return "/customers/" + id }},
	}
	for _, r := range OpenRegisters(register.Parts{}).All() {
		kinds = append(kinds, r.Kind())
	}
	return kinds
}
