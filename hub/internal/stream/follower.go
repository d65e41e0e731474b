package stream

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

const (
	welcomeAfter = 500 * time.Millisecond
	initialAfter = 600 * time.Millisecond
	// requestPause is the least time between two states sent on request.
	requestPause = 2 * time.Second
)

// states makes the frames that hold a whole state, once for all followers.
type states struct {
	view      States
	inventory Inventory

	mu        sync.Mutex
	followers int
	newest    []byte
	number    uint64        // of newest
	changed   chan struct{} // closed when newest is replaced
}

func newStates(view States, inventory Inventory) *states {
	return &states{view: view, inventory: inventory, changed: make(chan struct{})}
}

func (s *states) join() (leave func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.followers++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.followers--; s.followers == 0 {
			s.newest = nil
		}
	}
}

// advance makes the next frame for everybody.
func (s *states) advance() error {
	s.mu.Lock()
	idle := s.followers == 0
	s.mu.Unlock()
	if idle {
		return nil
	}
	body, err := s.view.StateWithResources(s.inventory.Snapshot())
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.newest = stateFrame("rawData", body)
	s.number++
	close(s.changed)
	s.changed = make(chan struct{})
	return nil
}

// after returns the newest frame if its number is another one, and what tells of the next.
func (s *states) after(number uint64) (frame []byte, newest uint64, changed <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if number == s.number {
		return nil, number, s.changed
	}
	return s.newest, s.number, s.changed
}

// now makes a frame of the present for one client.
func (s *states) now(kind string) ([]byte, error) {
	body, err := s.view.State(s.inventory.Snapshot())
	if err != nil {
		return nil, err
	}
	return stateFrame(kind, body), nil
}

func stateFrame(kind string, body []byte) []byte {
	b := append(make([]byte, 0, len(body)+40), `{"type":"`...)
	b = append(b, kind...)
	b = append(b, `","data":`...)
	b = append(b, body...)
	return append(b, '}')
}

// follower is a client that takes whole states.
type follower struct {
	*connection
	states   *states
	bulletin *bulletin
	logger   hclog.Logger
	replies  chan string
}

// hear notes what the client asks for; what it asks for faster than it is
// answered is dropped.
func (f *follower) hear(message clientMessage) {
	if message.Type != "ping" && message.Type != "requestData" {
		return
	}
	select {
	case f.replies <- message.Type:
	default:
	}
}

func (f *follower) speak(ctx context.Context) error {
	leave := f.states.join()
	defer leave()
	_, number, _ := f.states.after(0)
	heard := f.bulletin.newest()
	if err := f.greet(ctx); err != nil {
		return err
	}
	ping := time.NewTicker(pingInterval)
	defer ping.Stop()
	var answered time.Time
	for {
		frame, newest, changed := f.states.after(number)
		number = newest
		news, added, err := f.bulletin.after(heard)
		switch {
		case err != nil:
			return err
		case frame != nil: // the news come next
		case news != nil:
			frame = news
			heard++
		default:
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-changed:
			case <-added:
			case now := <-ping.C:
				frame = clockFrame("ping", now)
			case request := <-f.replies:
				frame = f.reply(request, &answered)
			}
		}
		if frame == nil {
			continue
		}
		if err := f.send(ctx, frame); err != nil {
			return err
		}
	}
}

// greet sends the first two frames at the times clients know them to come.
func (f *follower) greet(ctx context.Context) error {
	if err := pause(ctx, welcomeAfter); err != nil {
		return err
	}
	if err := f.send(ctx, []byte(`{"type":"welcome","data":{"message":"Connected to Pulse WebSocket"}}`)); err != nil {
		return err
	}
	if err := pause(ctx, initialAfter-welcomeAfter); err != nil {
		return err
	}
	frame, err := f.states.now("initialState")
	if err != nil {
		return err
	}
	return f.send(ctx, frame)
}

// reply answers a message, or returns nil when it came too soon after the last one.
func (f *follower) reply(request string, answered *time.Time) []byte {
	now := time.Now()
	if request == "ping" {
		return clockFrame("pong", now)
	}
	if now.Sub(*answered) < requestPause {
		return nil
	}
	*answered = now
	frame, err := f.states.now("rawData")
	if err != nil {
		f.logger.Error("state frame not made", "error", err)
		return nil
	}
	return frame
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
