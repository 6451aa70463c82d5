package cmdb

import (
	"encoding/json"
	"strings"

	"vigie/internal/record/intake"
)

// Intakes are the lists of this room that take CSV files in.
func (s *Service) Intakes() []intake.Target { return []intake.Target{ciIntake{}, relationIntake{}} }

// ciOf reads one line.
func ciOf(s *intake.Sheet, row intake.Row) NewCI {
	c := row.Cells()
	n := NewCI{Type: c["type"], Name: c["name"], ExternalID: c["external_id"], ARN: c["arn"], Account: c["account"], Region: c["region"],
		Environment: c["environment"], Criticality: c["criticality"], Owner: c["owner"], Workload: c["workload"]}
	if n.Workload == "" {
		n.Workload = c["workload_name"]
	}
	if text := c["tags"]; text != "" {
		if err := json.Unmarshal([]byte(text), &n.Tags); err != nil {
			s.Bad(row.Line, "tags", "cmdb.fault.json_texts")
		}
	}
	if text := c["attributes"]; text != "" {
		if err := json.Unmarshal([]byte(text), &n.Attributes); err != nil {
			s.Bad(row.Line, "attributes", "cmdb.fault.json")
		}
	}
	for column, value := range c {
		if key, ok := strings.CutPrefix(column, "tag."); ok {
			if n.Tags == nil {
				n.Tags = map[string]string{}
			}
			n.Tags[key] = value
		}
	}
	return n
}
