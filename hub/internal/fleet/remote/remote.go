// Package remote runs commands on machines whose agents keep a websocket open
// for that.
package remote

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/hashicorp/go-hclog"
)

const (
	// maxConnections bounds how many agents are connected at a time.
	maxConnections = 10_000
	// registerTimeout is how long an agent may take to say who it is.
	registerTimeout = 30 * time.Second
	// helloLimit bounds the first frame, frameLimit the others, in bytes: a result
	// has two outputs of a mebibyte, and JSON may write a byte with six.
	helloLimit = 64 << 10
	frameLimit = 13 << 20
	// pingInterval is the rhythm of the protocol's pings, pingTimeout how long the
	// answers may be missing.
	pingInterval = 5 * time.Second
	pingTimeout  = 15 * time.Second
	// writeTimeout is how long an agent may take for one frame.
	writeTimeout = 10 * time.Second
)

var (
	errShutdown = errors.New("hub is shutting down")
	errReplaced = errors.New("the agent has connected anew")
	errGone     = errors.New("agent has gone")
	errRevoked  = errors.New("token is no longer valid")
)

// Options are the parts of a Hub. All are needed but Now and NewID.
type Options struct {
	// Recognize says whether an API token is valid.
	Recognize func(token string) bool
	Logger    hclog.Logger
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// NewID makes ids of requests; nil: random UUIDs.
	NewID func() string
}

// Hub serves the connections of agents. Create it with New; it is safe for
// concurrent use. Connections are taken while Run runs.
type Hub struct {
	Options

	mu      sync.Mutex
	open    int
	running bool
	closing context.Context
	served  sync.WaitGroup
	agents  map[string]*connection // by the agent's id
}

// New builds a Hub.
func New(options Options) *Hub {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.NewID == nil {
		options.NewID = newUUID
	}
	return &Hub{Options: options, agents: map[string]*connection{}}
}

// Run takes connections until ctx ends, and then ends every one of them.
func (h *Hub) Run(ctx context.Context) error {
	closing, shut := context.WithCancelCause(context.WithoutCancel(ctx))
	h.mu.Lock()
	h.running, h.closing = true, closing
	h.mu.Unlock()
	<-ctx.Done()
	h.mu.Lock()
	h.running = false
	h.mu.Unlock()
	shut(errShutdown)
	h.served.Wait()
	return nil
}

// enter counts a connection in; ok is false when there is no room for it.
func (h *Hub) enter() (closing context.Context, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.running || h.open >= maxConnections {
		return nil, false
	}
	h.open++
	h.served.Add(1)
	return h.closing, true
}

func (h *Hub) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open--
	h.served.Done()
}

// ServeHTTP upgrades the request and serves the agent until either side ends
// the connection. The agent says who it is in its first frame, and may come
// from anywhere.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	closing, ok := h.enter()
	if !ok {
		http.Error(w, "Too many connections", http.StatusServiceUnavailable)
		return
	}
	defer h.leave()
	socket, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		// Agents are no browsers, and what they have to say first is a token.
		InsecureSkipVerify: true,
	})
	if err != nil {
		h.Logger.Debug("websocket not opened", "error", err)
		return
	}
	// A websocket ends when either side says so, not with the request.
	h.serve(closing, socket)
}

func (h *Hub) serve(closing context.Context, socket *websocket.Conn) {
	defer func() { _ = socket.CloseNow() }() // the error says that it is closed already
	c := &connection{socket: socket, hub: h, waiting: map[string]chan Result{}}
	ctx, cancel := context.WithCancelCause(closing)
	defer cancel(nil)
	c.cancel = cancel
	if err := c.greet(ctx); err != nil {
		h.Logger.Debug("agent not registered", "error", err)
		return
	}
	h.add(c)
	h.Logger.Info("agent connected for commands", "agent_id", c.agent.ID, "hostname", c.agent.Hostname)
	reason := c.run(ctx)
	h.remove(c)
	c.abandon()
	h.Logger.Info("agent disconnected", "agent_id", c.agent.ID, "reason", reason)
}

// add makes a connection the one of its agent.
func (h *Hub) add(c *connection) {
	h.mu.Lock()
	before := h.agents[c.agent.ID]
	h.agents[c.agent.ID] = c
	h.mu.Unlock()
	if before != nil {
		before.cancel(errReplaced)
	}
}

func (h *Hub) remove(c *connection) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.agents[c.agent.ID] == c {
		delete(h.agents, c.agent.ID)
	}
}

// Agent is one that is connected.
type Agent struct {
	ID, Hostname, Version, Platform string
	Tags                            []string
	// ConnectedAt is when it said who it is.
	ConnectedAt time.Time
}

// Agents returns the agents that are connected, in the order of their ids. The
// slice is the caller's.
func (h *Hub) Agents() []Agent {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]Agent, 0, len(h.agents))
	for _, c := range h.agents {
		list = append(list, c.agent)
	}
	slices.SortFunc(list, func(a, b Agent) int { return cmp.Compare(a.ID, b.ID) })
	return list
}
