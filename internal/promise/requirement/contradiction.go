package requirement

import (
	"cmp"
	"slices"

	"vigie/internal/record/register"
)

// Facts is what the estate tells about a workload in one environment.
type Facts struct {
	Parts []Part
	Needs []Need
	Plans []Plan
}

// Evidence is a CI that shows it.
type Evidence struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"`
}

// Contradiction is one promise that cannot be kept beside another, or by the parts that are there.
type Contradiction struct {
	Kind     Kind       `json:"kind"`
	Fields   []string   `json:"fields" doc:"The fields of the requirement that do not go together."`
	Values   Values     `json:"values" doc:"What stands against what, as far as the kind has it."`
	Evidence []Evidence `json:"evidence" doc:"CIs that show it."`
	More     int        `json:"more" doc:"How many CIs show it besides those named."`
}

// Kind names a contradiction; the words are in the locales.
type Kind string

// The kinds.
const (
	RPOBackup        Kind = "rpo_backup"        // data is saved less often than the RPO asks
	RPOUnsaved       Kind = "rpo_unsaved"       // data is not saved at all
	RetentionShort   Kind = "retention_short"   // backups are kept for less time than asked
	RetentionNone    Kind = "retention_none"    // no backups, and yet an RPO
	RTOStrategy      Kind = "rto_strategy"      // the recovery strategy takes longer than the RTO
	RTONone          Kind = "rto_none"          // no recovery strategy, and yet an RTO
	RTOUnderRPO      Kind = "rto_under_rpo"     // back sooner than the data that may be lost is worth: odd
	RTOTier          Kind = "rto_tier"          // over before anybody answers
	AvailabilityTier Kind = "availability_tier" // one failure at night breaks the month
	Unwatched        Kind = "unwatched"         // nobody notices that the clock runs
	OneRegion        Kind = "one_region"        // a second site is promised, and all is in one
	TooWeak          Kind = "parts"             // the parts can give less availability
)

// Values are what a contradiction compares; minutes, days and per cent.
type Values struct {
	Asked     register.Duration `json:"asked,omitempty"`
	Given     register.Duration `json:"given,omitempty"`
	AskedDays int64             `json:"asked_days,omitempty"`
	GivenDays int64             `json:"given_days,omitempty"`
	Promised  float64           `json:"promised,omitempty" doc:"Per cent."`
	Composed  float64           `json:"composed,omitempty" doc:"Per cent."`
	Choice    string            `json:"choice,omitempty" doc:"Strategy or tier."`
	Region    string            `json:"region,omitempty"`
}

// most is how many CIs a contradiction names.
const most = 10

// closed is how long nobody answers, in minutes: over night, and over the end of the week.
func closed(tier string) (night, weekend int64) {
	switch tier {
	case "8x5":
		return 16 * 60, 64 * 60
	case "12x5":
		return 12 * 60, 60 * 60
	}
	return 0, 0
}

// monthMinutes is an average month.
const monthMinutes = 730 * 60

// Contradictions tells what in a requirement does not go together, and what the estate cannot give. It reads nothing but its arguments.
func Contradictions(r Requirement, f Facts, l Library) []Contradiction {
	out := []Contradiction{}
	add := func(k Kind, v Values, shown []Evidence, fields ...string) {
		c := Contradiction{Kind: k, Fields: fields, Values: v, Evidence: shown}
		if len(shown) > most {
			c.Evidence, c.More = shown[:most], len(shown)-most
		}
		if c.Evidence == nil {
			c.Evidence = []Evidence{}
		}
		out = append(out, c)
	}
	rto, asksRTO := r.RTO.Minutes()
	rpo, asksRPO := r.RPO.Minutes()
	share, asksShare := r.Availability.Percent()

	if asksRPO && r.Retention != nil && *r.Retention == 0 {
		add(RetentionNone, Values{Asked: r.RPO}, nil, "backup_retention_days", "rpo")
	}
	if asksRTO && r.Strategy == "none" {
		add(RTONone, Values{Asked: r.RTO}, nil, "dr_strategy", "rto")
	}
	if least, ok := l.Strategies[r.Strategy]; ok && asksRTO && rto < least {
		add(RTOStrategy, Values{Asked: r.RTO, Given: register.Minutes(least), Choice: r.Strategy}, nil, "rto", "dr_strategy")
	}
	if asksRTO && asksRPO && rto < rpo {
		add(RTOUnderRPO, Values{Asked: r.RTO, Given: r.RPO}, nil, "rto", "rpo")
	}
	night, weekend := closed(r.Tier)
	if asksRTO && rto < weekend {
		pause := weekend
		if rto < night {
			pause = night
		}
		add(RTOTier, Values{Asked: r.RTO, Given: register.Minutes(pause), Choice: r.Tier}, nil, "tier", "rto")
	}
	if allowed := int64(monthMinutes * (100 - share) / 100); asksShare && allowed < night {
		add(AvailabilityTier, Values{Promised: share, Asked: register.Minutes(allowed), Given: register.Minutes(night), Choice: r.Tier}, nil, "availability", "tier")
	}
	if asksRTO && rto < 24*60 && r.Infrastructure == "no" && r.Application == "no" {
		add(Unwatched, Values{Asked: r.RTO}, nil, "rto", "monitor_infrastructure", "monitor_application")
	}
	if shown, region := oneRegion(r.Strategy, f.Parts); region != "" {
		add(OneRegion, Values{Choice: r.Strategy, Region: region}, shown, "dr_strategy")
	}
	saved(r, f, rpo, asksRPO, add)
	if asksShare {
		if c := Compose(f.Parts, f.Needs, l.Levels); c.Known && c.Percent() < share-1e-9 {
			add(TooWeak, Values{Promised: share, Composed: c.Percent()}, c.weakest(), "availability")
		}
	}
	return out
}

