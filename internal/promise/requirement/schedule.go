package requirement

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var rates = regexp.MustCompile(`^rate\((\d{1,6}) (minute|hour|day)s?\)$`)

// interval is the longest time between two runs of a schedule as AWS writes it, in minutes: rate(12 hours), cron(0 5 ? * * *). ok is false for
// what we cannot tell.
func interval(expression string) (minutes int64, ok bool) {
	if m := rates.FindStringSubmatch(expression); m != nil {
		n, err := strconv.ParseInt(m[1], 10, 64)
		return n * map[string]int64{"minute": 1, "hour": 60, "day": 24 * 60}[m[2]], err == nil && n > 0
	}
	inside, found := strings.CutPrefix(expression, "cron(")
	fields := strings.Fields(strings.TrimSuffix(inside, ")"))
	if !found || len(fields) != 6 || !strings.HasSuffix(inside, ")") {
		return 0, false
	}
	minute, ok1 := points(fields[0], 0, 59, nil)
	hour, ok2 := points(fields[1], 0, 23, nil)
	if !ok1 || !ok2 || !every(fields[5]) {
		return 0, false
	}
	const day = 24 * 60
	var times []int64 // of a day on which it runs
	for _, h := range hour {
		for _, m := range minute {
			times = append(times, int64(h*60+m))
		}
	}
	within := longest(times, day)
	switch {
	case !every(fields[3]): // some months only
		return 366 * day, true
	case every(fields[2]) && every(fields[4]):
		return within, true
	case every(fields[2]):
		days, ok := points(fields[4], 1, 7, weekdays)
		return apart(days, 7, within), ok
	case every(fields[4]):
		if fields[2] == "L" {
			return 31 * day, true
		}
		days, ok := points(fields[2], 1, 31, nil)
		return apart(days, 31, within), ok
	}
	return 0, false
}

var weekdays = []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}

func every(field string) bool {
	return field == "*" || field == "?" || field == "*/1" || field == "1/1"
}

// apart is the longest pause where it runs on some days of a span only.
func apart(days []int, span int64, within int64) int64 {
	turns := make([]int64, len(days))
	for i, d := range days {
		turns[i] = int64(d)
	}
	if pause := longest(turns, span) * 24 * 60; pause > 24*60 {
		return pause
	}
	return within
}

// longest is the longest way from one point of a circle to the next.
func longest(points []int64, circle int64) int64 {
	if len(points) == 0 {
		return 0
	}
	slices.Sort(points)
	most := circle - points[len(points)-1] + points[0]
	for i := 1; i < len(points); i++ {
		most = max(most, points[i]-points[i-1])
	}
	return most
}

// points lists the values of one field of a cron expression: *, 5, 1-5, 0/6, */15, and lists of these.
func points(field string, low, high int, names []string) (out []int, ok bool) {
	number := func(text string) (int, bool) {
		if i := slices.Index(names, strings.ToUpper(text)); i >= 0 {
			return low + i, true
		}
		n, err := strconv.Atoi(text)
		return n, err == nil && n >= low && n <= high
	}
	for _, part := range strings.Split(field, ",") {
		span, step, stepped := strings.Cut(part, "/")
		by := 1
		if stepped {
			n, err := strconv.Atoi(step)
			if err != nil || n < 1 {
				return nil, false
			}
			by = n
		}
		from, to := low, high
		if span != "*" {
			first, last, ranged := strings.Cut(span, "-")
			var good bool
			if from, good = number(first); !good {
				return nil, false
			}
			switch {
			case ranged:
				if to, good = number(last); !good || to < from {
					return nil, false
				}
			case !stepped:
				to = from
			}
		}
		for n := from; n <= to; n += by {
			if !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	slices.Sort(out)
	return out, len(out) > 0
}
