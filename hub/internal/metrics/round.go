package metrics

import (
	"math"
	"strings"
)

// A rounding moves values to the nearest multiple of a step that is far below what the source can tell apart. Steps
// are powers of two, so a rounded value has few significant bits and the chunk encoding spends fewer on it.
type rounding struct {
	perUnit float64 // steps in one unit; 0 keeps values as they are
}

// roundingFor decides by the unit at the end of a metric's name. Other units are kept exactly.
func roundingFor(name string) rounding {
	switch {
	case strings.HasSuffix(name, "_ratio"):
		return rounding{perUnit: 1 << 14} // 0.006 of a percentage point
	case strings.HasSuffix(name, "_bytes_per_second"), strings.HasSuffix(name, "_bytes"):
		return rounding{perUnit: 1}
	case strings.HasSuffix(name, "_celsius"):
		return rounding{perUnit: 1 << 6} // 0.016 degrees
	}
	return rounding{}
}

// apply rounds v. Beyond 2^52 steps a value has no finer part, and stays as it is.
func (r rounding) apply(v float64) float64 {
	if r.perUnit == 0 {
		return v
	}
	steps := v * r.perUnit
	if math.Abs(steps) >= 1<<52 {
		return v
	}
	return math.RoundToEven(steps) / r.perUnit
}
