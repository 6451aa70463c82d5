package deliverable

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"vigie/internal/customer"
	"vigie/internal/platform/db"
)

// live is what a deliverable is filled from.
type live struct {
	customer customer.Customer
	contacts []customer.Contact
	alarms   []alarm
}

// alarm is one CloudWatch alarm, with what it watches.
type alarm struct {
	ID          string
	Name        string
	Attributes  alarmFacts
	Workload    string
	Owner       string
	Criticality string
}

// alarmFacts are the attributes of an alarm that say when it rings.
type alarmFacts struct {
	Description string  `json:"AlarmDescription"`
	Namespace   string  `json:"Namespace"`
	Metric      string  `json:"MetricName"`
	Operator    string  `json:"ComparisonOperator"`
	Threshold   float64 `json:"Threshold"`
	Statistic   string  `json:"Statistic"`
	Extended    string  `json:"ExtendedStatistic"`
	Periods     int     `json:"EvaluationPeriods"`
	Period      int     `json:"Period"`
	Rule        string  `json:"AlarmRule"`
}

// alarmTypes are the types of CIs that ring.
const alarmTypes = `('AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm')`

// maxAlarms is how many alarms a manual can have.
const maxAlarms = maxRows

// readLive reads all that any kind is filled from, in the scope of one customer.
func (s *Service) readLive(ctx context.Context, tx *db.Tx, of customer.Customer) (l live, err error) {
	l.customer = of
	if l.contacts, err = customer.Called(ctx, tx); err != nil {
		return l, err
	}
	var rows []struct {
		ID          string                  `db:"id"`
		Name        string                  `db:"name"`
		Attributes  db.JSON[map[string]any] `db:"attributes"`
		Workload    db.Null                 `db:"workload"`
		Owner       db.Null                 `db:"owner"`
		Criticality db.Null                 `db:"criticality"`
	}
	// The workload of an alarm is its own, else that of what it watches; of several the first by name.
	err = tx.Select(ctx, &rows, `SELECT c.id, c.name, c.attributes, COALESCE(w.name, v.name) AS workload, COALESCE(w.owner, v.owner) AS owner, COALESCE(w.criticality, v.criticality) AS criticality
		FROM {ci} c LEFT JOIN {workload} w ON w.id = c.workload_id
		LEFT JOIN {relation} r ON r.from_id = c.id AND r.type = 'monitors'
		LEFT JOIN {ci} t ON t.id = r.to_id
		LEFT JOIN {workload} v ON v.id = t.workload_id
		WHERE c.type IN `+alarmTypes+` AND c.status <> 'gone' ORDER BY c.name, c.id, workload LIMIT `+strconv.Itoa(4*maxAlarms))
	if err != nil {
		return l, err
	}
	for _, r := range rows {
		if n := len(l.alarms); n > 0 && l.alarms[n-1].ID == r.ID {
			if last := &l.alarms[n-1]; last.Workload == "" {
				last.Workload, last.Owner, last.Criticality = string(r.Workload), string(r.Owner), string(r.Criticality)
			}
			continue
		}
		if len(l.alarms) == maxAlarms {
			break
		}
		a := alarm{ID: r.ID, Name: r.Name, Workload: string(r.Workload), Owner: string(r.Owner), Criticality: string(r.Criticality)}
		raw, err := json.Marshal(r.Attributes.V)
		if err == nil {
			// An attribute of another type than AWS gives, as somebody may have imported it, is one that says nothing.
			_ = json.Unmarshal(raw, &a.Attributes)
		}
		l.alarms = append(l.alarms, a)
	}
	return l, nil
}

