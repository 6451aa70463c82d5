package deliverable

import "vigie/internal/platform/fault"

// Review is how both sides look at the service together.
type Review struct {
	About struct {
		Introduction string `json:"introduction" form:"long"`
		Frequency    string `json:"frequency" form:"choice=weekly|monthly|quarterly|yearly required"`
		Chair        string `json:"chair" form:"required"`
	} `json:"about"`
	Participants []Participant `json:"participants"`
	Agenda       []Topic       `json:"agenda" form:"cards"`
	Figures      []Figure      `json:"figures"`
}

// Participant is somebody who is asked to come.
type Participant struct {
	ID   string `json:"id" form:"hidden key"` // of the contact, where the register has one
	Name string `json:"name" form:"title required"`
	Side string `json:"side" form:"choice=customer|provider required"`
	Part string `json:"part"`
}

// Topic is one point of the agenda.
type Topic struct {
	Key      string `json:"key" form:"key required"`
	Title    string `json:"title" form:"title required"`
	Guidance string `json:"guidance" form:"long required"`
	Minutes  int    `json:"minutes"`
}

// Figure is a number that each review shows.
type Figure struct {
	Key    string `json:"key" form:"key required"`
	Title  string `json:"title" form:"title required"`
	Source string `json:"source" form:"required"`
	Target string `json:"target"`
}

func (r *Review) check(_ Known, bad *fault.Fields) {
	if len(r.Agenda) == 0 {
		bad.Add("agenda", "deliverable.bad.none")
	}
	sides := map[string]bool{}
	for _, p := range r.Participants {
		sides[p.Side] = true
	}
	if !sides["customer"] || !sides["provider"] {
		bad.Add("participants", "deliverable.bad.sides")
	}
}