// saved holds the backups of what keeps data against what is asked.
func saved(r Requirement, f Facts, rpo int64, asksRPO bool, add func(Kind, Values, []Evidence, ...string)) {
	backups := map[string][]Backup{}
	for _, b := range backupsOf(f.Parts, f.Plans) {
		backups[b.Part] = append(backups[b.Part], b)
	}
	var rare, never, short []Evidence
	var slowest, shortest int64
	for _, p := range f.Parts {
		if p.Gone || !p.Own || !keepsData(p) {
			continue
		}
		own := Evidence{ID: p.ID, Name: p.Name, Type: p.Type}
		list := backups[p.ID]
		if len(list) == 0 {
			if p.PlansSeen { // what nobody could look at is no proof
				never = append(never, own)
			}
			continue
		}
		best := slices.MinFunc(list, func(a, b Backup) int { return cmp.Compare(a.Every, b.Every) })
		if asksRPO && best.Every > rpo {
			rare, slowest = append(rare, own), max(slowest, best.Every)
			if best.By.ID != p.ID {
				rare = append(rare, best.By)
			}
		}
		kept := slices.MaxFunc(list, func(a, b Backup) int { return cmp.Compare(keeps(a), keeps(b)) })
		if r.Retention != nil && keeps(kept) < *r.Retention {
			if len(short) == 0 || kept.Days < shortest {
				shortest = kept.Days
			}
			short = append(short, own)
		}
	}
	wanted := asksRPO || r.Retention != nil && *r.Retention > 0
	if len(never) > 0 && wanted && (r.Retention == nil || *r.Retention > 0) {
		add(RPOUnsaved, Values{Asked: r.RPO}, never, "rpo", "backup_retention_days")
	}
	if len(rare) > 0 {
		add(RPOBackup, Values{Asked: r.RPO, Given: register.Minutes(slowest)}, distinct(rare), "rpo")
	}
	if len(short) > 0 {
		add(RetentionShort, Values{AskedDays: *r.Retention, GivenDays: shortest}, short, "backup_retention_days")
	}
}

// keeps is for how many days a backup is kept; what is never deleted is kept longer than any.
func keeps(b Backup) int64 {
	if b.Days == 0 {
		return 1 << 40
	}
	return b.Days
}

func distinct(list []Evidence) (out []Evidence) {
	for _, e := range list {
		if !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	return out
}

// oneRegion names the region in which all of a workload is, where the strategy speaks of a second site.
func oneRegion(strategy string, parts []Part) (shown []Evidence, region string) {
	if strategy != "pilot_light" && strategy != "warm_standby" && strategy != "active_active" {
		return nil, ""
	}
	for _, p := range parts {
		if p.Gone || !p.Own || p.Region == "" || p.Region == "global" {
			continue
		}
		if region != "" && p.Region != region {
			return nil, ""
		}
		region = p.Region
		if keepsData(p) {
			shown = append(shown, Evidence{ID: p.ID, Name: p.Name, Type: p.Type})
		}
	}
	return shown, region
}

// weakest are the parts that cost the most availability, the worst first.
func (c Composed) weakest() (out []Evidence) {
	for _, l := range c.Lines {
		if l.Kind == Serial && l.Factor < 1 {
			out = append(out, Evidence{ID: l.Part.ID, Name: l.Part.Name, Type: l.Part.Type})
		}
		for _, m := range l.Members {
			out = append(out, Evidence{ID: m.Part.ID, Name: m.Part.Name, Type: m.Part.Type})
		}
	}
	return distinct(out)
}
