package sample

import (
	"context"
	"fmt"

	"vigie/internal/app"
	"vigie/internal/onboard/question"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

type given = map[string]any

// assessments: the main customer has answered before its service began; one has just handed in; a prospect has begun.
func assessments(ctx context.Context, a *app.App, op permission.Actor) error {
	workload := func(name, does, criticality, rto, rpo string, users float64, environments ...any) given {
		return given{"name": name, "description": does, "criticality": criticality, "rto": rto, "rpo": rpo, "users": users, "environments": environments}
	}
	tool := func(purpose, name string, stays bool) given {
		return given{"purpose": purpose, "name": name, "stays": stays}
	}
	for _, s := range []struct {
		customer, who string
		answers       given
		handIn        bool
		remark        string
	}{
		{"meridian", "Claire Vasseur", given{
			"company_name": "Meridian Freight", "business": "Fret maritime et routier en Europe et en Asie : suivi des colis, douane, entrepôts.", "countries": "France, Belgique, Allemagne, Japon",
			"languages": []any{"fr", "en"}, "contact_name": "Claire Vasseur", "contact_email": "claire@meridian.example", "start_date": "2026-10-01",
			"workloads": []any{
				workload("Parcel tracking", "Où est mon colis, pour les clients et les agences", "critical", "PT1H", "PT15M", 42000, "production", "staging"),
				workload("Customs declarations", "Déclarations en douane", "high", "PT4H", "PT1H", 180, "production", "test"),
				workload("Warehouse management", "Quais, stocks, étiquettes", "high", "PT4H", "PT1H", 650, "production", "staging", "development"),
				workload("Data platform", "Rapports de la direction", "medium", "P1D", "P1D", 60, "production"),
			},
			"criticality": "critical", "growth": 12.0, "users_internal": 1200.0, "users_external": 42000.0, "requests_month": 85.0, "incidents_month": 14.0, "changes_month": 40.0,
			"service_tier": "24x7", "night_reason": "Les camions roulent la nuit, et les déclarations en douane n’attendent pas.", "maintenance_window": "Dimanche de 2 h à 5 h, heure de Paris", "peak": "De la mi-novembre à Noël",
			"aws_accounts": 4.0, "ec2_instances": 46.0, "rds_databases": 9.0, "ecs_clusters": 2.0, "emr_clusters": 0.0, "eks_clusters": 1.0, "serverless_applications": 7.0, "redshift_clusters": 1.0, "cicd_pipelines": 12.0,
			"infrastructure_as_code": 70.0, "elsewhere": true, "elsewhere_what": "Deux lignes vers le centre de données de Roubaix.", "rto": "PT4H", "rpo": "PT1H", "backups": true, "restore_tested": "2026-03-14",
			"compliance": []any{"gdpr", "iso27001"}, "personal_data": true, "data_residency": "Union européenne", "operated_by": "both", "contract_end": "2026-12-31",
			"current_tools": []any{tool("ticketing", "Jira Service Management", true), tool("monitoring", "Zabbix", false), tool("cicd", "GitLab CI", true), tool("backup", "AWS Backup", true)},
			"pains":         "Trop d’appels la nuit, et personne ne sait si la sauvegarde tient ce que nous promettons.", "wishes": "Une facture que l’on peut prévoir, et un seul interlocuteur.", "budget": 32000.0,
		}, true, "Le suivi des colis demande mieux que l’objectif d’ensemble : voir le tableau des charges de travail."},
		{"nordlys", "Freja Holm", given{
			"company_name": "Nordlys Energi", "business": "Wind farms in Denmark and Norway: forecasts, trading, maintenance planning.", "languages": []any{"en"}, "contact_name": "Freja Holm", "contact_email": "freja@nordlys.example",
			"workloads":   []any{workload("Forecasts", "Wind and price forecasts, every ten minutes", "high", "PT2H", "PT30M", 90, "production", "test"), workload("Field app", "Work orders for technicians", "medium", "PT8H", "PT4H", 240, "production")},
			"criticality": "high", "users_internal": 330.0, "requests_month": 25.0, "incidents_month": 6.0, "service_tier": "12x5", "aws_accounts": 2.0, "ec2_instances": 11.0, "rds_databases": 3.0, "serverless_applications": 4.0,
			"elsewhere": false, "rto": "PT4H", "rpo": "PT1H", "compliance": []any{"gdpr", "nis2"}, "personal_data": false, "operated_by": "own", "pains": "Two people know everything, and one of them leaves.",
		}, true, ""},
		{"atelier-lumen", "Étienne Roy", given{
			"company_name": "Atelier Lumen", "business": "Luminaires sur mesure, vendus en ligne au Canada et en France.", "languages": []any{"fr"}, "contact_name": "Étienne Roy", "contact_email": "etienne@lumen.example",
			"workloads": []any{workload("Boutique en ligne", "Catalogue et commandes", "critical", "PT2H", "PT1H", 9000, "production")}, "users_internal": 45.0,
		}, false, ""},
	} {
		w, err := a.Asked.Create(ctx, op, question.NewAssessment{Customer: s.customer})
		if err != nil {
			return fmt.Errorf("sample assessment of %s: %w", s.customer, err)
		}
		l, _, err := a.Asked.CreateLink(ctx, op, w.ID, question.NewLink{Name: s.who, Days: 30})
		if err != nil {
			return fmt.Errorf("sample link of %s: %w", s.customer, err)
		}
		guest := permission.GrantLink(permission.Actor{Name: s.who, Kind: permission.Link, Via: l.ID}, db.Grant(w.CustomerID), question.Door.Actions...)
		if _, _, err := a.Asked.Answer(ctx, guest, w.ID, question.Fill{Answers: s.answers}); err != nil {
			return fmt.Errorf("sample answers of %s: %w", s.customer, err)
		}
		if s.handIn {
			if _, err := a.Asked.HandIn(ctx, guest, w.ID); err != nil {
				return fmt.Errorf("sample hand-in of %s: %w", s.customer, err)
			}
		}
		if s.remark != "" {
			if _, err := a.Asked.Review(ctx, op, w.ID, s.remark); err != nil {
				return fmt.Errorf("sample review of %s: %w", s.customer, err)
			}
		}
	}
	return nil
}

// PrivateLink makes a link to the assessment that a prospect has begun.
func PrivateLink(ctx context.Context, a *app.App) (string, error) {
	op := a.Operator("vigie demo")
	all, err := a.Asked.All(ctx, op, "atelier-lumen")
	if err != nil || len(all) == 0 {
		return "", fmt.Errorf("sample link: %d assessments: %w", len(all), err)
	}
	_, address, err := a.Asked.CreateLink(ctx, op, all[0].ID, question.NewLink{Name: "Étienne Roy", Days: 30})
	return address, err
}
