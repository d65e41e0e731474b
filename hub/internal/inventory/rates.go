package inventory

import (
	"time"

	"github.com/pulse-hub/pulse/sdk/resource"
)

// counterReading is what a resource's counters stood at.
type counterReading struct {
	at      time.Time
	traffic resource.Traffic
}

// rates returns the rates of r at that moment, derived from its counters and
// the reading before it if r does not bring its own, and remembers the
// reading. It returns nil when they are not known: at the first reading, for
// one older than the last, and when a counter has fallen, because what was
// counted before the restart is not known.
func (d *datasetState) rates(r *resource.Resource, at time.Time) *resource.Rates {
	if r.Usage.Rates != nil {
		return r.Usage.Rates
	}
	if r.Usage.Counters == nil {
		delete(d.counters, r.ID)
		return nil
	}
	now := counterReading{at: at, traffic: *r.Usage.Counters}
	before := newestBefore(at, d.counters[r.ID], d.lateCounters[r.ID])
	d.counters[r.ID] = now
	return between(before, now)
}

// lateRates does the same for a late observation. Late ones have readings of
// their own, so that they never stand in the way of the present.
func (d *datasetState) lateRates(r *resource.Resource, at time.Time) *resource.Rates {
	if r.Usage.Rates != nil || r.Usage.Counters == nil {
		return r.Usage.Rates
	}
	now := counterReading{at: at, traffic: *r.Usage.Counters}
	before := newestBefore(at, d.counters[r.ID], d.lateCounters[r.ID])
	if d.lateCounters == nil {
		d.lateCounters = map[string]counterReading{}
	}
	d.lateCounters[r.ID] = now
	return between(before, now)
}

// newestBefore returns the newest reading from before a moment; the zero value if there is none.
func newestBefore(at time.Time, readings ...counterReading) counterReading {
	var newest counterReading
	for _, reading := range readings {
		if reading.at.Before(at) && reading.at.After(newest.at) {
			newest = reading
		}
	}
	return newest
}

// between returns the rates between two readings, nil when they say nothing.
func between(before, now counterReading) *resource.Rates {
	if before.at.IsZero() || fell(before.traffic, now.traffic) {
		return nil
	}
	seconds := now.at.Sub(before.at).Seconds()
	perSecond := func(before, now uint64) float64 { return float64(now-before) / seconds }
	return &resource.Rates{
		NetIn:     perSecond(before.traffic.NetIn, now.traffic.NetIn),
		NetOut:    perSecond(before.traffic.NetOut, now.traffic.NetOut),
		DiskRead:  perSecond(before.traffic.DiskRead, now.traffic.DiskRead),
		DiskWrite: perSecond(before.traffic.DiskWrite, now.traffic.DiskWrite),
	}
}

func fell(before, now resource.Traffic) bool {
	return now.NetIn < before.NetIn || now.NetOut < before.NetOut ||
		now.DiskRead < before.DiskRead || now.DiskWrite < before.DiskWrite
}
