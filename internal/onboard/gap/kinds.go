package gap

import (
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// Kinds are the types of records of this room that others hang things on.
func Kinds() []subject.Kind {
	return []subject.Kind{
		{Type: kind, Table: "gap", Title: "subject_name", Also: []string{"control"}, First: "severity_rank, id", Only: "verdict = 'fail'", Read: permission.GapRead, Write: permission.GapWrite, Page: func(id string) string { return "/gaps/" + id }},
		{Type: runKind, Table: "gap_run", Title: "state", Nameless: true, Read: permission.GapRead, Write: permission.GapWrite},
	}
}
