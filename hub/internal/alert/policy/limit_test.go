package policy_test

import (
	"math"
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/alert"
)

func TestJudge(t *testing.T) {
	usual := limit(80, 75, 90, "")
	same := limit(80, 80, 80, "")
	cases := []struct {
		name    string
		value   float64
		same    bool
		verdict alert.Verdict
		level   alert.Level
	}{
		{name: "good", value: 10, verdict: alert.Good},
		{name: "where it ends", value: 75, verdict: alert.Good},
		{name: "between", value: 75.1, verdict: alert.Between, level: alert.Warning},
		{name: "just below", value: 79.9, verdict: alert.Between, level: alert.Warning},
		{name: "the trigger", value: 80, verdict: alert.Bad, level: alert.Warning},
		{name: "below critical", value: 89.9, verdict: alert.Bad, level: alert.Warning},
		{name: "critical", value: 90, verdict: alert.Bad, level: alert.Critical},
		{name: "beyond", value: math.Inf(1), verdict: alert.Bad, level: alert.Critical},
		{name: "no number", value: math.NaN(), verdict: alert.Unknown},
		{name: "ends where it begins", value: 80, same: true, verdict: alert.Bad, level: alert.Critical},
		{name: "below where it begins", value: 79.9, same: true, verdict: alert.Good},
	}
	for _, c := range cases {
		l := usual
		if c.same {
			l = same
		}
		if verdict, level := l.Judge(c.value); verdict != c.verdict || level != c.level {
			t.Errorf("%s: %v of %v is %v %q, want %v %q", c.name, c.value, l, verdict, level, c.verdict, c.level)
		}
	}
}
