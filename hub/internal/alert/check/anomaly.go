package check

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// How what is usual is found out of the hours before.
const (
	baselineMost  = 24 // hours
	baselineLeast = 12
	// trimmed is how many of the highest, and of the lowest, are left out.
	trimmed = 2
	// skewed is how far the mean may be from the median before the median is taken.
	skewed = 0.4
	// busyBaseline is from how many messages an hour on ratios say something.
	busyBaseline = 40
	// countsAge is how old the newest hour may be.
	countsAge = 3 * time.Hour
)

// anomalies judges whether the gateway sees much more bad mail than usual. Two hours in a row must say so.
func (b *bench) anomalies(counts []resource.MailCount) {
	for _, one := range []struct {
		kind  alert.Type
		what  string
		value func(*resource.MailCount) float64
	}{
		{alert.AnomalySpamIn, "incoming spam", func(c *resource.MailCount) float64 { return c.SpamIn }},
		{alert.AnomalySpamOut, "outgoing spam", func(c *resource.MailCount) float64 { return c.SpamOut }},
		{alert.AnomalyVirusIn, "incoming viruses", func(c *resource.MailCount) float64 { return c.VirusIn }},
		{alert.AnomalyVirusOut, "outgoing viruses", func(c *resource.MailCount) float64 { return c.VirusOut }},
	} {
		s := state{Type: one.kind, AlertID: b.subject.ID + "-" + string(one.kind), Unknown: true}
		if n := len(counts); n > baselineLeast+1 && b.Now.Sub(counts[n-1].At) < countsAge {
			rates := hourly(counts, one.value)
			b.judgeAnomaly(&s, one.what, rates)
		}
		b.is(s)
	}
}

// hourly returns rates per hour.
func hourly(counts []resource.MailCount, value func(*resource.MailCount) float64) []float64 {
	rates := make([]float64, len(counts))
	for i := range counts {
		span := counts[i].WindowEnd.Sub(counts[i].WindowStart)
		if span <= 0 {
			span = time.Hour
		}
		rates[i] = value(&counts[i]) / span.Hours()
	}
	return rates
}

func (b *bench) judgeAnomaly(s *state, what string, rates []float64) {
	n := len(rates)
	level, usual, trigger := anomalyLevel(rates, n-1)
	before, _, _ := anomalyLevel(rates, n-2)
	if level.Above(before) {
		level = before
	}
	s.Unknown, s.Level, s.Value, s.Trigger = false, level, rates[n-1], trigger
	s.Message = fmt.Sprintf("PMG %s sees %.0f %s an hour, where %.0f are usual", b.subject.Name, s.Value, what, usual)
	s.Extra = func() map[string]any { return map[string]any{"baseline": usual} }
}

// anomalyLevel judges one hour by those before it, and returns what is usual and from which value on there is a warning.
func anomalyLevel(rates []float64, i int) (level alert.Level, usual, trigger float64) {
	usual = baseline(rates[max(0, i-baselineMost):i])
	trigger, critical := usual+60, usual+120
	if usual >= busyBaseline {
		trigger, critical = max(1.8*usual, usual+150), max(2.5*usual, usual+300)
	}
	switch {
	case rates[i] >= critical:
		level = alert.Critical
	case rates[i] >= trigger:
		level = alert.Warning
	}
	return level, usual, trigger
}

// baseline returns what is usual: the mean without the highest and lowest values, or the median where they disagree.
func baseline(rates []float64) float64 {
	sorted := slices.Sorted(slices.Values(rates))
	middle := median(sorted)
	inner := sorted[trimmed : len(sorted)-trimmed]
	sum := 0.0
	for _, v := range inner {
		sum += v
	}
	mean := sum / float64(len(inner))
	if math.Abs(mean-middle) > skewed*middle {
		return middle
	}
	return mean
}
