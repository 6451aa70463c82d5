package requirement

import (
	"path"
	"slices"
	"strings"
)

// Backup is one way in which a part is saved.
type Backup struct {
	Part  string // id of what is saved
	By    Evidence
	Every int64 // minutes between two points that one can go back to, at most
	Days  int64 // how long a point is kept; 0 for ever
}

// Plan is a backup plan with what it takes in.
type Plan struct {
	Evidence
	Account, Region string
	Rules           []any // as discovery keeps them
	Selections      []Selection
}

// Selection is what a plan takes in: parts named in full, patterns of ARNs, and tags.
type Selection struct {
	Protects        []string // ids of parts
	Resources, Tags []string // patterns, and "key=value"
	NotResources    []string
}

func (s Selection) takes(p Part) bool {
	matches := func(pattern string) bool {
		ok, err := path.Match(strings.ReplaceAll(pattern, "/", "\x01"), strings.ReplaceAll(p.ARN, "/", "\x01"))
		return err == nil && ok && p.ARN != ""
	}
	if slices.ContainsFunc(s.NotResources, matches) {
		return false
	}
	if slices.Contains(s.Protects, p.ID) {
		return true
	}
	tagged := slices.ContainsFunc(s.Tags, func(pair string) bool {
		k, v, _ := strings.Cut(pair, "=")
		have, ok := p.Tags[k]
		return ok && have == v
	})
	if len(s.Resources) == 0 {
		return tagged
	}
	return slices.ContainsFunc(s.Resources, matches) && (len(s.Tags) == 0 || tagged)
}

// minutesOfService is how far apart the points are that AWS lets one go back to, where a service saves all the time: RDS names five minutes.
const minutesOfService = 5

// backupsOf gives all ways in which parts are saved, as far as the estate tells.
func backupsOf(parts []Part, plans []Plan) (out []Backup) {
	for _, p := range parts {
		own := Evidence{ID: p.ID, Name: p.Name, Type: p.Type}
		switch p.Type {
		case "AWS::RDS::DBInstance", "AWS::RDS::DBCluster":
			if days, ok := whole(p.Attributes["BackupRetentionPeriod"]); ok && days > 0 {
				out = append(out, Backup{Part: p.ID, By: own, Every: minutesOfService, Days: days})
			}
		case "AWS::DynamoDB::Table":
			if p.Attributes["PointInTimeRecoveryEnabled"] == true {
				out = append(out, Backup{Part: p.ID, By: own, Every: minutesOfService, Days: 35})
			}
		case "AWS::Redshift::Cluster":
			if days, ok := whole(p.Attributes["AutomatedSnapshotRetentionPeriod"]); ok && days > 0 {
				out = append(out, Backup{Part: p.ID, By: own, Every: 8 * 60, Days: days})
			}
		case "AWS::ElastiCache::ReplicationGroup", "AWS::ElastiCache::CacheCluster":
			if days, ok := whole(p.Attributes["SnapshotRetentionLimit"]); ok && days > 0 {
				out = append(out, Backup{Part: p.ID, By: own, Every: 24 * 60, Days: days})
			}
		}
		for _, plan := range plans {
			if plan.Account != p.Account || plan.Region != p.Region || !slices.ContainsFunc(plan.Selections, func(s Selection) bool { return s.takes(p) }) {
				continue
			}
			for _, r := range plan.Rules {
				rule, _ := r.(map[string]any)
				expression, _ := rule["ScheduleExpression"].(string)
				days, _ := whole(rule["DeleteAfterDays"])
				every, ok := interval(expression)
				if rule["EnableContinuousBackup"] == true {
					every, ok = minutesOfService, true
				}
				if ok {
					out = append(out, Backup{Part: p.ID, By: plan.Evidence, Every: every, Days: days})
				}
			}
		}
	}
	return out
}

// keepsData tells whether data is lost with the part, so that an RPO asks for a backup of it. A database that is one of a cluster is saved
// with the cluster.
func keepsData(p Part) bool {
	switch p.Type {
	case "AWS::RDS::DBInstance":
		return p.Attributes["DBClusterIdentifier"] == nil && p.Attributes["ReplicaSource"] == nil && p.Attributes["BackupRetentionPeriod"] != nil
	case "AWS::RDS::DBCluster":
		return p.Attributes["BackupRetentionPeriod"] != nil
	case "AWS::DynamoDB::Table":
		return p.Attributes["PointInTimeRecoveryEnabled"] != nil
	case "AWS::EFS::FileSystem", "AWS::Redshift::Cluster":
		return true
	}
	return false
}

// whole reads a number of the estate, which may have come by JSON.
func whole(v any) (int64, bool) {
	switch n := v.(type) {
	case float64:
		return int64(n), n == float64(int64(n))
	case int64:
		return n, true
	case int:
		return int64(n), true
	}
	return 0, false
}
