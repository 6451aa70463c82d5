package launch

import (
	"context"
	"net/http"

	"vigie/internal/customer"
	"vigie/internal/kit/api"
	"vigie/internal/platform/db"
	"vigie/internal/trust/approval"
	"vigie/internal/trust/permission"
)

// Answer is a launch as callers of the API see it.
type Answer struct {
	ID         string  `json:"id"`
	Customer   string  `json:"customer" doc:"Slug."`
	TargetOn   string  `json:"target_on"`
	Note       string  `json:"note"`
	State      State   `json:"state" enum:"planned,ready,signing,launched,cancelled"`
	LaunchedAt db.Time `json:"launched_at" doc:"From this instant the clocks of the service count; null before."`
	SHA256     string  `json:"sha256" doc:"Of the evidence that is being signed, or was."`
	Reason     string  `json:"reason" doc:"Of a cancellation."`
	CreatedBy  string  `json:"created_by"`
	Version    int64   `json:"version"`
	CreatedAt  db.Time `json:"created_at"`
	UpdatedAt  db.Time `json:"updated_at"`
}

// Revision makes the ETag.
func (l Answer) Revision() int64 { return l.Version }

// Self is the record's address below /api/v1.
func (l Answer) Self() string { return "/launches/" + l.ID }

func answer(l Launch) Answer {
	return Answer{l.ID, l.Customer, l.TargetOn, l.Note, l.State, l.LaunchedAt, l.SHA256, l.Reason, l.CreatedBy, l.Version, l.CreatedAt, l.UpdatedAt}
}

// Shown is a launch with all that decides about it.
type Shown struct {
	Answer
	Conditions []ConditionAnswer `json:"conditions" nullable:"false" doc:"As they stand now; of a launch that is done see evidence."`
	Evidence   string            `json:"evidence" doc:"The canonical JSON that both sides sign: as it is now, or as it was signed."`
	EvidenceID string            `json:"evidence_sha256"`
	Changed    bool              `json:"changed" doc:"Something else is being signed than what holds now: the signatures do not count."`
	Signatures []SignatureAnswer `json:"signatures" nullable:"false"`
}

// ConditionAnswer is a condition as it stands.
type ConditionAnswer struct {
	Key      string          `json:"key"`
	Text     string          `json:"text"`
	Status   Status          `json:"status" enum:"met,unmet,unknown"`
	Passed   bool            `json:"passed"`
	Machine  bool            `json:"machine" doc:"A check finds it out; nobody can tick it."`
	Waivable bool            `json:"waivable"`
	Waiver   string          `json:"waiver" doc:"Id of the waiver that lets the launch do without it; empty for none."`
	Findings []FindingAnswer `json:"findings" nullable:"false"`
}

// FindingAnswer is one thing behind a condition.
type FindingAnswer struct {
	Text string `json:"text"`
	Href string `json:"href" doc:"Page on which it can be mended; empty for none."`
}

// SignatureAnswer is what became of the request to one side.
type SignatureAnswer struct {
	Side     string         `json:"side" enum:"customer,provider"`
	Approval string         `json:"approval" doc:"Id; empty where nobody was asked."`
	State    approval.State `json:"state"`
	Signer   string         `json:"signer"`
	Counts   bool           `json:"counts" doc:"It is of exactly this evidence."`
}

// Answers sets conditions out in a language.
func (s *Service) Answers(language string, all []Judged) []ConditionAnswer {
	p := s.printer(language, "UTC")
	out := []ConditionAnswer{}
	for _, j := range all {
		c := ConditionAnswer{Key: j.Key, Text: j.Text.In(p.Lang()), Status: j.Finding.Status, Passed: j.Passed(), Machine: j.Machine, Waivable: j.Waivable, Findings: []FindingAnswer{}}
		if j.Waiver != nil {
			c.Waiver = j.Waiver.ID
		}
		for _, i := range j.Finding.Items {
			c.Findings = append(c.Findings, FindingAnswer{i.words(p), i.Href})
		}
		out = append(out, c)
	}
	return out
}

func (s *Service) shown(a permission.Actor, w Whole) Shown {
	return Shown{Answer: answer(w.Launch), Conditions: s.Answers(a.Language, w.Conditions), Evidence: w.Now, EvidenceID: w.Sum, Changed: w.Changed(), Signatures: []SignatureAnswer{
		{"customer", string(w.CustomerApproval), w.CustomerState, w.CustomerSigner, w.ByCustomer}, {"provider", string(w.ProviderApproval), w.ProviderState, w.ProviderSigner, w.ByProvider}}}
}

