package discover

import (
	"slices"
	"sync"
	"time"
)

// Stage is how far a scan is.
type Stage int

// The stages, in their order.
const (
	Started Stage = iota
	Progressed
	Found
	Ended
)

// Event tells how a scan goes. Which members are set depends on its stage.
type Event struct {
	Stage    Stage
	Networks []Network // what is looked through
	// Done of Total addresses were looked at, and Servers found; of Progressed.
	Done, Total, Servers int
	// Server is the one that was found; of Found.
	Server Server
	// Result is what the scan brought, and Changed whether it differs from that
	// of the scan before; of Ended. It must not be changed.
	Result  *Result
	Changed bool
	At      time.Time
}

// progressEvery is the least time between two events of Progressed, the last one aside.
const progressEvery = 500 * time.Millisecond

// progress gathers what a scan finds and tells of it.
type progress struct {
	tell     func(Event)
	now      func() time.Time
	networks []Network
	total    int

	mu    sync.Mutex
	done  int
	found []Server
	told  time.Time // when of Progressed
}

// add counts one address and the servers there. Events are told under the
// lock, so that they come in their order.
func (p *progress) add(servers []Server) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.done++
	for _, server := range servers {
		p.found = append(p.found, server)
		p.tell(Event{Stage: Found, Networks: p.networks, Server: server, At: now})
	}
	if p.done < p.total && now.Sub(p.told) < progressEvery {
		return
	}
	p.told = now
	p.tell(Event{Stage: Progressed, Networks: p.networks, Done: p.done, Total: p.total, Servers: len(p.found), At: now})
}

// same says whether two scans brought the same.
func (r *Result) same(other *Result) bool {
	return slices.Equal(r.Servers, other.Servers) && slices.Equal(r.Problems, other.Problems)
}
