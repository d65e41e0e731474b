// Package unit turns the quantities of the model (ratios, durations, points in
// time) into those of the public API.
package unit

import (
	"math"
	"time"
)

// Finite returns v, or 0 if it is NaN or infinite: JSON has no word for those.
func Finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}

// Percent turns a ratio into percent; NaN and infinities become 0.
func Percent(ratio float64) float64 { return Finite(ratio * 100) }

// PercentOf is Percent for a ratio that may be unknown, which becomes 0.
func PercentOf(ratio *float64) float64 {
	if ratio == nil {
		return 0
	}
	return Percent(*ratio)
}

// Fraction returns a ratio as it is, 0 when it is unknown.
func Fraction(ratio *float64) float64 {
	if ratio == nil {
		return 0
	}
	return Finite(*ratio)
}

// Floats returns values with NaN and infinities replaced by 0. It returns the
// slice itself when there is nothing to replace, so the result is read-only.
func Floats(values []float64) []float64 {
	for i, v := range values {
		if v == Finite(v) {
			continue
		}
		clean := make([]float64, len(values))
		copy(clean, values[:i])
		for j := i; j < len(values); j++ {
			clean[j] = Finite(values[j])
		}
		return clean
	}
	return values
}

// FloatMap is Floats for a map: the map itself, or a copy without what JSON cannot say.
func FloatMap(values map[string]float64) map[string]float64 {
	for _, v := range values {
		if v == Finite(v) {
			continue
		}
		clean := make(map[string]float64, len(values))
		for name, v := range values {
			clean[name] = Finite(v)
		}
		return clean
	}
	return values
}

// PerSecond rounds a rate to whole bytes per second; it is never negative.
func PerSecond(rate float64) int64 {
	rate = Finite(rate)
	if rate <= 0 {
		return 0
	}
	if rate >= math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(rate + 0.5)
}

// Seconds returns the whole seconds of a duration.
func Seconds(d time.Duration) int64 { return int64(d / time.Second) }

// Millis returns t as Unix milliseconds at the resolution of a second, which
// is what existing clients are used to. The zero time becomes 0.
func Millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix() * 1000
}

// ExactMillis returns t as Unix milliseconds, 0 for the zero time.
func ExactMillis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// UnixSeconds returns t as Unix seconds, 0 for the zero time.
func UnixSeconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// Time returns t in UTC, or the zero time if RFC 3339 cannot express it.
func Time(t time.Time) time.Time {
	t = t.UTC()
	if t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}

// Known returns t in UTC, nil for the zero time.
func Known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
