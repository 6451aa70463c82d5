package main

import (
	"fmt"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
)

var customers = []ui.Customer{
	{Slug: "acme", Name: "Acme Retail Group"}, {Slug: "aldgate", Name: "Aldgate Insurance"}, {Slug: "blanchard", Name: "Éditions Blanchard"},
	{Slug: "corvus", Name: "Corvus Logistics"}, {Slug: "dunmore", Name: "Dunmore Health Trust"}, {Slug: "ferrand", Name: "Ferrand et Fils"},
	{Slug: "halden", Name: "Halden Energi"}, {Slug: "isola", Name: "Isola Air"}, {Slug: "kestrel", Name: "Kestrel Payments"},
	{Slug: "lumen", Name: "Lumen Learning"},
}

func nav(p *ui.Page) []ui.NavSection {
	return []ui.NavSection{
		{Label: say(p, "Customers", "Clients"), Items: []ui.NavItem{
			{ID: "customers", Label: say(p, "All customers", "Tous les clients"), Href: "/customers", Icon: "building-community", Go: "c"},
			{ID: "accounts", Label: say(p, "Accounts", "Comptes"), Href: "/form", Icon: "key", Go: "a"},
		}},
		{Label: say(p, "Estate", "Parc"), Items: []ui.NavItem{
			{ID: "overview", Label: say(p, "Overview", "Vue d’ensemble"), Href: "/pictures", Icon: "layout-dashboard", Go: "o"},
			{ID: "inventory", Label: say(p, "Inventory", "Inventaire"), Href: "/", Icon: "server-2", Go: "i"},
			{ID: "changes", Label: say(p, "Changes", "Changements"), Href: "/changes", Icon: "git-compare", Go: "h", Count: "37"},
			{ID: "coverage", Label: say(p, "Coverage", "Couverture"), Href: "/states", Icon: "radar-2", Go: "v"},
		}},
		{Label: say(p, "Trust", "Confiance"), Items: []ui.NavItem{
			{ID: "people", Label: say(p, "People", "Personnes"), Href: "/people", Icon: "users", Go: "p"},
			{ID: "audit", Label: say(p, "Audit trail", "Piste d’audit"), Href: "/audit", Icon: "history"},
		}},
	}
}

type resource struct {
	id, name, kind, account, region, env, owner string
	tone                                        ui.Tone
	cost                                        string
	seen                                        time.Duration
}

var resources = func() []resource {
	base := []resource{
		{name: "prod-checkout-db", kind: "AWS::RDS::DBInstance", account: "acme-production", region: "eu-west-3", env: "production", owner: "Data platform", cost: "1284.40", seen: 4 * time.Minute, tone: ui.Good},
		{name: "web-fleet-a (blue)", kind: "AWS::AutoScaling::AutoScalingGroup", account: "acme-production", region: "eu-west-3", env: "production", owner: "Web", cost: "912.08", seen: 4 * time.Minute, tone: ui.Good},
		{name: "i-0a1b2c3d4e5f60718", kind: "AWS::EC2::Instance", account: "acme-legacy", region: "us-east-1", env: "production", cost: "96.12", seen: 51 * time.Hour, tone: ui.Soon},
		{name: "acme-invoices-archive-eu-west-3-210987654321", kind: "AWS::S3::Bucket", account: "acme-shared", region: "eu-west-3", env: "production", owner: "Finance systems", cost: "41.77", seen: 4 * time.Minute, tone: ui.Good},
		{name: "order-events", kind: "AWS::SQS::Queue", account: "acme-production", region: "eu-west-3", env: "production", owner: "Orders", cost: "3.20", seen: 4 * time.Minute, tone: ui.Good},
		{name: "nightly-reconciliation", kind: "AWS::StepFunctions::StateMachine", account: "acme-production", region: "eu-west-1", env: "production", owner: "Finance systems", cost: "12.90", seen: 6 * time.Hour, tone: ui.Good},
		{name: "staging-cache", kind: "AWS::ElastiCache::ReplicationGroup", account: "acme-staging", region: "eu-west-3", env: "staging", owner: "Web", cost: "210.00", seen: 4 * time.Minute, tone: ui.Good},
		{name: "vpn-to-headquarters", kind: "AWS::EC2::VPNConnection", account: "acme-network", region: "eu-west-3", env: "production", owner: "Network", cost: "36.50", seen: 4 * time.Minute, tone: ui.Bad},
		{name: "old-crm-import", kind: "AWS::Lambda::Function", account: "acme-legacy", region: "us-east-1", env: "unknown", cost: "0.02", seen: 9 * 24 * time.Hour, tone: ui.Off},
	}
	var all []resource
	for i := range 18 {
		r := base[i%len(base)]
		r.id = fmt.Sprintf("ci-%02d", i+1)
		if i >= len(base) {
			r.name += "-2"
		}
		all = append(all, r)
	}
	return all
}()

