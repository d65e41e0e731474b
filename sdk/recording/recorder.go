package recording

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
)

// Recorder collects the calls of the connections it wraps and the exchanges of
// its proxies. It holds the secrets that go by until it is forgotten: only a
// Recording is without them. It is safe for concurrent use.
type Recorder struct {
	began time.Time

	mu              sync.Mutex
	plugin, version string
	calls           []Call
	exchanges       []Exchange
	dropped         int
	room            room
	configured      map[string]string // names by plain secret
	addresses       map[string]string // what stands for Upstream
}

// room is how many bytes may still be kept.
type room struct{ bodies, calls int }

// NewRecorder returns a recorder that has recorded nothing.
func NewRecorder() *Recorder {
	return &Recorder{
		began:      time.Now(),
		room:       room{bodies: MaxBodiesBytes, calls: MaxCallsBytes},
		configured: map[string]string{},
		addresses:  map[string]string{},
	}
}

// Recording returns what was recorded by now, without the secrets. What has
// begun and is not over is not in it. It is the caller's.
func (r *Recorder) Recording() *Recording {
	r.mu.Lock()
	recording := &Recording{
		Plugin: r.plugin, Version: r.version, Recorded: r.began.UTC(), Dropped: r.dropped,
		Calls: slices.Clone(r.calls), Exchanges: slices.Clone(r.exchanges),
	}
	known := newSecrets()
	for _, plain := range slices.Sorted(maps.Keys(r.configured)) {
		known.learn(r.configured[plain], plain, shortestConfigured)
	}
	addresses := maps.Clone(r.addresses)
	r.mu.Unlock()
	slices.SortStableFunc(recording.Calls, func(a, b Call) int { return a.Began.Compare(b.Began) })
	slices.SortStableFunc(recording.Exchanges, func(a, b Exchange) int { return a.Began.Compare(b.Began) })
	recording.redact(known, addresses)
	return recording
}

func lastName(pointer string) string { return pointer[strings.LastIndexByte(pointer, '/')+1:] }

// learn takes note of the secrets of a configuration.
func (r *Recorder) learn(request *pluginv1.ConfigureRequest) {
	for pointer, plain := range request.GetSecrets() {
		r.learnSecret(lastName(pointer), plain)
	}
}

func (r *Recorder) learnSecret(name, plain string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.configured[plain] = name
}

// introduce takes note of who the plugin says it is.
func (r *Recorder) introduce(m *pluginv1.Manifest) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.plugin, r.version = m.GetId(), m.GetVersion()
}

// standFor takes note of addresses in whose place Upstream is recorded.
func (r *Recorder) standFor(addresses map[string]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for address, recorded := range addresses {
		r.addresses[address] = recorded
	}
}

// addCall keeps a call that is over, unless there is no room for it.
func (r *Recorder) addCall(c Call) {
	size := len(c.Request)
	for _, answer := range c.Answers {
		size += len(answer)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if size > MaxCallBytes || size > r.room.calls || r.fullLocked() {
		r.dropped++
		return
	}
	r.room.calls -= size
	r.calls = append(r.calls, c)
}

// addExchange keeps an exchange that is over; its bodies have been given room.
func (r *Recorder) addExchange(e Exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fullLocked() {
		r.dropped++
		return
	}
	r.exchanges = append(r.exchanges, e)
}

func (r *Recorder) fullLocked() bool { return len(r.calls)+len(r.exchanges) >= MaxEntries }

// reserve asks for room for a piece of a body.
func (r *Recorder) reserve(bytes int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if bytes > r.room.bodies {
		return false
	}
	r.room.bodies -= bytes
	return true
}
