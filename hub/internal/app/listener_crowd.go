package app

import (
	"container/list"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

const (
	// maxConnections is how many connections there are at most, and
	// minConnections how many however few files the system lets the hub open.
	maxConnections, minConnections = 16 << 10, 256
	// maxPerNetwork is how many silent connections one network may have.
	maxPerNetwork = 512
	// patience is how long a connection may be silent in any case while only its
	// network has too many: thousands of agents behind one address that all
	// connect at once are no attack.
	patience = 3 * time.Second
	// calm is how long nothing must be closed for a flood to be over.
	calm = time.Minute
)

// bounds are how many connections there may be.
type bounds struct {
	// Total bounds all of them, Silent those that have not sent a whole request
	// yet, PerNetwork the silent ones of one network.
	Total, Silent, PerNetwork int
}

// boundsFor leaves a quarter of the files that may be open to everything else.
func boundsFor(files uint64) bounds {
	total := int(min(max(files/4*3, minConnections), maxConnections))
	return bounds{Total: total, Silent: total / 4, PerNetwork: min(maxPerNetwork, total/8)}
}

// standing is what is known of the other side of a connection.
type standing int

const (
	// silent: it has not sent a whole request yet.
	silent standing = iota
	// stranger: it has, and did not say who it is.
	stranger
	// known: a caller was recognised on it. These are never closed for others.
	known
)

// place is where a connection stands in its crowd. The zero value is in none.
type place struct {
	standing standing
	since    time.Time // it came
	queue    *list.Element
	ofNet    *list.Element
	inside   bool
}

// crowd is the connections of a server. When there are too many it closes the
// one that has been silent longest; if all have spoken, the stranger that has
// asked nothing new for the longest time. Connections of known callers are
// left alone: if there is nobody else, it is the new one that is turned away.
// It is safe for concurrent use.
type crowd struct {
	bounds
	logger hclog.Logger
	now    func() time.Time

	mu        sync.Mutex
	size      int
	silent    list.List // of *visit, the one that has waited longest first
	strangers list.List // likewise
	networks  map[netip.Prefix]*list.List
	closed    int // since the flood began
	last      time.Time
}

func newCrowd(b bounds, logger hclog.Logger) *crowd {
	return &crowd{bounds: b, logger: logger, now: time.Now, networks: map[netip.Prefix]*list.List{}}
}

// enter takes a new connection in, which may cost another one its place, and
// reports whether there is room for it.
func (c *crowd) enter(v *visit) bool {
	victim, ok := c.admit(v)
	if victim != nil {
		victim.cut()
	}
	return ok
}

func (c *crowd) admit(v *visit) (*visit, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	v.place = place{since: now}
	victim, room := c.roomLocked(v)
	if victim != nil {
		c.removeLocked(victim)
	}
	c.reportLocked(victim != nil || !room, now)
	if !room {
		return nil, false
	}
	c.size++
	v.inside = true
	v.queue = c.silent.PushBack(v)
	same := c.networks[v.network]
	if same == nil {
		same = list.New()
		c.networks[v.network] = same
	}
	v.ofNet = same.PushBack(v)
	return victim, true
}

// roomLocked returns who has to go, if anybody, and whether there is room then.
func (c *crowd) roomLocked(v *visit) (victim *visit, room bool) {
	if same := c.networks[v.network]; same != nil && same.Len() >= c.PerNetwork {
		if oldest := first(same); v.since.Sub(oldest.since) >= patience {
			return oldest, true
		}
	}
	if c.silent.Len() >= c.Silent {
		return first(&c.silent), true
	}
	if c.size < c.Total {
		return nil, true
	}
	if victim = first(&c.silent); victim == nil {
		victim = first(&c.strangers)
	}
	return victim, victim != nil
}

func first(l *list.List) *visit {
	if l.Len() == 0 {
		return nil
	}
	return l.Front().Value.(*visit)
}

// note takes in what a server says of a connection.
func (c *crowd) note(v *visit, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !v.inside {
		return
	}
	switch {
	case state == http.StateHijacked: // whoever speaks another protocol on it bounds that, too
		c.promoteLocked(v, known)
	case v.standing == silent && state == http.StateActive:
		c.promoteLocked(v, stranger)
	case v.standing == stranger && (state == http.StateActive || state == http.StateIdle):
		c.strangers.MoveToBack(v.queue)
	}
}

// recognise makes a connection one of a known caller.
func (c *crowd) recognise(v *visit) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v.inside && v.standing != known {
		c.promoteLocked(v, known)
	}
}

func (c *crowd) promoteLocked(v *visit, to standing) {
	c.dequeueLocked(v)
	if v.standing = to; to == stranger {
		v.queue = c.strangers.PushBack(v)
	}
}

func (c *crowd) dequeueLocked(v *visit) {
	switch v.standing {
	case silent:
		c.silent.Remove(v.queue)
		same := c.networks[v.network]
		if same.Remove(v.ofNet); same.Len() == 0 {
			delete(c.networks, v.network)
		}
	case stranger:
		c.strangers.Remove(v.queue)
	case known: // these wait in no queue
	}
}

// leave is called when a connection is closed, once or more often.
func (c *crowd) leave(v *visit) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.removeLocked(v)
}

func (c *crowd) removeLocked(v *visit) {
	if !v.inside {
		return
	}
	c.dequeueLocked(v)
	v.inside = false
	c.size--
}

// reportLocked logs when connections begin to be closed for others, and how
// many it were once that is over.
func (c *crowd) reportLocked(closed bool, now time.Time) {
	over := c.closed > 0 && now.Sub(c.last) >= calm
	if over {
		c.logger.Info("connections are no longer closed for others", "closed", c.closed)
		c.closed = 0
	}
	if !closed {
		return
	}
	if c.closed == 0 {
		c.logger.Warn("too many connections: those that ask nothing are closed", "open", c.size, "silent", c.silent.Len())
	}
	c.closed++
	c.last = now
}
