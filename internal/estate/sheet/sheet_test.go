package sheet

import (
	"testing"

	"vigie/internal/estate/cmdb"
	"vigie/internal/kit/i18n"
	"vigie/internal/platform/db/dbtest"
	"vigie/locales"
)

// A level is a word of the reader's language, never the word of the database.
func TestLevelsAreWords(t *testing.T) {
	t.Parallel()
	b, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	for language, want := range map[string][]string{"en": {"Critical", "High", "Medium", "Low", ""}, "fr": {"Critique", "Haute", "Moyenne", "Basse", ""}} {
		p := b.Printer(language, nil, dbtest.Start)
		var workloads []cmdb.Workload
		for _, level := range append(cmdb.Criticalities[:len(cmdb.Criticalities):len(cmdb.Criticalities)], "") {
			var w cmdb.Workload
			w.Criticality = level
			workloads = append(workloads, w)
		}
		for i, row := range workloadTable(p, workloads).Rows {
			if row[1] != want[i] {
				t.Errorf("%s: %q is %q, want %q", language, workloads[i].Criticality, row[1], want[i])
			}
		}
	}
}
