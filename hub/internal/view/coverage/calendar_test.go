package coverage

import (
	"testing"
	"time"
)

func TestLongestGap(t *testing.T) {
	tests := map[string]time.Duration{
		"daily": day, "Weekly": 7 * day, "hourly": time.Hour, "monthly": 31 * day,
		"21:00": day, "02:30:00": day, "*:00": time.Hour, "*/30": 30 * time.Minute, "15": time.Hour,
		"0/6:00": 6 * time.Hour, "*/6:00": 6 * time.Hour, "2,14:00": 12 * time.Hour, "8..17:00": 15 * time.Hour,
		"sun 01:00": 7 * day, "mon..fri 22:30": 3 * day, "mon,wed,fri": 3 * day, "mon..sun 22:30": day, "sat": 7 * day,
		"mon..sun */4:00": 4 * time.Hour, "monday 3:00": 7 * day,
		"*-*-01 02:00": 31 * day, "*-1,15 02:00": 17 * day, "*-*-* 02:00": day, "2026-*-* 2:00": day, "*-1,7-1": 6 * 31 * day,
		"sat *-1..7 15:00": 32 * day,
		// What is not understood is not known.
		"": 0, "often": 0, "25:00": 0, "mon..": 0, "fri..mon": 0, "1:2:3:4": 0, "*/0": 0, "*/99999999999": 0, "*/9223372036854775807": 0,
		"a b c d": 0, "*-13-1": 0, "mo 1:00": 0, "-": 0, "*-*-*-*": 0,
	}
	for event, want := range tests {
		if got, ok := longestGap(event); got != want || ok != (want > 0) {
			t.Errorf("%q has the gap %s (%v), want %s", event, got, ok, want)
		}
	}
}

// FuzzLongestGap: what is understood has a gap from a minute up to some years.
func FuzzLongestGap(f *testing.F) {
	for _, seed := range []string{"daily", "mon..fri 22:30", "*/6:00", "*-1/7 2:00", "sat *-1..7 15:00", "0/1:0/1", "*-2-29"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, event string) {
		gap, ok := longestGap(event)
		if ok && (gap < time.Minute || gap > 800*day) || !ok && gap != 0 {
			t.Errorf("%q has the gap %s (%v)", event, gap, ok)
		}
	})
}
