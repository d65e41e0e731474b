package proxmox

import (
	"sync"
	"time"

	"github.com/pulse-hub/pulse/sdk/resource"
)

// pace makes rates of counters by the clock of the guests. A cluster tells
// everybody a new sample about every ten seconds, so that a poll in the same
// rhythm sees one sample twice and misses the next: by the time of the polls
// the rate would be nothing and then twice too much. Safe for concurrent use.
type pace struct {
	mu     sync.Mutex
	guests map[string]pacing // by id; bounded by forget
}

// sample is what a cluster told of a guest.
type sample struct {
	at       time.Time // when it was seen
	uptime   time.Duration
	counters resource.Traffic
}

type pacing struct {
	last  sample
	rates *resource.Rates // between the last two samples; nil: not known
}

// steady is how long a rate is taken to hold on while no new sample comes.
const steady = time.Minute

func newPace() *pace { return &pace{guests: map[string]pacing{}} }

// rates returns the rates that hold at a sample, nil if they are not known: at
// the first, after a restart, and when the cluster has told nothing new for long.
func (p *pace) rates(id string, now sample) *resource.Rates {
	p.mu.Lock()
	defer p.mu.Unlock()
	known, seen := p.guests[id]
	switch {
	case !seen || now.uptime < known.last.uptime || fell(known.last.counters, now.counters):
		p.guests[id] = pacing{last: now}
		return nil
	case now.uptime == known.last.uptime:
		if now.at.Sub(known.last.at) > steady {
			return nil
		}
		return known.rates
	}
	rates := between(known.last, now)
	p.guests[id] = pacing{now, rates}
	return rates
}

func between(before, now sample) *resource.Rates {
	seconds := (now.uptime - before.uptime).Seconds()
	perSecond := func(before, now uint64) float64 { return float64(now-before) / seconds }
	return &resource.Rates{
		NetIn:     perSecond(before.counters.NetIn, now.counters.NetIn),
		NetOut:    perSecond(before.counters.NetOut, now.counters.NetOut),
		DiskRead:  perSecond(before.counters.DiskRead, now.counters.DiskRead),
		DiskWrite: perSecond(before.counters.DiskWrite, now.counters.DiskWrite),
	}
}

func fell(before, now resource.Traffic) bool {
	return now.NetIn < before.NetIn || now.NetOut < before.NetOut ||
		now.DiskRead < before.DiskRead || now.DiskWrite < before.DiskWrite
}

// forget drops the guests that are no longer there.
func (p *pace) forget(v *view) {
	there := map[string]bool{}
	for _, row := range v.guests() {
		there[row.guestID()] = true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	keep(p.guests, there)
}