func word(p *ui.Page, tone ui.Tone) templ.Component {
	words := map[ui.Tone]string{ui.Good: say(p, "Active", "Actif"), ui.Soon: say(p, "Stale", "Périmé"), ui.Bad: say(p, "Tunnel down", "Tunnel coupé"), ui.Off: say(p, "Gone", "Disparu"), ui.Busy: say(p, "Running", "En cours")}
	return ui.Status(tone, words[tone])
}

func inventory(p *ui.Page, r *http.Request) ui.Table {
	items := resources
	q := ui.ParseList(r, "name")
	if q.Values.Has("none") {
		items = nil
	}
	list := ui.List{
		ID: "cis", Label: p.Title, Query: q, Total: ui.Total{N: 10000, Over: true}, Next: "b2Zmc2V0", Export: true,
		Search: say(p, "Name, ARN, address or tag", "Nom, ARN, adresse ou étiquette"),
		Filter: []ui.Filter{
			{Name: "type", Label: say(p, "Type", "Type"), Options: []ui.Option{{Value: "AWS::EC2::Instance", Label: "AWS::EC2::Instance", Count: p.Number(1204)}, {Value: "AWS::RDS::DBInstance", Label: "AWS::RDS::DBInstance", Count: "38"}, {Value: "AWS::S3::Bucket", Label: "AWS::S3::Bucket", Count: "212"}}},
			{Name: "environment", Label: say(p, "Environment", "Environnement"), Options: []ui.Option{{Value: "production", Label: say(p, "Production", "Production")}, {Value: "staging", Label: say(p, "Staging", "Préproduction")}}},
			{Name: "tag", Label: say(p, "Tag", "Étiquette")},
		},
		Bulk: []ui.BulkAction{{Label: say(p, "Set owner", "Définir le responsable"), Action: "/bulk/owner", Icon: "user-edit"}, {Label: say(p, "Remove", "Supprimer"), Action: "/bulk/remove", Icon: "trash", Danger: true}},
		Empty: ui.Empty{Title: say(p, "No resources yet", "Aucune ressource pour l’instant"), Text: say(p, "Resources appear here once an account is connected and the first discovery has run. That takes a few minutes.", "Les ressources apparaissent ici dès qu’un compte est relié et que la première découverte a tourné. Cela prend quelques minutes."),
			Action: ui.Link{Label: say(p, "Connect an account", "Relier un compte"), Href: "/form"}},
	}
	columns := []ui.Column[resource]{
		{Key: "name", Label: say(p, "Name", "Nom"), Sort: true, Cell: func(c resource) templ.Component { return ui.Cut(c.name) }},
		{Key: "type", Label: say(p, "Type", "Type"), Sort: true, Cell: func(c resource) templ.Component { return ui.Breakable(c.kind) }},
		{Key: "status", Label: say(p, "Status", "État"), NoWrap: true, Cell: func(c resource) templ.Component { return word(p, c.tone) }},
		{Key: "account", Label: say(p, "Account", "Compte"), Sort: true, NoWrap: true, Cell: func(c resource) templ.Component { return ui.Text(c.account) }},
		{Key: "region", Label: say(p, "Region", "Région"), Sort: true, NoWrap: true, Cell: func(c resource) templ.Component { return ui.Text(c.region) }},
		{Key: "owner", Label: say(p, "Owner", "Responsable"), Cell: func(c resource) templ.Component { return ui.Either(p, c.owner) }},
		{Key: "cost", Label: say(p, "Cost a month", "Coût mensuel"), Sort: true, Number: true, Cell: func(c resource) templ.Component { return ui.Text(p.Money(c.cost, "EUR")) }},
		{Key: "last_seen", Label: say(p, "Last seen", "Vu"), Sort: true, NoWrap: true, Cell: func(c resource) templ.Component { return ui.When(p, now.Add(-c.seen)) }},
		{Key: "environment", Label: say(p, "Environment", "Environnement"), Extra: true, Cell: func(c resource) templ.Component { return ui.Text(c.env) }},
	}
	return ui.NewTable(list, columns, items, func(c resource) ui.Row { return ui.Row{ID: c.id, Href: "/cis/" + c.id, Name: c.name} })
}

