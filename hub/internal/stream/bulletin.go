package stream

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	// bulletinFrames and bulletinBytes bound the broadcasts that are kept for
	// clients that have not read them yet.
	bulletinFrames = 128
	bulletinBytes  = 4 << 20
)

// errBehind ends a connection that has not read broadcasts which are not kept any more.
var errBehind = errors.New("client is behind with broadcasts")

// bulletin holds the newest broadcasts. Every client reads them at its own speed.
type bulletin struct {
	mu     sync.Mutex
	number uint64   // of the newest one, counted from 1
	ring   [][]byte // ends with the newest one
	size   int
	added  chan struct{} // closed when one is added
}

func newBulletin() *bulletin { return &bulletin{added: make(chan struct{})} }

func (b *bulletin) add(frame []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.number++
	b.ring = append(b.ring, frame)
	b.size += len(frame)
	for len(b.ring) > 1 && (len(b.ring) > bulletinFrames || b.size > bulletinBytes) {
		b.size -= len(b.ring[0])
		b.ring[0] = nil // the array lives on until append moves it
		b.ring = b.ring[1:]
	}
	close(b.added)
	b.added = make(chan struct{})
}

// newest returns the number of the newest broadcast: where a client begins.
func (b *bulletin) newest() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.number
}

// after returns the broadcast after that of the given number; nil if there is
// none yet, and then the channel is closed when there may be. The error is
// errBehind.
func (b *bulletin) after(number uint64) ([]byte, <-chan struct{}, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	behind := b.number - number
	if behind == 0 {
		return nil, b.added, nil
	}
	if behind > uint64(len(b.ring)) {
		return nil, nil, errBehind
	}
	return b.ring[uint64(len(b.ring))-behind], b.added, nil
}

// Broadcast sends every client a frame of the type with the data as JSON. It
// does not wait for anybody: a client that has not read the last 128 broadcasts
// is disconnected. Clients of either protocol get it, and pages leave out what
// they do not know.
func (s *Stream) Broadcast(kind string, data any) {
	frame, err := broadcastFrame(kind, data, time.Now())
	if err != nil {
		s.Logger.Error("broadcast not made", "type", kind, "error", err)
		return
	}
	s.bulletin.add(frame)
}

func broadcastFrame(kind string, data any, now time.Time) ([]byte, error) {
	frame, err := json.Marshal(struct {
		Type      string    `json:"type"`
		Data      any       `json:"data"`
		Timestamp time.Time `json:"timestamp"`
	}{kind, data, now.UTC()})
	if err != nil {
		return nil, fmt.Errorf("encode broadcast: %w", err)
	}
	return frame, nil
}