// WaiverAnswer is a waiver as callers of the API see it.
type WaiverAnswer struct {
	ID        string       `json:"id"`
	Customer  string       `json:"customer" doc:"Slug."`
	Condition string       `json:"condition"`
	Reason    string       `json:"reason"`
	Owner     string       `json:"owner"`
	ExpiresAt db.Time      `json:"expires_at"`
	Status    WaiverStatus `json:"status" enum:"asked,in_force,refused,over,revoked"`
	Approval  string       `json:"approval"`
	Signer    string       `json:"signer"`
	CreatedBy string       `json:"created_by"`
	Version   int64        `json:"version"`
	CreatedAt db.Time      `json:"created_at"`
	UpdatedAt db.Time      `json:"updated_at"`
}

// Revision makes the ETag.
func (w WaiverAnswer) Revision() int64 { return w.Version }

// Self is the record's address below /api/v1.
func (w WaiverAnswer) Self() string { return "/waivers/" + w.ID }

func waiverAnswer(w Waiver, now db.Time) WaiverAnswer {
	return WaiverAnswer{w.ID, w.Customer, w.Key, w.Reason, w.Owner, w.ExpiresAt, w.Status(now), w.ApprovalID, w.Signer, w.CreatedBy, w.Version, w.CreatedAt, w.UpdatedAt}
}

// PlaceAnswer is a customer on the board.
type PlaceAnswer struct {
	Customer string            `json:"customer" doc:"Slug."`
	Name     string            `json:"name"`
	Phase    customer.Phase    `json:"phase"`
	Since    db.Time           `json:"since"`
	Days     int               `json:"days" doc:"In this phase."`
	Limit    int               `json:"limit" doc:"How many days it should take; 0 for none."`
	Launch   string            `json:"launch" doc:"Id of the launch that is planned; empty for none."`
	Missing  []ConditionAnswer `json:"missing" nullable:"false"`
}

type acted struct {
	ID string `path:"id" doc:"Id."`
	api.Match
}

