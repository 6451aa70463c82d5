package cmdb

import "strings"

// Environments and criticalities that Vigie knows; the empty word stands for "not known".
var (
	Environments  = []string{"production", "staging", "test", "development", "sandbox", "shared"}
	Criticalities = []string{"critical", "high", "medium", "low"}
)

// facts are what tags say about a CI.
type facts struct{ Environment, Criticality, Owner string }

// derive reads environment, criticality and owner from tags, in the spellings that customers use. Of several tags, the one whose key
// stands first in the list wins, so that the answer does not depend on the order of a map.
func derive(tags map[string]string) facts {
	if len(tags) == 0 {
		return facts{}
	}
	folded := make(map[string]string, len(tags))
	for _, k := range keysOf(tags) { // sorted: of "Env" and "env" the first one stays
		f := fold(k)
		if _, ok := folded[f]; !ok {
			folded[f] = strings.TrimSpace(tags[k])
		}
	}
	var out facts
	for _, k := range environmentKeys {
		if out.Environment = environmentOf(folded[k]); out.Environment != "" {
			break
		}
	}
	for _, k := range criticalityKeys {
		if out.Criticality = criticalityOf(folded[k]); out.Criticality != "" {
			break
		}
	}
	for _, k := range ownerKeys {
		if v := folded[k]; v != "" {
			out.Owner = cut(v, 200)
			break
		}
	}
	return out
}

// Keys are compared folded: lower case, without separators.
var (
	environmentKeys = []string{"environment", "env", "stage", "environmentname", "envname", "deploymentenvironment", "deploymentstage",
		"appenv", "applicationenvironment", "awsenvironment", "environmenttype", "envtype", "lifecycle", "environnement"}
	criticalityKeys = []string{"criticality", "businesscriticality", "servicecriticality", "applicationcriticality", "businessimpact",
		"impact", "importance", "servicetier", "sla", "criticite"}
	ownerKeys = []string{"owner", "serviceowner", "applicationowner", "appowner", "technicalowner", "businessowner", "productowner",
		"ownedby", "owneremail", "ownerteam", "team", "teamname", "squad", "contact", "responsible", "maintainer", "proprietaire"}
)

// environmentOf normalises the value of a tag; a numbered or dashed form ("prod-eu", "dev2") counts by its first word.
func environmentOf(v string) string {
	v = strings.ToLower(strings.TrimSpace(v))
	if v == "" {
		return ""
	}
	if e, ok := environmentWords[fold(v)]; ok {
		return e
	}
	first := strings.FieldsFunc(v, func(r rune) bool { return r < 'a' || r > 'z' })
	if len(first) == 0 {
		return ""
	}
	if len(first) > 1 && (first[0] == "pre" || first[0] == "non") {
		return environmentWords[first[0]+first[1]]
	}
	return environmentWords[first[0]]
}

var environmentWords = words(map[string]string{
	"production":  "production prod prd prods live pro p",
	"staging":     "staging stage stg stag preprod preprd preproduction acceptance acc uat recette ppd ppr",
	"test":        "test tst testing tests qa quality qualification integration int sit ci homologation",
	"development": "development dev devel develop developer dvl d nonprod nonprd nonproduction développement developpement",
	"sandbox":     "sandbox sbx sbox lab playground poc demo experiment training",
	"shared":      "shared common core global infra infrastructure management mgmt tooling tools security network hub sharedservices partage",
})

// criticalityOf normalises the value of a tag.
func criticalityOf(v string) string {
	return criticalityWords[fold(v)]
}

var criticalityWords = words(map[string]string{
	"critical": "critical missioncritical businesscritical crit veryhigh vital tier0 p0 platinum critique",
	"high":     "high important major tier1 p1 gold haute eleve elevee élevée",
	"medium":   "medium moderate normal standard mid tier2 p2 silver moyen moyenne",
	"low":      "low minor none noncritical notcritical tier3 tier4 p3 p4 bronze basse faible",
})

// words turns lists of spellings into a table from spelling to word.
func words(lists map[string]string) map[string]string {
	m := map[string]string{}
	for word, spellings := range lists {
		for _, s := range strings.Fields(spellings) {
			m[s] = word
		}
	}
	return m
}

// fold takes separators and case out of a word.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '-', '_', ' ', '.', ':', '/':
			return -1
		}
		return r
	}, strings.ToLower(s))
}

// cut shortens a text to at most n bytes, between runes.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
