package customer

import (
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// Kinds are the types of records of this room that others hang things on.
func Kinds() []subject.Kind {
	return []subject.Kind{
		{Type: "customer", Table: "customer", Title: "name", Customer: "id", Read: permission.CustomerRead, Write: permission.CustomerWrite,
			Page: func(id string) string { return "/customers/" + id }},
		{Type: "contact", Table: "contact", Title: "name", Read: permission.ContactRead, Write: permission.ContactWrite},
	}
}
