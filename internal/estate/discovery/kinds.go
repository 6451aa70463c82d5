package discovery

import (
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// Kinds are the types of records of this room that others hang things on.
func Kinds() []subject.Kind {
	return []subject.Kind{
		{Type: "account", Table: "account", Title: "account_id", Also: []string{"name"}, Read: permission.AccountRead, Write: permission.AccountWrite,
			Page: func(id string) string { return "/accounts/" + id }},
		{Type: "discovery_run", Table: "discovery_run", Title: "state", Nameless: true, Read: permission.DiscoveryRead, Write: permission.DiscoveryRun,
			Page: func(id string) string { return "/discovery/" + id }},
	}
}