// Register adds the operations of this room. Signing is among those of approvals.
func (s *Service) Register(a *api.API) {
	const tag = "Launches"
	api.List(a, api.Listing[Launch, Answer]{Op: api.Op{Path: "/launches", Tag: tag, Summary: "List launches"}, Spec: Spec, Allow: permission.Need(permission.LaunchRead),
		Rows: func(_ context.Context, _ *db.Tx, rows []Launch) ([]Answer, error) {
			out := make([]Answer, len(rows))
			for i, l := range rows {
				out[i] = answer(l)
			}
			return out, nil
		}})
	api.Get(a, api.Op{Path: "/launches/{id}", Tag: tag, Summary: "Get a launch", Description: "With every condition as it stands, and the evidence."}, func(ctx context.Context, in *struct {
		ID string `path:"id" doc:"Id."`
	}) (Shown, error) {
		who := permission.From(ctx)
		w, err := s.Get(ctx, who, in.ID)
		return s.shown(who, w), err
	})
	api.Post(a, api.Op{Path: "/launches", Tag: tag, Summary: "Plan a launch"}, func(ctx context.Context, in *struct{ Body NewLaunch }) (Answer, error) {
		l, err := s.Plan(ctx, permission.From(ctx), in.Body)
		return answer(l), err
	})
	api.Patch(a, api.Op{Path: "/launches/{id}", Tag: tag, Summary: "Change a launch"}, func(ctx context.Context, in *struct {
		ID string `path:"id" doc:"Id."`
		api.Match
		Body ChangeLaunch
	}) (Answer, error) {
		l, err := s.Change(ctx, permission.From(ctx), in.ID, in.Expected(), in.Body)
		return answer(l), err
	})
	api.Post(a, api.Op{Path: "/launches/{id}/signatures", Tag: tag, Summary: "Ask both sides to sign", Status: http.StatusOK, Description: "409 names the conditions that are missing."},
		func(ctx context.Context, in *acted) (Answer, error) {
			l, err := s.AskSignatures(ctx, permission.From(ctx), in.ID, in.Expected())
			return answer(l), err
		})
	api.Post(a, api.Op{Path: "/launches/{id}/launch", Tag: tag, Summary: "Begin the service", Status: http.StatusOK,
		Description: "409 unless every condition passes and both sides have signed the evidence as it is now; errors name what is missing. The customer's phase becomes live."},
		func(ctx context.Context, in *acted) (Answer, error) {
			l, err := s.Launch(ctx, permission.From(ctx), in.ID, in.Expected())
			return answer(l), err
		})
	api.Post(a, api.Op{Path: "/launches/{id}/cancel", Tag: tag, Summary: "Cancel a launch", Status: http.StatusOK}, func(ctx context.Context, in *struct {
		ID string `path:"id" doc:"Id."`
		api.Match
		Body struct {
			Reason string `json:"reason"`
		}
	}) (Answer, error) {
		l, err := s.Cancel(ctx, permission.From(ctx), in.ID, in.Expected(), in.Body.Reason)
		return answer(l), err
	})
	api.Post(a, api.Op{Path: "/launches/{id}/tick", Tag: tag, Summary: "Tick a condition that no machine checks", Status: http.StatusOK}, func(ctx context.Context, in *struct {
		ID   string `path:"id" doc:"Id."`
		Body struct {
			Condition string `json:"condition"`
			Done      bool   `json:"done" doc:"False takes the tick away."`
			Note      string `json:"note,omitempty"`
		}
	}) (Answer, error) {
		l, err := s.SetTick(ctx, permission.From(ctx), in.ID, in.Body.Condition, in.Body.Done, in.Body.Note)
		return answer(l), err
	})
	api.Get(a, api.Op{Path: "/onboarding", Tag: tag, Summary: "Get the onboarding board", Description: "Customers on their way into service, those longest in their phase first, and what blocks each."},
		func(ctx context.Context, in *struct {
			Customer string `query:"customer" doc:"Slug of one customer."`
		}) (struct {
			Items []PlaceAnswer `json:"items" nullable:"false"`
		}, error) {
			out := struct {
				Items []PlaceAnswer `json:"items" nullable:"false"`
			}{Items: []PlaceAnswer{}}
			who := permission.From(ctx)
			slug := ""
			if in.Customer != "" {
				of, err := s.Customers.Named(ctx, who, in.Customer)
				if err != nil {
					return out, err
				}
				slug = of.Slug
			}
			b, err := s.Board(ctx, who, slug)
			for _, p := range b.Places {
				limit, _ := s.Rules.phase(string(p.Phase))
				out.Items = append(out.Items, PlaceAnswer{p.Slug, p.Name, p.Phase, p.Since, p.Days(s.Clock.Now()), limit.Days, string(p.LaunchID), s.Answers(who.Language, p.Missing)})
			}
			return out, err
		})
	s.registerWaivers(a)
}

func (s *Service) registerWaivers(a *api.API) {
	const tag = "Launches"
	api.List(a, api.Listing[Waiver, WaiverAnswer]{Op: api.Op{Path: "/waivers", Tag: tag, Summary: "List waivers", Description: "Newest first."}, Spec: WaiverSpec, Allow: permission.Need(permission.LaunchRead),
		Rows: func(_ context.Context, tx *db.Tx, rows []Waiver) ([]WaiverAnswer, error) {
			out := make([]WaiverAnswer, len(rows))
			for i, w := range rows {
				out[i] = waiverAnswer(w, tx.Now())
			}
			return out, nil
		}})
	api.Get(a, api.Op{Path: "/waivers/{id}", Tag: tag, Summary: "Get a waiver"}, func(ctx context.Context, in *struct {
		ID string `path:"id" doc:"Id."`
	}) (WaiverAnswer, error) {
		w, err := s.Waiver(ctx, permission.From(ctx), in.ID)
		return waiverAnswer(w, db.At(s.Clock.Now())), err
	})
	api.Post(a, api.Op{Path: "/waivers", Tag: tag, Summary: "Ask for a waiver", Description: "It counts once a customer approver has signed it, until it ends."},
		func(ctx context.Context, in *struct{ Body NewWaiver }) (WaiverAnswer, error) {
			w, err := s.AskWaiver(ctx, permission.From(ctx), in.Body)
			return waiverAnswer(w, db.At(s.Clock.Now())), err
		})
	api.Post(a, api.Op{Path: "/waivers/{id}/revoke", Tag: tag, Summary: "Revoke a waiver", Status: http.StatusOK, Description: "The condition counts again."}, func(ctx context.Context, in *acted) (WaiverAnswer, error) {
		w, err := s.RevokeWaiver(ctx, permission.From(ctx), in.ID, in.Expected())
		return waiverAnswer(w, db.At(s.Clock.Now())), err
	})
}
