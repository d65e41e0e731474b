// Package forecast says when a storage, a datastore or a filesystem will be full if it goes on as it did.
//
// The basis is the bytes used, one mean per hour, of at most the last 30 days. Three steps make a forecast of them:
//
//   - A sudden fall is a cleanup, and what was before the last one says nothing about what comes: the basis begins
//     after it. Falls that come back after a day or a week belong to the rhythm of backups and pruning; they stay.
//   - The growth is the median of the slopes between hours at the same time of the week, or of the day where there are
//     less than 14 days: the seasonal slope of Hirsch, Slack and Smith (1982), which is the one of Theil and Sen
//     within each season. Neither outliers nor a daily or weekly rhythm moves it.
//   - The line starts from the level that nine tenths of the last season stayed below, its growth taken out: what
//     fills up is full at its peaks.
//
// At least three days and 24 hours with values are needed. How far the slopes agree with each other, how much history
// there is, and how far ahead the day lies decide about the confidence. "It does not grow" and "not known" are answers
// as well: a Reason says which it is.
package forecast

import (
	"math"
	"time"
)

// A Reason says in a word what a forecast is.
type Reason string

// The reasons. The last three mean that nothing is known.
const (
	// Growing has a day on which it is full.
	Growing Reason = "growing"
	// Full says that there is no room left now.
	Full Reason = "full"
	// NotGrowing says that it stays, or grows so slowly that it is not full within five years.
	NotGrowing Reason = "not_growing"
	// Shrinking says that it becomes less.
	Shrinking Reason = "shrinking"
	// TooLittleHistory says that there are less than three days or 24 hours with values.
	TooLittleHistory Reason = "too_little_history"
	// AfterCleanup says that there are since the last cleanup.
	AfterCleanup Reason = "after_cleanup"
	// NoRecentHistory says that nothing was measured for two days.
	NoRecentHistory Reason = "no_recent_history"
)

// Confidence says how much a forecast is worth.
type Confidence string

// The confidences, from the least to the most.
const (
	Low    Confidence = "low"
	Medium Confidence = "medium"
	High   Confidence = "high"
)

// Limits of what is looked at and foretold.
const (
	// Window is how far back the basis reaches at most.
	Window = 30 * day
	// horizon is how far ahead a day is named.
	horizon = 5 * 365 * day
	// staleAfter is how long ago the last value may be.
	staleAfter = 2 * day
	// fullRatio is how much of the capacity counts as all of it.
	fullRatio = 0.995
	// leastAgreement is what a growth must have that is one.
	leastAgreement = 0.3

	day = 24 * time.Hour
)

// A Forecast is what is to be expected of one resource.
type Forecast struct {
	Reason     Reason
	Confidence Confidence
	// FullAt is when it is full, zero when that is not foreseen.
	FullAt time.Time
	// Growth is in bytes per second, negative when it shrinks, 0 when it is not known.
	Growth float64
	// Basis is what it was made of.
	Basis Basis
}

// A Basis is the part of the history that a forecast was made of: from the first to the last hour that counts. Both
// are zero when there is none.
type Basis struct {
	From, To time.Time
	// Hours is how many hours in between have a value.
	Hours int
}

func (b Basis) span() time.Duration { return b.To.Sub(b.From) }

// Foresee extends a trend to the moment when capacity bytes are used. Now is the present, used what is used now.
func (t *Trend) Foresee(now time.Time, used, capacity float64) Forecast {
	f := Forecast{Reason: t.unknown, Confidence: Low, Growth: t.Growth, Basis: t.Basis}
	if f.Basis.To.After(now) {
		f.Basis.To = now // the last hour is not over
	}
	switch {
	case capacity > 0 && used >= capacity*fullRatio:
		f.Reason, f.Confidence, f.FullAt = Full, High, now
	case t.unknown != "":
	case now.Sub(t.Basis.To) > staleAfter:
		f.Reason = NoRecentHistory
	case t.Growth < 0 && t.agreement <= -leastAgreement:
		f.Reason, f.Confidence = Shrinking, t.confidence()
	default:
		f.Reason, f.Confidence = NotGrowing, t.confidenceOfRest()
		if left, ok := t.timeLeft(now, capacity); ok {
			f.Reason, f.FullAt = Growing, now.Add(left)
			f.Confidence = lower(t.confidence(), t.confidenceAhead(left))
		}
	}
	return f
}

// timeLeft returns how long the growth takes to fill the capacity, and whether there is an end within the horizon.
func (t *Trend) timeLeft(now time.Time, capacity float64) (time.Duration, bool) {
	if t.Growth <= 0 || t.agreement < leastAgreement || capacity <= 0 {
		return 0, false
	}
	level := t.level + t.Growth*now.Sub(t.Basis.To).Seconds()
	seconds := math.Max(0, (capacity-level)/t.Growth)
	if seconds > horizon.Seconds() {
		return 0, false
	}
	return time.Duration(seconds * float64(time.Second)), true
}

// confidence judges a slope by the length of its basis, the gaps in it, and how far the slopes between hours agree.
func (t *Trend) confidence() Confidence {
	agreement := math.Abs(t.agreement)
	switch span := t.Basis.span(); {
	case span >= 14*day-time.Hour && t.coverage() >= 0.7 && agreement >= 0.8 && t.spread <= 0.5:
		return High
	case span >= 7*day-time.Hour && t.coverage() >= 0.4 && agreement >= 0.6 && t.spread <= 1.5:
		return Medium
	}
	return Low
}

// confidenceOfRest judges that nothing grows, for which slopes need not agree.
func (t *Trend) confidenceOfRest() Confidence {
	switch span := t.Basis.span(); {
	case span >= 14*day-time.Hour && t.coverage() >= 0.7:
		return High
	case span >= 7*day-time.Hour && t.coverage() >= 0.4:
		return Medium
	}
	return Low
}

// confidenceAhead bounds the confidence by how much further the line is drawn than it was seen.
func (t *Trend) confidenceAhead(left time.Duration) Confidence {
	switch span := t.Basis.span(); {
	case left <= 3*span:
		return High
	case left <= 12*span:
		return Medium
	}
	return Low
}

// coverage returns the share of hours that have a value.
func (t *Trend) coverage() float64 {
	return float64(t.Basis.Hours) / (t.Basis.span().Hours() + 1)
}

func lower(a, b Confidence) Confidence {
	switch {
	case a == Low || b == Low:
		return Low
	case a == Medium || b == Medium:
		return Medium
	}
	return High
}
