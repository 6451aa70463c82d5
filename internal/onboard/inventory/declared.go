package inventory

import (
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
)

// Declared is how many of one kind a customer says it has.
type Declared struct {
	register.Head
	Kind          string  `db:"kind" json:"kind" field:"choice values=aws_accounts|ec2_instances|rds_databases|ecs_clusters|emr_clusters|eks_clusters|serverless_applications|redshift_clusters|cicd_pipelines required sort filter"`
	Number        *int64  `db:"declared" json:"declared" field:"number max=1000000 sort filter" doc:"How many there are, as the customer says."`
	Source        string  `db:"source" json:"source" field:"choice values=hand|assessment default=hand required filter fixed" doc:"Where the number was taken from."`
	Explanation   string  `db:"explanation" json:"explanation" field:"long search help" doc:"Why it differs from what is counted."`
	AcceptedBy    string  `db:"accepted_by" json:"accepted_by" field:"text extra fixed"`
	AcceptedAt    db.Time `db:"accepted_at" json:"accepted_at" field:"instant sort extra fixed"`
	AcceptedCount *int64  `db:"accepted_count" json:"accepted_count" field:"number max=100000000 extra fixed" doc:"What was counted when the difference was accepted."`
	register.Tail
}

var declaredNumbers = register.Declaration[Declared]{Name: "declared_inventory", Path: "/declared-inventory", Tag: "Declared inventory", Title: "kind", Icon: "clipboard-check",
	Read: permission.InventoryRead, Write: permission.InventoryWrite, Taken: "inventory.bad.taken", Settle: settle}

// settle takes an acceptance away when the number changes that it was given for.
func settle(before Declared, rec *Declared) {
	if before.Kind != rec.Kind || number(before.Number) != number(rec.Number) {
		rec.AcceptedBy, rec.AcceptedAt, rec.AcceptedCount = "", db.Time{}, nil
		if before.Source == rec.Source && before.Kind != "" {
			rec.Source = "hand"
		}
	}
}

// number reads what may not be said; -1 is not.
func number(n *int64) int64 {
	if n == nil {
		return -1
	}
	return *n
}

// Target is what is not deployed yet.
type Target struct {
	register.Head
	Name       string        `db:"name" json:"name" field:"text required sort filter search"`
	Kind       string        `db:"kind" json:"kind" field:"choice values=aws_accounts|ec2_instances|rds_databases|ecs_clusters|emr_clusters|eks_clusters|serverless_applications|redshift_clusters|cicd_pipelines required sort filter"`
	Number     *int64        `db:"number" json:"number" field:"number max=1000000 sort"`
	ExpectedOn register.Date `db:"expected_on" json:"expected_on" field:"date sort filter"`
	Workload   db.Null       `db:"workload_id" json:"workload" field:"ref to=workload filter" doc:"Id of the workload that it is for."`
	Note       string        `db:"note" json:"note" field:"long search extra"`
	register.Tail
}

var targets = register.Declaration[Target]{Name: "target_item", Path: "/target-items", Tag: "Target items", Icon: "hourglass", Read: permission.InventoryRead, Write: permission.InventoryWrite, Check: checkTarget}

func checkTarget(t Target, bad *fault.Fields) {
	if t.Number != nil && *t.Number == 0 {
		bad.Add("number", "inventory.bad.none")
	}
}

// OpenDeclared makes the register of declared numbers stand on its parts.
func OpenDeclared(p register.Parts) *register.Register[Declared] {
	return register.Define(declaredNumbers, p)
}

// OpenTargets makes the register of target items stand on its parts.
func OpenTargets(p register.Parts) *register.Register[Target] { return register.Define(targets, p) }