// known is what is there now, for the validators.
func known(ctx context.Context, tx *db.Tx, customer string) (Known, error) {
	var rows []struct {
		ID   string `db:"id"`
		Name string `db:"name"`
	}
	err := tx.Select(ctx, &rows, `SELECT id, name FROM {ci} WHERE customer_id = ? AND type IN `+alarmTypes+` AND status <> 'gone' ORDER BY name, id LIMIT `+strconv.Itoa(maxAlarms), customer)
	out := Known{Alarms: make(map[string]string, len(rows))}
	for _, r := range rows {
		out.Alarms[r.ID] = r.Name
	}
	return out, err
}

// fill gives what a kind says by the template and the live data alone, in a language. It is a function of its arguments.
func (t *Templates) fill(k kind, l live, language string) (Content, error) {
	from, ok := t.content[k.name][language]
	if !ok {
		from = t.content[k.name]["en"]
	}
	raw, err := canonical(from)
	if err != nil {
		return nil, err
	}
	c, err := k.load(raw)
	if err != nil {
		return nil, err
	}
	switch c := c.(type) {
	case *Matrix:
		c.fill(l)
	case *Manual:
		c.fill(l, t, language)
	case *Review:
		c.fill(l)
	}
	return c, nil
}

// fill takes the contacts that have a level in the escalation.
func (m *Matrix) fill(l live) {
	for _, c := range l.contacts {
		if c.Level == nil {
			continue
		}
		p := Person{ID: c.ID, Name: c.Name, Side: "customer", Job: c.Job, Level: int(*c.Level), Role: c.Role, Phone: c.Phone, Email: c.Email, Hours: c.Duty}
		for _, way := range c.Channels {
			switch {
			case way.Kind == "email" && p.Email == "":
				p.Email = way.Value
			case way.Kind != "email" && p.Phone == "":
				p.Phone = way.Value
			}
		}
		m.Contacts = append(m.Contacts, p)
	}
}

// fill makes an entry of each alarm.
func (m *Manual) fill(l live, t *Templates, language string) {
	for _, a := range l.alarms {
		metric := t.metric(a.Attributes.Namespace, a.Attributes.Metric)
		meaning := metric.Meaning.In(language)
		if d := strings.TrimSpace(a.Attributes.Description); d != "" {
			meaning = clip(d, maxText) + "\n\n" + meaning
		}
		m.Alerts = append(m.Alerts, Alert{CI: a.ID, Name: clip(a.Name, maxText), Workload: a.Workload, Condition: clip(a.Attributes.words(), maxText),
			Severity: cmp.Or(a.Criticality, "medium"), Meaning: meaning, FirstSteps: metric.Steps.In(language), Runbook: metric.Runbook.In(language), Owner: a.Owner})
	}
}

// words say when an alarm rings, as CloudWatch writes it.
func (a alarmFacts) words() string {
	if a.Rule != "" {
		return a.Rule
	}
	if a.Metric == "" {
		return ""
	}
	sign := map[string]string{"GreaterThanThreshold": ">", "GreaterThanOrEqualToThreshold": "≥", "LessThanThreshold": "<", "LessThanOrEqualToThreshold": "≤"}[a.Operator]
	out := strings.TrimSpace(a.Namespace+" "+a.Metric) + " " + strings.TrimSpace(cmp.Or(a.Statistic, a.Extended)+" "+cmp.Or(sign, a.Operator)) + " " + strconv.FormatFloat(a.Threshold, 'g', -1, 64)
	if a.Periods > 0 && a.Period > 0 {
		out += ", " + strconv.Itoa(a.Periods) + " × " + strconv.Itoa(a.Period) + " s"
	}
	return out
}

// fill asks those who take part in the escalation.
func (r *Review) fill(l live) {
	for _, c := range l.contacts {
		if c.Level != nil {
			r.Participants = append(r.Participants, Participant{ID: c.ID, Name: c.Name, Side: "customer", Part: c.Job})
		}
	}
}

// clip cuts a text that came from outside, and takes out what nobody sees.
func clip(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if unseen(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if r := []rune(s); len(r) > most {
		return string(slices.Clip(r[:most-1])) + "…"
	}
	return s
}
