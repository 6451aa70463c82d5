package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// outputFlag is on every command that lists.
type outputFlag struct {
	Output string `short:"o" help:"table, json or csv." default:"table" enum:"table,json,csv"`
}

// print writes rows in the chosen form. values are the rows for JSON, cells the same for people and spreadsheets.
func (o outputFlag) print(w io.Writer, head []string, values any, cells [][]string) error {
	switch o.Output {
	case "json":
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(values)
	case "csv":
		c := csv.NewWriter(w)
		if err := c.Write(head); err != nil {
			return err
		}
		return c.WriteAll(cells)
	}
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for i, h := range head {
		head[i] = strings.ToUpper(strings.ReplaceAll(h, "_", " "))
	}
	fmt.Fprintln(t, strings.Join(head, "\t"))
	for _, row := range cells {
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	return t.Flush()
}
