package check

import "time"

// gaugeSteps is how many observations of a value are remembered of one window.
const gaugeSteps = 24

// A gauge is what a value was over some time, the oldest observation first. It is thinned out to gaugeSteps a window.
type gauge struct {
	at     []time.Time
	values []float64
}

// earlier notes a value and returns what it was about one window before. It reports false when that is not known. The
// key is that of the resource and, behind a tab, the name of the value.
func (m *memory) earlier(key string, at time.Time, value float64, window time.Duration) (float64, bool) {
	g := m.gauges[key]
	if g == nil {
		g = &gauge{}
		m.gauges[key] = g
	}
	g.note(at, value, window)
	return g.old(at, window)
}

func (g *gauge) note(at time.Time, value float64, window time.Duration) {
	if n := len(g.at); n > 0 && at.Sub(g.at[n-1]) < window/gaugeSteps {
		return
	}
	g.at, g.values = append(g.at, at), append(g.values, value)
	drop := 0
	for drop+1 < len(g.at) && at.Sub(g.at[drop+1]) >= window { // the next one is old enough, too
		drop++
	}
	g.at, g.values = append(g.at[:0], g.at[drop:]...), append(g.values[:0], g.values[drop:]...)
}

// old returns the oldest value, if that is about one window old.
func (g *gauge) old(at time.Time, window time.Duration) (float64, bool) {
	age := at.Sub(g.at[0])
	return g.values[0], age >= window && age < window+window/2
}
