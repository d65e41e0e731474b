package forecast

import (
	"math"
	"slices"
	"time"
)

// An Hour is the mean of the bytes used in one hour.
type Hour struct {
	// At is the number of the hour since the Unix epoch.
	At int64
	// Used is in bytes.
	Used float64
}

// A Trend is how the use of one resource develops. It does not change with the present.
type Trend struct {
	// Growth is in bytes per second; 0 when it is not known.
	Growth float64
	Basis  Basis

	unknown Reason // why there is no growth; empty when there is
	// level is the bytes that nine tenths of the last season stayed below, as of the end of the basis.
	level float64
	// agreement is the share of slopes upwards less that of slopes downwards, from -1 to 1.
	agreement float64
	// spread is how far the middle half of the slopes lies apart, relative to their median.
	spread float64
}

const (
	dayHours  = 24
	weekHours = 7 * dayHours
	// leastSpan and leastHours are how much history a trend needs, in hours.
	leastSpan, leastHours = 3*dayHours - 1, 24
	// leastPairs is how many slopes a median needs.
	leastPairs = 12
	// peakShare is the share of the last season that stays below the level that the line starts from.
	peakShare = 0.9
)

// Fit finds the trend of a history: hours in order of time, each at most once. What is before the last cleanup is
// left out; the caller leaves out what is older than Window.
func Fit(hours []Hour) Trend {
	kept, weekly := sinceCleanup(hours)
	t := Trend{Basis: basisOf(kept)}
	if !enough(kept) {
		t.unknown = TooLittleHistory
		if len(kept) < len(hours) && enough(hours) {
			t.unknown = AfterCleanup
		}
		return t
	}
	season := dayHours
	if weekly || kept[len(kept)-1].At-kept[0].At >= 2*weekHours-1 {
		season = weekHours
	}
	slopes := seasonalSlopes(kept, season)
	if len(slopes) < leastPairs {
		season = dayHours
		slopes = seasonalSlopes(kept, season)
	}
	if len(slopes) < leastPairs {
		t.unknown = TooLittleHistory
		return t
	}
	t.measure(slopes)
	perHour := t.Growth * time.Hour.Seconds()
	t.level = levelOf(kept, perHour, season) + perHour/2 // a mean is that of the middle of its hour
	return t
}

func enough(hours []Hour) bool {
	return len(hours) >= leastHours && hours[len(hours)-1].At-hours[0].At >= leastSpan
}

func basisOf(hours []Hour) Basis {
	if len(hours) == 0 {
		return Basis{}
	}
	return Basis{From: startOf(hours[0].At), To: startOf(hours[len(hours)-1].At + 1), Hours: len(hours)}
}

func startOf(hour int64) time.Time { return time.Unix(hour*3600, 0).UTC() }

// seasonalSlopes returns the slopes, in bytes per hour and sorted, between all hours that are a whole number of
// seasons apart.
func seasonalSlopes(hours []Hour, season int) []float64 {
	first := hours[0].At
	used := make([]float64, hours[len(hours)-1].At-first+1)
	for i := range used {
		used[i] = math.NaN()
	}
	for _, h := range hours {
		used[h.At-first] = h.Used
	}
	var slopes []float64
	for lag := season; lag < len(used); lag += season {
		for i := range len(used) - lag {
			if slope := (used[i+lag] - used[i]) / float64(lag); !math.IsNaN(slope) {
				slopes = append(slopes, slope)
			}
		}
	}
	slices.Sort(slopes)
	return slopes
}

// measure takes what is told from sorted slopes in bytes per hour.
func (t *Trend) measure(slopes []float64) {
	up, down := 0, 0
	for _, slope := range slopes {
		switch {
		case slope > 0:
			up++
		case slope < 0:
			down++
		}
	}
	median := quantile(slopes, 0.5)
	t.Growth = median / time.Hour.Seconds()
	t.agreement = float64(up-down) / float64(len(slopes))
	t.spread = math.Inf(1)
	if median != 0 {
		t.spread = (quantile(slopes, 0.75) - quantile(slopes, 0.25)) / math.Abs(median)
	}
}

// levelOf returns what nine tenths of the last season stayed below, with the growth per hour added up to its end.
func levelOf(hours []Hour, growth float64, season int) float64 {
	last := hours[len(hours)-1].At
	var levels []float64
	for _, h := range slices.Backward(hours) {
		if last-h.At >= int64(season) {
			break
		}
		levels = append(levels, h.Used+growth*float64(last-h.At))
	}
	slices.Sort(levels)
	return quantile(levels, peakShare)
}

// quantile returns the value at a share from 0 to 1 of a sorted list that is not empty.
func quantile(sorted []float64, share float64) float64 {
	at := share * float64(len(sorted)-1)
	below := int(at)
	if below+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[below] + (at-float64(below))*(sorted[below+1]-sorted[below])
}
