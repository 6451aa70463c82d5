package webhook

import (
	"slices"
	"strings"
)

// Topic is what can be asked for of one type of record.
type Topic struct {
	Record  string   `json:"record_type" doc:"As contact; all of its events are contact.*."`
	Actions []string `json:"actions" doc:"As update; its event is contact.update."`
	// Instance is set for records that belong to no customer: only webhooks of the instance hear of them.
	Instance bool `json:"instance" doc:"Only webhooks of the instance hear of it."`
}

// Event is the name of a change, as webhooks ask for it: the type of record and the action. Some actions have the type before them
// already.
func Event(record, action string) string {
	return record + "." + strings.TrimPrefix(action, record+".")
}

// known tells whether a webhook may ask for an event: everything, all of one type, or one.
func known(topics []Topic, instance bool, event string) bool {
	if event == "*" {
		return true
	}
	record, action, _ := strings.Cut(event, ".")
	return slices.ContainsFunc(topics, func(t Topic) bool {
		return t.Record == record && (instance || !t.Instance) && (action == "*" || slices.Contains(t.Actions, action))
	})
}
