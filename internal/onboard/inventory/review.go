package inventory

// Kinds are the nine kinds of an assessment, in its order.
var Kinds = []string{"aws_accounts", "ec2_instances", "rds_databases", "ecs_clusters", "emr_clusters", "eks_clusters", "serverless_applications", "redshift_clusters", "cicd_pipelines"}

// typesOf are the types of CIs that count as a kind; accounts are counted as discovery knows them.
var typesOf = map[string]string{"ec2_instances": "AWS::EC2::Instance", "rds_databases": "AWS::RDS::DBInstance", "ecs_clusters": "AWS::ECS::Cluster", "emr_clusters": "AWS::EMR::Cluster",
	"eks_clusters": "AWS::EKS::Cluster", "serverless_applications": "AWS::Serverless::Application", "redshift_clusters": "AWS::Redshift::Cluster", "cicd_pipelines": "AWS::CodePipeline::Pipeline"}

// Standing says how a declared number stands beside what is counted.
type Standing string

// The standings.
const (
	Unsaid   Standing = "unsaid"   // nobody has declared it
	Same     Standing = "same"     // both are equal
	ToCome   Standing = "to_come"  // what is missing is still to be deployed
	Accepted Standing = "accepted" // the difference is explained, and somebody accepts it
	Open     Standing = "open"     // the difference waits for an explanation
)

// Counted is what discovery found of one kind.
type Counted struct {
	Number int64
	Whole  bool // every look at this type was complete; otherwise there may be more
}

// Line is one kind of the review.
type Line struct {
	Kind       string   `json:"kind"`
	ID         string   `json:"id" doc:"Of the declared number; empty where nobody has declared it."`
	Declared   *int64   `json:"declared"`
	Source     string   `json:"source"`
	Discovered int64    `json:"discovered"`
	Whole      bool     `json:"whole" doc:"Discovery could look everywhere; otherwise there may be more."`
	ToCome     int64    `json:"to_come" doc:"Target items that are not deployed yet."`
	Difference int64    `json:"difference" doc:"Discovered less declared."`
	Standing   Standing `json:"standing" enum:"unsaid,same,to_come,accepted,open"`
	Why        string   `json:"explanation"`
	AcceptedBy string   `json:"accepted_by"`
	version    int64
}

// Review lays declared numbers beside counted ones. An acceptance holds as long as both numbers are those that it was given for.
func Review(declared []Declared, counted map[string]Counted, toCome map[string]int64) []Line {
	by := map[string]Declared{}
	for _, d := range declared {
		by[d.Kind] = d
	}
	out := make([]Line, 0, len(Kinds))
	for _, kind := range Kinds {
		c := counted[kind]
		l := Line{Kind: kind, Discovered: c.Number, Whole: c.Whole, ToCome: toCome[kind], Standing: Unsaid}
		if d, ok := by[kind]; ok {
			l.ID, l.Declared, l.Source, l.Why, l.AcceptedBy, l.version = d.ID, d.Number, d.Source, d.Explanation, d.AcceptedBy, d.Version
			if d.Number != nil {
				l.Difference = c.Number - *d.Number
				l.Standing = standing(d, c.Number, l.ToCome)
			}
		}
		out = append(out, l)
	}
	return out
}

func standing(d Declared, counted, toCome int64) Standing {
	switch {
	case *d.Number == counted:
		return Same
	case !d.AcceptedAt.IsZero() && number(d.AcceptedCount) == counted:
		return Accepted
	case *d.Number == counted+toCome:
		return ToCome
	}
	return Open
}
