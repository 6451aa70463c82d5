package app

import (
	"context"

	"vigie/internal/onboard/inventory"
	"vigie/internal/onboard/question"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
)

// wireInventory opens the room of declared inventories and baselines.
func (a *App) wireInventory() {
	a.Inventory = inventory.New(inventory.Parts{DB: a.db, Subjects: a.Subjects, Answers: answered{}})
}

// answered reads what assessments say of the inventory.
type answered struct{}

// Numbers implements inventory.Answers.
func (answered) Numbers(ctx context.Context, tx *db.Tx, customer string) (numbers map[string]int64, found bool, err error) {
	sheet, err := question.Latest(ctx, tx, customer, "")
	if fault.Is(err, fault.NotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	numbers = map[string]int64{}
	for _, kind := range inventory.Kinds {
		switch n := sheet.Answers[kind].(type) {
		case float64:
			numbers[kind] = int64(n)
		case int64:
			numbers[kind] = n
		}
	}
	return numbers, len(numbers) > 0, nil
}
