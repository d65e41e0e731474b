// Package stream pushes what changes to the pages and clients that are connected by websocket.
//
// Two protocols are spoken on one path. A client that offers the subprotocol
// pulse.live.v1 gets a snapshot and then small deltas, at most one per second,
// built once for all pages. Every other client gets whole states at a steady
// rhythm. No queue exists per connection: a page reads from a ring of recent
// frames at its own speed, and starts over from a snapshot when it has fallen
// behind the ring. What is broadcast to everybody is in a ring of its own. A
// connection that falls behind that, or does not take a frame within ten
// seconds, is closed.
package stream

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/condition"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
)

// Protocol is the subprotocol of pages that take deltas.
const Protocol = "pulse.live.v1"

// queueSize is how many batches may wait while a frame is being built. Batches
// are only noted down here, so that the inventory never waits long.
const queueSize = 4096

// maxConnections bounds how many clients are served at a time.
const maxConnections = 1000

// Inventory is where changes come from.
type Inventory interface {
	Snapshot() *inventory.Snapshot
	Subscribe(name string, queue int) *inventory.Subscription
}

// States renders the whole state for clients that take no deltas. It is safe for concurrent use.
type States interface {
	// State returns one JSON object.
	State(*inventory.Snapshot) ([]byte, error)
	// StateWithResources returns the same object with the member "resources" added.
	StateWithResources(*inventory.Snapshot) ([]byte, error)
}

// Options are what a Stream is built from.
type Options struct {
	Inventory Inventory
	States    States
	// Version is told to pages.
	Version string
	// Conditions returns what is wrong with the hub, which pages are told, and a channel that is closed when that
	// changes; nil: pages are told nothing.
	Conditions func() ([]condition.Condition, <-chan struct{})
	// Alerts returns the active alerts for pages, as a JSON object, and a channel that is closed when they are others;
	// nil: pages are told of none.
	Alerts func() (json.RawMessage, <-chan struct{})
	// Development says that the hub runs plugins of developers unchecked; pages warn of it.
	Development bool
	// AllowedOrigins is a list of origins, separated by commas, that may
	// connect besides the hub's own; "*" admits all.
	AllowedOrigins string
	Logger         hclog.Logger
	// Tick is the least time between two deltas; 0: one second.
	Tick time.Duration
	// Interval is the time between two whole states; 0: ten seconds.
	Interval time.Duration
	// Heartbeat is the longest time without a delta; 0: ten seconds.
	Heartbeat time.Duration
}

// Stream serves the connections. Create it with New; it is safe for concurrent use.
type Stream struct {
	Options
	feed     *feed
	states   *states
	bulletin *bulletin
	// closing ends when Run does: connections outlive no run.
	closing context.Context
	close   context.CancelCauseFunc

	mu     sync.Mutex
	open   int
	closed bool
	served sync.WaitGroup
}

// New builds a Stream. Frames are made while Run runs.
func New(options Options) *Stream {
	if options.Conditions == nil {
		options.Conditions = func() ([]condition.Condition, <-chan struct{}) { return nil, nil }
	}
	if options.Alerts == nil {
		options.Alerts = func() (json.RawMessage, <-chan struct{}) { return nil, nil }
	}
	if options.Tick == 0 {
		options.Tick = time.Second
	}
	if options.Interval == 0 {
		options.Interval = 10 * time.Second
	}
	if options.Heartbeat == 0 {
		options.Heartbeat = 10 * time.Second
	}
	s := &Stream{Options: options, bulletin: newBulletin()}
	s.feed = newFeed(options.Inventory, options.Heartbeat, options.Logger)
	s.states = newStates(options.States, options.Inventory)
	s.closing, s.close = context.WithCancelCause(context.Background())
	return s
}

// Run makes frames until ctx ends, and then ends every connection.
func (s *Stream) Run(ctx context.Context) error {
	subscription := s.Inventory.Subscribe("stream", queueSize)
	defer subscription.Close()
	defer s.end()
	tick, interval := time.NewTicker(s.Tick), time.NewTicker(s.Interval)
	defer tick.Stop()
	defer interval.Stop()
	_, others := s.Alerts()
	for {
		select {
		case <-ctx.Done():
			return nil
		case batch, ok := <-subscription.Batches():
			if !ok {
				return nil
			}
			s.feed.note(batch)
		case now := <-tick.C:
			s.feed.advance(now)
		case <-others: // clients of whole states are not left waiting for what somebody has acknowledged
			_, others = s.Alerts()
			s.advanceStates()
		case <-interval.C:
			s.advanceStates()
		}
	}
}

func (s *Stream) advanceStates() {
	if err := s.states.advance(); err != nil {
		s.Logger.Error("state frame not made", "error", err)
	}
}

// Connections returns how many clients are connected.
func (s *Stream) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

// enter counts a client in and reports whether there is room for it.
func (s *Stream) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.open >= maxConnections {
		return false
	}
	s.open++
	s.served.Add(1)
	return true
}

func (s *Stream) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	s.served.Done()
}

// end says goodbye to every client and waits until they have gone.
func (s *Stream) end() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.close(errShutdown)
	s.served.Wait()
}

// ServeHTTP upgrades the request and serves the connection until it ends. The
// caller has authenticated the request.
func (s *Stream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !originAllowed(r, s.AllowedOrigins) {
		http.Error(w, "Origin not allowed", http.StatusForbidden)
		return
	}
	if !s.enter() {
		http.Error(w, "Too many connections", http.StatusServiceUnavailable)
		return
	}
	defer s.leave()
	socket, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols: []string{Protocol},
		// The origin was checked above, by rules this library does not have.
		InsecureSkipVerify: true,
		// Without a context that is kept between frames, a connection costs no
		// compressor of its own.
		CompressionMode:      websocket.CompressionNoContextTakeover,
		CompressionThreshold: 512,
	})
	if err != nil {
		s.Logger.Debug("websocket not opened", "error", err)
		return
	}
	c := newConnection(socket)
	// A websocket ends when either side says so, not with the request.
	if socket.Subprotocol() == Protocol {
		c.serve(s.closing, &page{
			feed: s.feed, bulletin: s.bulletin, connection: c, version: s.Version, development: s.Development,
			conditions: s.Conditions, alerts: s.Alerts, interval: s.Tick,
		})
	} else {
		c.serve(s.closing, &follower{states: s.states, bulletin: s.bulletin, connection: c, logger: s.Logger, replies: make(chan string, 4)})
	}
}
