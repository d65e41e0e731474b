package stream

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

func TestEveryClientGetsBroadcasts(t *testing.T) {
	r := start(t, Options{Interval: time.Hour, Tick: time.Hour, Heartbeat: time.Hour})
	r.stream.Broadcast("node_deleted", map[string]string{"nodeType": "before anybody was there"})
	follower, page := dial(t, r), dial(t, r, Protocol)
	for range 2 {
		read(t, follower) // welcome and initialState
		read(t, page)     // hello and snapshot
	}
	r.stream.Broadcast("node_deleted", map[string]string{"nodeType": "pve"})
	r.stream.Broadcast("broken", math.NaN()) // is no JSON
	r.stream.Broadcast("nodes_updated", map[string]string{"nodeType": "pve", "action": "cluster_refresh"})
	for name, c := range map[string]func() []byte{
		"follower": func() []byte { _, raw := read(t, follower); return raw },
		"page":     func() []byte { _, raw := read(t, page); return raw },
	} {
		for _, want := range []string{
			`{"type":"node_deleted","data":{"nodeType":"pve"},"timestamp":"`,
			`{"type":"nodes_updated","data":{"action":"cluster_refresh","nodeType":"pve"},"timestamp":"`,
		} {
			raw := c()
			var frame struct{ Timestamp time.Time }
			if !strings.HasPrefix(string(raw), want) || json.Unmarshal(raw, &frame) != nil || time.Since(frame.Timestamp) > time.Minute {
				t.Errorf("%s got %s, want %s…", name, raw, want)
			}
		}
	}
}

func TestBulletinIsBounded(t *testing.T) {
	b := newBulletin()
	begin := b.newest()
	if frame, _, err := b.after(begin); frame != nil || err != nil {
		t.Errorf("an empty one has %q, %v", frame, err)
	}
	for i := range bulletinFrames {
		b.add(fmt.Append(nil, i))
	}
	if frame, _, err := b.after(begin); string(frame) != "0" || err != nil {
		t.Errorf("the first of %d is %q, %v", bulletinFrames, frame, err)
	}
	b.add([]byte("one more"))
	if _, _, err := b.after(begin); !errors.Is(err, errBehind) {
		t.Errorf("one that is not kept gave %v", err)
	}
	if frame, _, err := b.after(begin + 1); string(frame) != "1" || err != nil {
		t.Errorf("the oldest kept one is %q, %v", frame, err)
	}
	if frame, _, _ := b.after(b.newest() - 1); string(frame) != "one more" {
		t.Errorf("the newest one is %q", frame)
	}
	for range 3 {
		b.add(make([]byte, bulletinBytes/2))
	}
	if b.size > bulletinBytes || len(b.ring) != 2 {
		t.Errorf("%d frames with %d bytes are kept", len(b.ring), b.size)
	}
	b.add(make([]byte, 2*bulletinBytes)) // the newest one is always kept
	if frame, _, err := b.after(b.newest() - 1); len(frame) != 2*bulletinBytes || err != nil || len(b.ring) != 1 {
		t.Errorf("of a large one %d bytes are kept, %v", len(frame), err)
	}
}

func TestClientThatIsBehindIsDisconnected(t *testing.T) {
	r := start(t, Options{Interval: time.Hour})
	c := dial(t, r)
	read(t, c) // the welcome: the initial state is still to come
	for range bulletinFrames + 1 {
		r.stream.Broadcast("custom", nil)
	}
	read(t, c)
	if _, _, err := c.Read(t.Context()); err == nil {
		t.Error("a client that has missed broadcasts is still connected")
	}
}
