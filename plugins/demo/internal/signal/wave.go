package signal

import (
	"math"
	"time"
)

// Shape says how a Wave looks. All heights are in the unit of the wave and
// must not be negative; the wave stays between Base and the sum of all four.
type Shape struct {
	Base  float64 // always there
	Daily float64 // height of the rhythm of the day, highest in the early afternoon UTC
	Noise float64 // height of the small and quick changes
	Burst float64 // height of the bursts, which come every few hours and last some minutes
}

// Wave is a smooth function of time: a rhythm of the day, noise and bursts.
// It is a value, safe for concurrent use.
type Wave struct {
	shape       Shape
	day         float64 // phase of the rhythm of the day, radians
	noise       [noises]sine
	burstEvery  float64 // seconds
	burstLength float64 // seconds
	burstPhase  float64 // seconds
}

type sine struct{ omega, phase float64 }

const (
	noises   = 3
	dayOmega = 2 * math.Pi / 86400
	// peakHour is when the rhythm of the day is at its height, hours UTC.
	peakHour = 13.5
)

// NewWave returns a wave of the given shape whose phases follow from the seed.
func NewWave(s Seed, shape Shape) Wave {
	w := Wave{
		shape:       shape,
		day:         math.Pi/2 - dayOmega*3600*(peakHour+s.Between("day", -1.5, 1.5)),
		burstEvery:  s.Between("burst-every", 2, 9) * 3600,
		burstLength: s.Between("burst-length", 4, 25) * 60,
		burstPhase:  s.Between("burst-phase", 0, 9) * 3600,
	}
	for i, period := range [noises]float64{5400, 1260, 260} {
		name := string(rune('a' + i))
		w.noise[i] = sine{
			omega: 2 * math.Pi / (period * s.Between("period-"+name, 0.7, 1.4)),
			phase: s.Between("phase-"+name, 0, 2*math.Pi),
		}
	}
	return w
}

// At returns the value at t.
func (w Wave) At(t time.Time) float64 {
	x := seconds(t)
	v := w.shape.Base + w.shape.Daily*(0.5+0.5*math.Sin(dayOmega*x+w.day))
	for _, n := range w.noise {
		v += w.shape.Noise / noises * (0.5 + 0.5*math.Sin(n.omega*x+n.phase))
	}
	if in := floorMod(x+w.burstPhase, w.burstEvery); in < w.burstLength {
		v += w.shape.Burst * square(math.Sin(math.Pi*in/w.burstLength))
	}
	return v
}

// Total returns the area below the wave from one moment to another, in the
// unit of the wave times seconds. It only grows with to, so it serves as a
// counter whose rate is the wave; it is 0 if to is not after from.
func (w Wave) Total(from, to time.Time) float64 {
	if !to.After(from) {
		return 0
	}
	return w.area(seconds(to)) - w.area(seconds(from))
}

// area is the integral of At from Genesis to x.
func (w Wave) area(x float64) float64 {
	total := (w.shape.Base + w.shape.Daily/2 + w.shape.Noise/2) * x
	total -= w.shape.Daily / 2 / dayOmega * math.Cos(dayOmega*x+w.day)
	for _, n := range w.noise {
		total -= w.shape.Noise / noises / 2 / n.omega * math.Cos(n.omega*x+n.phase)
	}
	x += w.burstPhase
	in := min(floorMod(x, w.burstEvery), w.burstLength)
	part := in/2 - w.burstLength/(4*math.Pi)*math.Sin(2*math.Pi*in/w.burstLength)
	return total + w.shape.Burst*(math.Floor(x/w.burstEvery)*w.burstLength/2+part)
}

func square(x float64) float64 { return x * x }

// Bounded squeezes x into the range from 0 to 1 without a corner: small values
// stay as they are, large ones approach 1.
func Bounded(x float64) float64 {
	const knee = 0.8
	if x <= knee {
		return max(x, 0)
	}
	return 1 - (1-knee)*math.Exp(-(x-knee)/(1-knee))
}