func database(p *ui.Page) ui.Record {
	return ui.Record{
		Kind: "AWS::RDS::DBInstance", Icon: "database", Title: "prod-checkout-db", Status: word(p, ui.Good), Actions: recordActions(p),
		Facts: []ui.Fact{
			{Label: say(p, "Customer", "Client"), Value: ui.Anchor("/", "Acme Retail Group")},
			{Label: say(p, "Account", "Compte"), Value: ui.Text("acme-production")},
			{Label: say(p, "Region", "Région"), Value: ui.Text("eu-west-3")},
			{Label: say(p, "Environment", "Environnement"), Value: ui.Text("production")},
			{Label: say(p, "Criticality", "Criticité"), Value: ui.Status(ui.Bad, say(p, "Vital", "Vitale"))},
			{Label: say(p, "Last seen", "Vu"), Value: ui.When(p, now.Add(-4*time.Minute))},
		},
		Tabs: []ui.Tab{{Label: say(p, "Facts", "Caractéristiques"), Href: "/cis/ci-01", Active: true}, {Label: say(p, "Impact", "Impact"), Href: "/cis/ci-01?tab=impact", Count: "42"}, {Label: say(p, "History", "Historique"), Href: "/cis/ci-01?tab=history"}},
		Panels: []ui.Panel{
			{Title: say(p, "Depends on", "Dépend de"), Count: "3", Href: "/cis/ci-01?tab=impact", Body: neighbours([]string{"subnet-0c3f (private-a)", "sg-0aa1 (database)", "alias/checkout"})},
			{Title: say(p, "Depended on by", "Utilisé par"), Count: "42", Href: "/cis/ci-01?tab=impact", Body: neighbours([]string{"web-fleet-a (blue)", "order-events", "nightly-reconciliation"})},
			{Title: say(p, "Availability, 30 days", "Disponibilité, 30 jours"), Count: p.Percent(0.9987), Body: ui.Strip(p, say(p, "Available on all days but the 9th and 17th", "Disponible tous les jours sauf les 9 et 17"), slots(p))},
		},
	}
}

func slots(p *ui.Page) []ui.Slot {
	list := make([]ui.Slot, 30)
	for i := range list {
		list[i] = ui.Slot{Label: fmt.Sprintf("2026-11-%02d", i+1), Text: say(p, "available", "disponible"), Tone: ui.Good}
	}
	list[8].Tone, list[8].Text = ui.Soon, say(p, "slow", "lent")
	list[16].Tone, list[16].Text = ui.Bad, say(p, "down", "en panne")
	return list
}

func growth(p *ui.Page) []ui.Point {
	var list []ui.Point
	for i, n := range []int{9120, 9870, 9902, 10540, 11012, 11044, 11790, 12408} {
		list = append(list, ui.Point{Label: fmt.Sprintf("2026-%02d", i+4), Text: p.Number(n), Value: float64(n)})
	}
	return list
}

func facts(p *ui.Page) []ui.Fact {
	return []ui.Fact{
		{Label: "ARN", Value: ui.Code("arn:aws:rds:eu-west-3:210987654321:db:prod-checkout-db")},
		{Label: say(p, "Engine", "Moteur"), Value: ui.Text("PostgreSQL 15.8")},
		{Label: say(p, "Class", "Classe"), Value: ui.Text("db.r6g.xlarge")},
		{Label: say(p, "Storage", "Stockage"), Value: ui.Text(p.Bytes(500_000_000_000))},
		{Label: say(p, "Multi-AZ", "Multi-AZ"), Value: ui.Text(say(p, "yes", "oui"))},
		{Label: say(p, "Maintenance window", "Fenêtre de maintenance"), Value: ui.None(p)},
		{Label: say(p, "Created", "Création"), Value: ui.Exactly(p, now.AddDate(-2, -3, 4))},
		{Label: say(p, "Tags", "Étiquettes"), Value: ui.Join(ui.Tag("application", "checkout"), ui.Tag("cost-centre", "4410"), ui.Tag("owner", "data-platform"), ui.Tag("backup", ""))},
	}
}

func entries(p *ui.Page) []ui.Entry {
	return []ui.Entry{
		{Icon: "edit", Actor: "Amara Okafor", Text: say(p, "changed two fields", "a modifié deux champs"), At: now.Add(-26 * time.Minute), Changes: []ui.Change{{Field: say(p, "Criticality", "Criticité"), Before: say(p, "High", "Haute"), After: say(p, "Vital", "Vitale")}, {Field: say(p, "Owner", "Responsable"), After: "Data platform"}}},
		{Icon: "radar-2", Text: say(p, "Discovery saw one change", "La découverte a vu un changement"), At: now.Add(-5 * time.Hour), Changes: []ui.Change{{Field: "DBInstanceClass", Before: "db.r6g.large", After: "db.r6g.xlarge"}}},
		{Icon: "message", Actor: "Jonas Brandt", Text: say(p, "wrote an internal note", "a écrit une note interne"), At: now.Add(-29 * time.Hour), Body: ui.Text(say(p, "Resized ahead of Black Friday; goes back on 2 December, see CHG-77.", "Agrandie avant le Black Friday ; retour le 2 décembre, voir CHG-77."))},
		{Icon: "mail", Actor: "Jonas Brandt", Text: say(p, "wrote to the customer", "a écrit au client"), At: now.Add(-30 * time.Hour), Public: true, Body: ui.Text(say(p, "We will enlarge the checkout database tonight at 22:00. No downtime is expected.", "Nous agrandirons la base de paiement ce soir à 22 h. Aucune interruption n’est prévue."))},
	}
}

