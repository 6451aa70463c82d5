package document

import "vigie/internal/platform/fault"

// State is how far the asking for a document has come.
type State string

// The states.
const (
	Listed    State = "listed" // nobody was asked for it
	Requested State = "requested"
	Received  State = "received"
	Reviewed  State = "reviewed" // read, and not yet decided
	Accepted  State = "accepted"
	Refused   State = "refused"
	Waived    State = "waived" // asked for, and not needed after all
)

// States lists all states.
func States() []State {
	return []State{Listed, Requested, Received, Reviewed, Accepted, Refused, Waived}
}

// Owes tells whether somebody still has to hand it in.
func (s State) Owes() bool { return s == Requested || s == Refused }

// Settled tells whether nobody waits for anything any more.
func (s State) Settled() bool { return s == Accepted || s == Waived }

// event is what happens to a document.
type event string

const (
	ask    event = "ask"
	handIn event = "hand_in"
	read   event = "reviewed"
	accept event = "accepted"
	refuse event = "refused"
	waive  event = "waive"
)

func events() []event { return []event{ask, handIn, read, accept, refuse, waive} }

// next is the state machine. Faults: conflict.
func next(from State, e event) (State, error) {
	to, ok := moves[from][e]
	if !ok {
		refusal := "documents.cannot." + string(e) // i18n: documents.cannot.*
		return from, fault.New(fault.Conflict, refusal)
	}
	return to, nil
}

var moves = map[State]map[event]State{
	Listed:    {ask: Requested, handIn: Received},
	Requested: {handIn: Received, waive: Waived},
	Received:  {handIn: Received, read: Reviewed, accept: Accepted, refuse: Refused},
	Reviewed:  {handIn: Received, read: Reviewed, accept: Accepted, refuse: Refused},
	Accepted:  {handIn: Received, ask: Requested},
	Refused:   {handIn: Received, waive: Waived},
	Waived:    {handIn: Received, ask: Requested},
}

// may tells whether the event can happen now.
func may(from State, e event) bool { _, ok := moves[from][e]; return ok }
