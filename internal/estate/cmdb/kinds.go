package cmdb

import (
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// Kinds are the types of records of this room that others hang things on.
func Kinds() []subject.Kind {
	return []subject.Kind{
		{Type: "ci", Table: "ci", Title: "name", Read: permission.CIRead, Write: permission.CIWrite, Fields: true, Page: func(id string) string { return "/cis/" + id }},
		{Type: "workload", Table: "workload", Title: "name", Read: permission.WorkloadRead, Write: permission.WorkloadWrite, Fields: true,
			Page: func(id string) string { return "/workloads/" + id }},
	}
}
