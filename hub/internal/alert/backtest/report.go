package backtest

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
)

// maxResources is how many resources a report names.
const maxResources = 50

// Figures count alerts.
type Figures struct {
	// Firings are the alerts that began; Told those of which people would have been told at once.
	Firings, Told int
	// Withheld are the others, by why nobody would have been told when they began.
	Withheld map[alert.Withholding]int
	// DuringBackups are those that began while a backup of the guest was made, as far as the hypervisor still tells of
	// its tasks. The hub knows a guest that is being backed up by its lock, which is not stored, and does not judge its
	// processors and rates then: alerts of those count here although there would have been none.
	DuringBackups int
	// Total is how long they went on together, Longest how long the longest did, Goes how many have not ended.
	Total, Longest time.Duration
	Goes           int
}

// Report says what would have happened.
type Report struct {
	Figures
	// Resources counts the resources that were looked at, Measures their values with a threshold.
	Resources, Measures int
	ByType              map[alert.Type]Figures
	// ByResource has the resources with the most firings first, at most 50.
	ByResource []ResourceFigures
	// ByDay has the days of UTC on which there were firings, in order.
	ByDay []DayFigures
	// ApproximateBefore is set when sums of five minutes, or longer, had to do: before it no samples are kept.
	ApproximateBefore time.Time
	// Events are what the engine decided, by time and identity, if they were asked for. Sentences and metadata are missing.
	Events []alert.Event
}

// ResourceFigures are the alerts of one resource.
type ResourceFigures struct {
	Subject alert.Subject
	Figures
}

// DayFigures are the alerts that began on one day.
type DayFigures struct {
	// Day is its beginning.
	Day time.Time
	Figures
}

func (f *Figures) fired(e *alert.Event, duringBackup bool) {
	f.Firings++
	switch {
	case e.Withheld == "":
		f.Told++
	case f.Withheld == nil:
		f.Withheld = map[alert.Withholding]int{e.Withheld: 1}
	default:
		f.Withheld[e.Withheld]++
	}
	if duringBackup {
		f.DuringBackups++
	}
}

func (f *Figures) lasted(d time.Duration, goes bool) {
	f.Total += d
	f.Longest = max(f.Longest, d)
	if goes {
		f.Goes++
	}
}

func (f *Figures) add(other *Figures) {
	f.Firings += other.Firings
	f.Told += other.Told
	f.DuringBackups += other.DuringBackups
	f.Total += other.Total
	f.Longest = max(f.Longest, other.Longest)
	f.Goes += other.Goes
	for why, n := range other.Withheld {
		if f.Withheld == nil {
			f.Withheld = map[alert.Withholding]int{}
		}
		f.Withheld[why] += n
	}
}

// counted is what alerts are counted by.
type counted struct {
	kind alert.Type
	key  string
	day  time.Time
}

// A tally counts what happens to the alerts of some resources, one after the other.
type tally struct {
	keep    bool
	figures map[counted]*Figures
	names   map[string]alert.Subject
	events  []alert.Event
	guessed bool
	// now is what is looked at.
	now *subject
	// resources and measures count what was looked at.
	resources, measures int
}

func newTally(keep bool) *tally {
	return &tally{keep: keep, figures: map[counted]*Figures{}, names: map[string]alert.Subject{}}
}

func (t *tally) note(e *alert.Event) {
	switch e.Kind {
	case alert.Fired:
		t.of(e.Alert).fired(e, during(t.now.runs, e.At))
	case alert.Resolved:
		t.of(e.Alert).lasted(e.At.Sub(e.Alert.FiredAt), false)
	}
	if t.keep {
		t.events = append(t.events, *e)
	}
}

// goes counts an alert that has not ended.
func (t *tally) goes(a *alert.Alert, until time.Time) { t.of(a).lasted(until.Sub(a.FiredAt), true) }

func (t *tally) of(a *alert.Alert) *Figures {
	by := counted{a.Type, t.now.entry.Key, a.FiredAt.UTC().Truncate(24 * time.Hour)}
	f := t.figures[by]
	if f == nil {
		f = &Figures{}
		t.figures[by] = f
	}
	if _, known := t.names[by.key]; !known {
		t.names[by.key] = t.now.measures[0].Subject
	}
	return f
}

// reportOf sums tallies up.
func reportOf(read reader, tallies []*tally) *Report {
	out := &Report{ByType: map[alert.Type]Figures{}}
	byKey, byDay := map[string]*ResourceFigures{}, map[time.Time]*DayFigures{}
	for _, t := range tallies {
		out.Resources += t.resources
		out.Measures += t.measures
		out.Events = append(out.Events, t.events...)
		if t.guessed {
			out.ApproximateBefore = time.UnixMilli(read.rawSince).UTC()
		}
		for by, f := range t.figures {
			out.add(f)
			kind := out.ByType[by.kind]
			kind.add(f)
			out.ByType[by.kind] = kind
			if byKey[by.key] == nil {
				byKey[by.key] = &ResourceFigures{Subject: t.names[by.key]}
			}
			byKey[by.key].add(f)
			if byDay[by.day] == nil {
				byDay[by.day] = &DayFigures{Day: by.day}
			}
			byDay[by.day].add(f)
		}
	}
	out.ByResource, out.ByDay = most(byKey), days(byDay)
	slices.SortStableFunc(out.Events, func(a, b alert.Event) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Identity, b.Identity), cmp.Compare(a.Number, b.Number))
	})
	return out
}

// most returns the resources with the most firings.
func most(byKey map[string]*ResourceFigures) []ResourceFigures {
	list := make([]ResourceFigures, 0, len(byKey))
	for _, one := range byKey {
		list = append(list, *one)
	}
	slices.SortFunc(list, func(a, b ResourceFigures) int {
		return cmp.Or(cmp.Compare(b.Firings, a.Firings), cmp.Compare(b.Total, a.Total), cmp.Compare(a.Subject.Key, b.Subject.Key))
	})
	return list[:min(len(list), maxResources)]
}

func days(byDay map[time.Time]*DayFigures) []DayFigures {
	list := make([]DayFigures, 0, len(byDay))
	for _, day := range slices.SortedFunc(maps.Keys(byDay), time.Time.Compare) {
		list = append(list, *byDay[day])
	}
	return list
}
