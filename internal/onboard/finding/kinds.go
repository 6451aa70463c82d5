package finding

import (
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// Kinds are the types of records of this room that others hang things on.
func Kinds() []subject.Kind {
	return []subject.Kind{
		{Type: kind, Table: "finding", Title: "title", First: "severity_rank, id", Read: permission.FindingRead, Write: permission.FindingImport, Page: func(id string) string { return "/findings/" + id }},
		{Type: importKind, Table: "finding_import", Title: "file", Read: permission.FindingRead, Write: permission.FindingImport},
	}
}