func estate(p *ui.Page) ui.Graph {
	return ui.Graph{ID: "graph", Label: say(p, "What depends on prod-checkout-db", "Ce qui dépend de prod-checkout-db"),
		Nodes: []ui.Node{
			{ID: "db", Label: "prod-checkout-db", Kind: "RDS::DBInstance", Href: "/cis/ci-01", Focus: true},
			{ID: "asg", Label: "web-fleet-a (blue)", Kind: "AutoScalingGroup", Href: "/cis/ci-02"},
			{ID: "alb", Label: "checkout-public", Kind: "LoadBalancer", Href: "/cis/ci-03"},
			{ID: "cf", Label: "shop.acme.example", Kind: "CloudFront", Href: "/cis/ci-04"},
			{ID: "fn", Label: "order-writer", Kind: "Lambda::Function", Href: "/cis/ci-05", State: ui.Soon},
			{ID: "q", Label: "order-events", Kind: "SQS::Queue", Href: "/cis/ci-06"},
			{ID: "vpn", Label: "vpn-to-headquarters", Kind: "VPNConnection", Href: "/cis/ci-08", State: ui.Bad},
			{ID: "wl", Label: "Checkout", Kind: say(p, "Workload", "Charge de travail"), Href: "/cis/ci-09"},
		},
		Edges: []ui.Edge{{From: "asg", To: "db", Label: "depends on"}, {From: "alb", To: "asg", Label: "routes to"}, {From: "cf", To: "alb", Label: "routes to"}, {From: "fn", To: "db", Label: "depends on"}, {From: "q", To: "fn", Label: "triggers"}, {From: "vpn", To: "db", Label: "attached to"}, {From: "wl", To: "cf", Label: "contains"}, {From: "wl", To: "q", Label: "contains"}},
	}
}

func areas(p *ui.Page) []ui.Area {
	costs := map[string]float64{"EC2": 18240, "RDS": 9410, "S3": 4120, "Data transfer": 3870, "EKS": 3120, "CloudWatch": 1980, "ElastiCache": 1310, "NAT gateways": 1190, "Lambda": 640, "KMS": 210, "Route 53": 95}
	var list []ui.Area
	for _, name := range []string{"EC2", "RDS", "S3", "Data transfer", "EKS", "CloudWatch", "ElastiCache", "NAT gateways", "Lambda", "KMS", "Route 53"} {
		list = append(list, ui.Area{Label: name, Href: "/?type=" + name, Text: p.Money(fmt.Sprintf("%.0f", costs[name]), "EUR"), Value: costs[name]})
	}
	return list
}

func chart(p *ui.Page) ui.Chart {
	c := ui.Chart{ID: "found", Label: say(p, "Resources found by run", "Ressources trouvées par exécution")}
	var all, gone []*float64
	for i := range 28 {
		c.Times = append(c.Times, now.Add(time.Duration(i-28)*6*time.Hour))
		a, g := float64(9600+i*17+(i*i)%90), float64((i*7)%23)
		all, gone = append(all, &a), append(gone, &g)
	}
	all[11] = nil
	c.Series = []ui.Series{{Label: say(p, "Seen", "Vues"), Values: all}, {Label: say(p, "Gone", "Disparues"), Values: gone}}
	return c
}

func progress(p *ui.Page) ui.Progress {
	return ui.Progress{ID: "run", URL: "/run", Label: say(p, "Discovery of Acme Retail Group", "Découverte d’Acme Retail Group"), Done: 1184, Total: 3120,
		Detail: say(p, "acme-production, eu-west-3: 214 load balancers. You can leave this page.", "acme-production, eu-west-3 : 214 répartiteurs. Vous pouvez quitter cette page.")}
}

const policy = `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": ["ec2:Describe*", "rds:DescribeDBInstances", "s3:GetBucketPolicyStatus"],
      "Resource": "*"
    }
  ]
}`
