// Package command runs what the hub's administrator orders on this machine, where that was allowed.
//
// It keeps a websocket open to the hub for that, and only while commands are wanted: because the agent was started with
// --enable-commands, or because the hub says so for this machine. What may run is for the machine to say: the hub's wish
// alone opens a connection over which every order is refused that the machine's own list does not permit.
package command

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/command/allow"
)

const (
	// reconnectAfter is the pause after any failure.
	reconnectAfter = 10 * time.Second
	// pingEvery is the rhythm of pings, and silence how long the hub may say nothing at all.
	pingEvery = 30 * time.Second
	silence   = 75 * time.Second
	// greeting is how long connecting and registering may take.
	greeting = 30 * time.Second
	// writeTimeout is how long the hub may take to receive one frame.
	writeTimeout = 30 * time.Second
	// maxFrame bounds what is read of the hub at once, in bytes.
	maxFrame = 1 << 20
	// maxRunning bounds how many commands run at a time; the hub hears at once of one too many.
	maxRunning = 8
)

// errRefused means that the hub did not register the agent.
var errRefused = errors.New("the hub refuses the agent")

// Options is what a [Runner] works with. All are needed.
type Options struct {
	// URL is the base URL of the hub without a trailing slash, and Token the API token.
	URL, Token string
	// Client opens the connection.
	Client *http.Client
	// AgentID, Hostname, Version and Platform are what the hub is told of the agent.
	AgentID, Hostname, Version, Platform string
	// Enabled says that the machine's owner has switched commands on. They are wanted then as long as the hub does not say
	// otherwise.
	Enabled bool
	// Allow permits command lines. An empty one permits any if Enabled is set, and none else.
	Allow  allow.List
	Logger hclog.Logger
}

// Runner runs the hub's commands. Run is called once; Override may be called by others at any time.
type Runner struct {
	Options
	changed chan struct{} // has room for one
	pause   time.Duration // after a failure

	mu      sync.Mutex
	enabled bool
}

// New returns a runner. It opens nothing.
func New(options Options) *Runner {
	return &Runner{Options: options, enabled: options.Enabled, changed: make(chan struct{}, 1), pause: reconnectAfter}
}

// Override tells what the hub wants for this machine; nil: nothing, so what the agent was started with counts.
func (r *Runner) Override(wanted *bool) {
	enabled := r.Enabled
	if wanted != nil {
		enabled = *wanted
	}
	r.mu.Lock()
	before := r.enabled
	r.enabled = enabled
	r.mu.Unlock()
	if before == enabled {
		return
	}
	select {
	case r.changed <- struct{}{}:
	default: // it is known already that something changed
	}
}

func (r *Runner) wanted() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.enabled
}

// Run keeps the connection open while commands are wanted, until the context ends, and returns nil then. Commands that run
// when the connection ends are killed.
func (r *Runner) Run(ctx context.Context) error {
	for {
		for !r.wanted() {
			select {
			case <-ctx.Done():
				return nil
			case <-r.changed:
			}
		}
		r.Logger.Info("the hub may run commands on this machine", "commands", r.extent())
		if r.connectWhileWanted(ctx); ctx.Err() != nil {
			return nil
		}
		r.Logger.Info("the hub may no longer run commands on this machine")
	}
}

// connectWhileWanted connects, and again after each failure, until commands are no longer wanted.
func (r *Runner) connectWhileWanted(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var watch sync.WaitGroup
	defer watch.Wait()
	watch.Go(func() {
		for ctx.Err() == nil && r.wanted() {
			select {
			case <-ctx.Done():
			case <-r.changed:
			}
		}
		cancel()
	})
	pause := time.NewTimer(0)
	defer pause.Stop()
	said := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
		connected, err := r.connect(ctx)
		if ctx.Err() != nil {
			return
		}
		if connected {
			said = ""
		}
		if text := err.Error(); text != said {
			said = text
			r.Logger.Warn("no connection for commands", "error", err, "retry", r.pause)
		}
		pause.Reset(r.pause)
	}
}

// connect serves one connection until it ends, and returns why, and whether there was one.
func (r *Runner) connect(ctx context.Context) (connected bool, err error) {
	hello, cancel := context.WithTimeoutCause(ctx, greeting, errors.New("the hub did not answer in time"))
	defer cancel()
	address := "ws" + strings.TrimPrefix(r.URL, "http") + "/api/agent/ws"
	socket, _, err := websocket.Dial(hello, address, &websocket.DialOptions{HTTPClient: r.Client})
	if err != nil {
		return false, fmt.Errorf("connect: %w", withoutURL(err))
	}
	defer func() { _ = socket.CloseNow() }() // the error says that it is closed already
	socket.SetReadLimit(maxFrame)
	session := &session{socket: socket, judge: r.judge, logger: r.Logger}
	if err := session.register(hello, registration{
		AgentID: r.AgentID, Hostname: r.Hostname, Version: r.Version, Platform: r.Platform, Token: r.Token,
	}); err != nil {
		return false, err
	}
	r.Logger.Info("connected for commands")
	return true, session.serve(ctx)
}
