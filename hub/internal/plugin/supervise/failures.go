package supervise

import "time"

// failures remembers when a plugin failed and tells how long to wait.
type failures struct {
	timing Timing
	// random returns a number from 0 to 1.
	random  func() float64
	row     int         // failures since the plugin was last stable
	recent  []time.Time // at most CrashLimit, oldest first
	looping bool        // once in a crash loop, until stable
}

// add counts a failure and returns the wait before the next start, and whether this is a crash loop.
func (f *failures) add(now time.Time) (wait time.Duration, looping bool) {
	f.row++
	f.recent = append(f.recent, now)
	if extra := len(f.recent) - f.timing.CrashLimit; extra > 0 {
		f.recent = append(f.recent[:0], f.recent[extra:]...)
	}
	if len(f.recent) == f.timing.CrashLimit && now.Sub(f.recent[0]) <= f.timing.CrashWindow {
		f.looping = true
	}
	if f.looping {
		return f.jitter(f.timing.CrashRetry), true
	}
	// Beyond 2^16 the cap has long been reached.
	wait = f.timing.BackoffBase << min(f.row-1, 16)
	return f.jitter(min(wait, f.timing.BackoffCap)), false
}

// reset forgets: the plugin is stable, or a person wants it started.
func (f *failures) reset() {
	f.row = 0
	f.looping = false
	f.recent = f.recent[:0]
}

// jitter spreads a wait by a fifth in both directions, so that what failed together does not start together.
func (f *failures) jitter(wait time.Duration) time.Duration {
	return time.Duration(float64(wait) * (0.8 + 0.4*f.random()))
}
