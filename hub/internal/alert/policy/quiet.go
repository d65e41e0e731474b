package policy

import (
	"fmt"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
)

// quietHours are the quiet hours made ready. The zero value never is quiet.
type quietHours struct {
	enabled    bool
	start, end clock
	zone       *time.Location
	begins     [7]bool // by time.Weekday: a window begins on that day
	suppress   QuietCategories
}

// newQuietHours makes quiet hours ready. Without any day they begin every day.
func newQuietHours(c QuietHours) (q quietHours, err error) {
	if !c.Enabled {
		return q, nil
	}
	q.enabled, q.suppress = true, c.Suppress
	if q.start, err = clockOf(c.Start); err != nil {
		return quietHours{}, err
	}
	if q.end, err = clockOf(c.End); err != nil {
		return quietHours{}, err
	}
	if q.zone, err = zoneOf(c.Timezone); err != nil {
		return quietHours{}, err
	}
	for day, name := range weekdays() {
		q.begins[day] = c.Days[name] || len(c.Days) == 0
	}
	return q, nil
}

// Quiet says whether people are not told of an alert now because of quiet hours, and until when those last. Warnings
// always wait in them, critical alerts if their category may.
//
// A window belongs to the day on which it begins: one from 22:00 to 06:00 on Friday ends on Saturday whether Saturday is
// a day of quiet hours or not. Where start and end are the same it lasts until that time on the next day. Both are
// moments on the clock of the zone: of an hour that comes twice the first counts, and what falls into an hour that is
// left out counts when the clock has jumped.
func (p *Policy) Quiet(now time.Time, level alert.Level, category alert.Category) (until time.Time, quiet bool) {
	q := &p.quiet
	if !q.enabled || level == alert.Critical && !q.suppress.has(category) {
		return time.Time{}, false
	}
	year, month, day := now.In(q.zone).Date()
	for _, begin := range [...]int{day, day - 1} {
		if !q.begins[time.Date(year, month, begin, 0, 0, 0, 0, time.UTC).Weekday()] {
			continue
		}
		from, to := q.window(year, month, begin)
		if !now.Before(from) && now.Before(to) {
			return to, true
		}
	}
	return time.Time{}, false
}

// window returns the window that begins on a day.
func (q *quietHours) window(year int, month time.Month, day int) (from, to time.Time) {
	last := day
	if q.end <= q.start {
		last++
	}
	return q.start.on(year, month, day, q.zone), q.end.on(year, month, last, q.zone)
}

func (c QuietCategories) has(category alert.Category) bool {
	switch category {
	case alert.Performance:
		return c.Performance
	case alert.Storage:
		return c.Storage
	case alert.Offline:
		return c.Offline
	}
	return false
}

// A clock is a time of day in minutes.
type clock int

// clockOf parses "HH:MM".
func clockOf(text string) (clock, error) {
	t, err := time.Parse("15:04", text)
	if err != nil {
		return 0, fmt.Errorf("parse time of day: %w", err)
	}
	return clock(60*t.Hour() + t.Minute()), nil
}

// on returns the first moment of a day at which clocks in a zone show this time or, where they jump over it, a later
// one. The day may be out of its month, as for time.Date.
func (c clock) on(year int, month time.Month, day int, zone *time.Location) time.Time {
	wanted := time.Date(year, month, day, 0, int(c), 0, 0, time.UTC)
	t := time.Date(year, month, day, 0, int(c), 0, 0, zone)
	shown := faceOf(t)
	began, ends := t.ZoneBounds()
	switch {
	case shown.After(wanted):
		return began
	case shown.Before(wanted):
		return ends
	case began.IsZero():
		return t
	}
	_, offset := began.Add(-time.Nanosecond).Zone()
	if earlier := wanted.Add(-time.Duration(offset) * time.Second); earlier.Before(began) {
		return earlier
	}
	return t
}

// faceOf returns the time of day and the date that clocks show at a moment, as if it were in UTC.
func faceOf(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// zoneOf returns a time zone by its IANA name; the empty name is the zone of the machine.
func zoneOf(name string) (*time.Location, error) {
	if name == "" {
		return time.Local, nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("load time zone: %w", err)
	}
	return zone, nil
}
