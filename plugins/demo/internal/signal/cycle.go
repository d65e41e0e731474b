package signal

import (
	"math"
	"time"
)

// Cycle is something that happens again and again at a fixed distance: a
// reboot, a backup, a migration. Every must be positive.
// It is a value, safe for concurrent use.
type Cycle struct {
	Every time.Duration
	// Offset moves all runs; with 0 one of them is at Genesis, which is midnight UTC.
	Offset time.Duration
}

// Daily returns the cycle that runs every day at the given time since midnight UTC.
func Daily(at time.Duration) Cycle { return Cycle{Every: 24 * time.Hour, Offset: at} }

// Weekly returns the cycle that runs every Sunday at the given time since midnight UTC.
func Weekly(at time.Duration) Cycle {
	// Genesis is a Monday.
	return Cycle{Every: 7 * 24 * time.Hour, Offset: 6*24*time.Hour + at}
}

// Index returns the number of the last run at or before t.
func (c Cycle) Index(t time.Time) int {
	return int(math.Floor(t.Sub(Genesis().Add(c.Offset)).Seconds() / c.Every.Seconds()))
}

// Run returns the moment of the run with the given number.
func (c Cycle) Run(index int) time.Time {
	return Genesis().Add(c.Offset).Add(time.Duration(index) * c.Every)
}

// Last returns the moment of the last run at or before t.
func (c Cycle) Last(t time.Time) time.Time { return c.Run(c.Index(t)) }

// Next returns the moment of the first run after t.
func (c Cycle) Next(t time.Time) time.Time { return c.Run(c.Index(t) + 1) }

// Since returns the time since the last run.
func (c Cycle) Since(t time.Time) time.Duration { return t.Sub(c.Last(t)) }

// Part returns how much of the current round is over, from 0 up to 1.
func (c Cycle) Part(t time.Time) float64 {
	return c.Since(t).Seconds() / c.Every.Seconds()
}

// Fill is a level that rises slowly from Low to High and, when somebody has
// cleaned up, starts again. Low and High are ratios from 0 to 1.
type Fill struct {
	Low, High float64
	Cycle     Cycle
}

// At returns the level at t. The clean-up itself takes the last hundredth of a round.
func (f Fill) At(t time.Time) float64 {
	const cleanup = 0.01
	part := f.Cycle.Part(t)
	if part > 1-cleanup {
		return f.High - (f.High-f.Low)*(part-(1-cleanup))/cleanup
	}
	return f.Low + (f.High-f.Low)*part/(1-cleanup)
}
