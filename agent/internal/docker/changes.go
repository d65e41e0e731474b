package docker

import (
	"context"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/docker/engine"
)

// Bounds of following events.
const (
	// maxTouched bounds the ids that are remembered between two collections; with more, everything counts as changed.
	maxTouched = 4096
	// followPause is the time before events are asked for again after they broke off.
	followPause = 2 * time.Second
)

// changes remembers, between two collections, to which containers something happened, and whether to the engine itself.
// It is safe for concurrent use.
type changes struct {
	arrived chan struct{} // a value when there is a new engine to follow

	mu      sync.Mutex
	live    bool   // events arrive
	epoch   uint64 // grows whenever events may have been missed
	touched map[string]struct{}
	engine  bool
}

func newChanges() *changes {
	return &changes{arrived: make(chan struct{}, 1), touched: map[string]struct{}{}}
}

// connected says that there is an engine.
func (c *changes) connected() {
	select {
	case c.arrived <- struct{}{}:
	default:
	}
}

// begin says that events arrive from now on.
func (c *changes) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.live = true
	c.epoch++
	clear(c.touched)
}

// end says that no events arrive from now on.
func (c *changes) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.live = false
}

// touch says that something happened to a container.
func (c *changes) touch(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.touched) >= maxTouched {
		c.epoch++
		clear(c.touched)
		return
	}
	c.touched[id] = struct{}{}
}

// touchEngine says that something happened to the engine.
func (c *changes) touchEngine() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.engine = true
}

// takeEngine returns whether something happened to the engine since it was called last.
func (c *changes) takeEngine() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	touched := c.engine
	c.engine = false
	return touched
}

// knowledge is what the events say about what is remembered of containers.
type knowledge struct {
	live    bool
	epoch   uint64
	touched map[string]struct{}
}

// take returns what happened since it was called last.
func (c *changes) take() knowledge {
	c.mu.Lock()
	defer c.mu.Unlock()
	taken := knowledge{live: c.live, epoch: c.epoch, touched: c.touched}
	c.touched = map[string]struct{}{}
	return taken
}

// follow listens to the events of the engine until the context ends, and returns nil then.
func (m *Module) follow(ctx context.Context) error {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-pause.C:
		case <-m.changes.arrived:
		}
		client := m.client.Load()
		if client == nil {
			continue // until one arrives
		}
		err := client.Events(ctx, engine.Listener{Begin: m.changes.begin, Container: m.changes.touch, Engine: m.changes.touchEngine})
		m.changes.end()
		m.logger.Debug("events end", "error", err)
		pause.Reset(followPause)
	}
}
