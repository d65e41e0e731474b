package conformance

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// maxTrapped bounds the connections that the trap holds at once; more are closed at once.
const maxTrapped = 100

// trap is a server that takes connections, reads and never answers.
type trap struct {
	listener net.Listener
	serving  sync.WaitGroup

	mu      sync.Mutex
	conns   map[net.Conn]bool
	now     traffic
	changed chan struct{}
}

// traffic is what goes on in a trap.
type traffic struct {
	open int // connections at the moment
	ever int // connections since the beginning
	fed  int // those that something was sent on
}

// openTrap returns a trap that serves until close.
func openTrap(ctx context.Context) (*trap, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	t := &trap{listener: listener, conns: map[net.Conn]bool{}, changed: make(chan struct{})}
	t.serving.Go(t.accept)
	return t, nil
}

func (t *trap) address() string { return t.listener.Addr().String() }

// accept ends when the listener is closed.
func (t *trap) accept() {
	for {
		conn, err := t.listener.Accept()
		if err != nil {
			return
		}
		if !t.hold(conn) {
			_ = conn.Close()
			continue
		}
		t.serving.Go(func() {
			if n, _ := conn.Read(make([]byte, 1)); n > 0 {
				t.note(func() { t.now.fed++ })
			}
			_, _ = io.Copy(io.Discard, conn) // until the other side closes
			_ = conn.Close()
			t.note(func() { delete(t.conns, conn) })
		})
	}
}

func (t *trap) hold(conn net.Conn) bool {
	taken := false
	t.note(func() {
		if taken = len(t.conns) < maxTrapped; taken {
			t.conns[conn] = true
			t.now.ever++
		}
	})
	return taken
}

// note changes what goes on and tells whoever waits.
func (t *trap) note(change func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change()
	t.now.open = len(t.conns)
	close(t.changed)
	t.changed = make(chan struct{})
}

// visited tells whether there ever was a connection.
func (t *trap) visited() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.now.ever > 0
}

// wait waits until the traffic is as wanted and tells
// whether it came to that before the limit, the end of the context or stop.
func (t *trap) wait(ctx context.Context, limit time.Duration, stop <-chan struct{}, wanted func(traffic) bool) bool {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		t.mu.Lock()
		now, changed := t.now, t.changed
		t.mu.Unlock()
		if wanted(now) {
			return true
		}
		select {
		case <-changed:
		case <-stop:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// close ends all connections and waits for it.
func (t *trap) close() {
	_ = t.listener.Close()
	t.mu.Lock()
	for conn := range t.conns {
		_ = conn.Close()
	}
	t.mu.Unlock()
	t.serving.Wait()
}
