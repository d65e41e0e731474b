package coverage

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// namedGap knows the words that stand for a whole calendar event (systemd.time(7)).
func namedGap(name string) (time.Duration, bool) {
	switch name {
	case "minutely":
		return time.Minute, true
	case "hourly":
		return time.Hour, true
	case "daily":
		return day, true
	case "weekly":
		return 7 * day, true
	case "monthly":
		return 31 * day, true
	case "quarterly":
		return 92 * day, true
	case "semiannually", "semi-annually":
		return 184 * day, true
	case "yearly", "annually":
		return 366 * day, true
	}
	return 0, false
}

// longestGap returns the longest time between two occurrences of a calendar
// event, as Proxmox products write schedules: the form of systemd without
// seconds of a fraction and time zones ("mon..fri 22:30", "*/6:00", "*-*-1/7 02:00").
// Of days and months it knows no better than the longest there can be. It is
// false for what it does not understand.
//
// See https://pve.proxmox.com/pve-docs/chapter-vzdump.html#chapter_calendar_events (8.4).
func longestGap(event string) (time.Duration, bool) {
	event = strings.ToLower(strings.TrimSpace(event))
	if gap, ok := namedGap(event); ok {
		return gap, true
	}
	fields := strings.Fields(event)
	if len(fields) == 0 || len(fields) > 3 {
		return 0, false
	}
	weekday, date, within := day, day, time.Duration(0)
	for i, field := range fields {
		var ok bool
		switch {
		case i == 0 && field[0] >= 'a' && field[0] <= 'z':
			weekday, ok = weekdayGap(field)
		case strings.Contains(field, "-"):
			date, ok = dateGap(field)
		default:
			within, ok = timeGap(field)
		}
		if !ok {
			return 0, false
		}
	}
	switch {
	case weekday > day && date > day: // such a weekday that is also such a day of the month
		return weekday + date, true
	case weekday == day && date == day && within > 0:
		return within, true
	}
	return max(weekday, date), true
}

// weekdayGap reads "mon", "mon..fri", "sat,sun".
func weekdayGap(field string) (time.Duration, bool) {
	names := []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
	number := func(text string) (int, bool) {
		i := slices.IndexFunc(names, func(name string) bool { return len(text) >= 3 && strings.HasPrefix(text, name) })
		return i, i >= 0
	}
	found, ok := occurrences(field, 0, 6, number)
	if !ok {
		return 0, false
	}
	return time.Duration(widest(found, 7)) * day, true
}

// dateGap reads "*-*-1,15", "*-1-1", "2026-*-*" in which years do not matter.
func dateGap(field string) (time.Duration, bool) {
	parts := strings.Split(field, "-")
	if len(parts) == 3 {
		parts = parts[1:]
	}
	if len(parts) != 2 {
		return 0, false
	}
	months, ok := occurrences(parts[0], 1, 12, atoi)
	dates, fine := occurrences(parts[1], 1, 31, atoi)
	if !ok || !fine {
		return 0, false
	}
	if len(months) < 12 {
		return time.Duration(widest(months, 12))*31*day + time.Duration(widest(dates, 31)-31)*day, true
	}
	return time.Duration(widest(dates, 31)) * day, true
}

// timeGap reads "22:30", "*/30", "0/6:00", "8..17,22:0/15", each perhaps with
// seconds. A number alone, or with a step, is of minutes.
func timeGap(field string) (time.Duration, bool) {
	parts := strings.Split(field, ":")
	hours, minutes := "*", parts[0]
	switch len(parts) {
	case 1:
	case 2, 3: // runs that are seconds apart do not matter
		hours, minutes = parts[0], parts[1]
	default:
		return 0, false
	}
	h, ok := occurrences(hours, 0, 23, atoi)
	m, fine := occurrences(minutes, 0, 59, atoi)
	if !ok || !fine {
		return 0, false
	}
	times := make([]int, 0, len(h)*len(m))
	for _, hour := range h {
		for _, minute := range m {
			times = append(times, 60*hour+minute)
		}
	}
	return time.Duration(widest(times, 24*60)) * time.Minute, true
}

// occurrences reads a list of numbers, ranges and steps: "1,5", "1..5", "*/2", "1/7".
func occurrences(list string, lowest, highest int, number func(string) (int, bool)) ([]int, bool) {
	var found []int
	for item := range strings.SplitSeq(list, ",") {
		body, steps, stepped := strings.Cut(item, "/")
		first, last, ok := bounds(body, lowest, highest, number)
		step := 1
		if stepped && ok {
			step, ok = atoi(steps)
			if first == last {
				last = highest
			}
		}
		if !ok || step < 1 || step > highest || first < lowest || last > highest || first > last {
			return nil, false
		}
		for n := first; n <= last; n += step {
			found = append(found, n)
		}
	}
	slices.Sort(found)
	return slices.Compact(found), true
}

// bounds reads "*", "3" or "3..5".
func bounds(body string, lowest, highest int, number func(string) (int, bool)) (first, last int, ok bool) {
	if body == "*" {
		return lowest, highest, true
	}
	from, to, isRange := strings.Cut(body, "..")
	first, ok = number(from)
	if !isRange || !ok {
		return first, first, ok
	}
	last, ok = number(to)
	return first, last, ok
}

func atoi(text string) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil
}

// widest returns the widest gap between numbers in order that begin again after the cycle.
func widest(numbers []int, cycle int) int {
	gap := numbers[0] + cycle - numbers[len(numbers)-1]
	for i := 1; i < len(numbers); i++ {
		gap = max(gap, numbers[i]-numbers[i-1])
	}
	return gap
}
