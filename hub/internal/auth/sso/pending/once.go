package pending

import (
	"sync"
	"time"
)

// Once remembers which ids were used, so that each is used once. It is safe for
// concurrent use.
type Once struct {
	options Options

	mu   sync.Mutex
	used map[string]time.Time
}

// NewOnce returns an empty memory. Its life is how long an id could be used
// again; when it is full, further ids are refused.
func NewOnce(options Options) *Once {
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Once{options: options, used: map[string]time.Time{}}
}

// First reports whether an id is used for the first time.
func (o *Once) First(id string) bool {
	now := o.options.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	if at, ok := o.used[id]; ok && now.Sub(at) <= o.options.Life {
		return false
	}
	if len(o.used) >= o.options.Limit {
		o.forgetLocked(now)
	}
	if len(o.used) >= o.options.Limit {
		return false
	}
	o.used[id] = now
	return true
}

func (o *Once) forgetLocked(now time.Time) {
	for id, at := range o.used {
		if now.Sub(at) > o.options.Life {
			delete(o.used, id)
		}
	}
}
