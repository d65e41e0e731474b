package stream

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// plain renders states that name their revision.
type plain struct{}

func (plain) State(s *inventory.Snapshot) ([]byte, error) {
	return fmt.Appendf(nil, `{"revision":%d}`, s.Revision), nil
}

func (plain) StateWithResources(s *inventory.Snapshot) ([]byte, error) {
	return fmt.Appendf(nil, `{"revision":%d,"resources":[]}`, s.Revision), nil
}

// rig is a running stream and what it is fed from.
type rig struct {
	inventory *inventory.Inventory
	stream    *Stream
	url       string
	stop      context.CancelFunc
}

func start(t testing.TB, options Options) *rig {
	t.Helper()
	inv := inventory.New(inventory.Options{})
	options.Inventory, options.States, options.Logger, options.Version = inv, plain{}, hclog.NewNullLogger(), "1.2.3"
	s := New(options)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		server.Close()
	})
	return &rig{inv, s, "ws" + strings.TrimPrefix(server.URL, "http"), cancel}
}

func (r *rig) report(t testing.TB, i int, cpu float64, at time.Time) {
	t.Helper()
	id := fmt.Sprintf("host-%04d", i)
	_, err := r.inventory.Apply(t.Context(), inventory.Observation{
		Source: inventory.SourceRef{ID: "host:" + id, Type: "host", Name: id}, At: at, Complete: true,
		Resources: []resource.Resource{hostResource(id, cpu, at)},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func hostResource(id string, cpu float64, at time.Time) resource.Resource {
	grown := uint64(at.Unix()) * 1000
	host := &resource.Host{
		Hostname: id, Platform: "debian", OSName: "debian", OSVersion: "12", Kernel: "6.1.0", Architecture: "x86_64", CPUs: 8,
		LoadAverage: []float64{cpu * 8, cpu * 7, cpu * 6},
		Filesystems: []resource.Filesystem{{Mountpoint: "/", Device: "/dev/sda1", Type: "ext4", Capacity: resource.Capacity{Total: 1 << 38, Used: 1 << 36}}},
		DiskIO:      []resource.DiskIO{{Device: "sda", ReadBytes: grown, WriteBytes: grown * 2, ReadOps: grown / 4096}},
		Interfaces:  []resource.Interface{{Name: "eth0", MAC: "02:00:00:00:00:01", Addresses: []string{"192.0.2.2/24"}, RxBytes: grown, TxBytes: grown / 2}},
		Agent:       resource.Agent{ID: id, Version: "1.0.0", Interval: 10 * time.Second},
	}
	return resource.Resource{
		ID: id, Kind: resource.KindHost, Name: id, Status: resource.StatusRunning, Uptime: time.Duration(at.Unix()) * time.Second,
		Usage: resource.Usage{
			CPU: &cpu, Memory: resource.Capacity{Total: 1 << 34, Used: uint64(cpu * (1 << 33)), Free: 1 << 32},
			Disk:     resource.Capacity{Total: 1 << 38, Used: 1 << 36},
			Counters: &resource.Traffic{NetIn: grown, NetOut: grown / 2, DiskRead: grown, DiskWrite: grown * 2},
		},
		Detail: host,
	}
}

// message is a frame of either protocol.
type message struct {
	Type        string
	Prev, Rev   uint64
	Part, Parts int
	Data        struct {
		Protocol string
		// PluginDevelopment is of the hello of pages.
		PluginDevelopment *bool
		Resources         []map[string]any
		Set, Patch        []map[string]any
		Gone              []string
		Sources           []map[string]any
		Revision          uint64
		Message           string
		Timestamp         int64
		Conditions        []map[string]any
	}
}

func dial(t testing.TB, r *rig, protocols ...string) *websocket.Conn {
	t.Helper()
	c, _, err := websocket.Dial(t.Context(), r.url, &websocket.DialOptions{
		Subprotocols: protocols, CompressionMode: websocket.CompressionNoContextTakeover,
	})
	if err != nil {
		t.Fatal(err)
	}
	c.SetReadLimit(64 << 20)
	t.Cleanup(func() { _ = c.CloseNow() })
	return c
}

func read(t testing.TB, c *websocket.Conn) (message, []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, raw, err := c.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var m message
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatalf("frame is no JSON: %v", err)
	}
	return m, raw
}

func TestHelloTellsWhetherPluginsRunUnchecked(t *testing.T) {
	for _, development := range []bool{false, true} {
		r := start(t, Options{Tick: time.Hour, Development: development})
		hello, raw := read(t, dial(t, r, Protocol))
		if got := hello.Data.PluginDevelopment; hello.Type != "hello" || got == nil || *got != development {
			t.Errorf("with Development %v the first frame is %s", development, raw)
		}
	}
}

func TestPageGetsSnapshotAndDeltas(t *testing.T) {
	r := start(t, Options{Tick: 5 * time.Millisecond, Heartbeat: time.Hour})
	at := time.Now().Add(-time.Hour)
	for i := range partSize + 5 {
		r.report(t, i, 0.5, at)
	}
	c := dial(t, r, Protocol)
	if hello, _ := read(t, c); hello.Type != "hello" || hello.Data.Protocol != Protocol {
		t.Fatalf("first frame is %+v", hello)
	}
	first, _ := read(t, c)
	second, _ := read(t, c)
	if first.Part != 1 || first.Parts != 2 || second.Part != 2 || second.Rev != first.Rev ||
		len(first.Data.Resources) != partSize || len(second.Data.Resources) != 5 || len(second.Data.Sources) != partSize+5 {
		t.Fatalf("snapshot has parts %d/%d with %d and %d resources and %d sources", first.Part, first.Parts,
			len(first.Data.Resources), len(second.Data.Resources), len(second.Data.Sources))
	}
	r.report(t, 7, 0.75, at.Add(10*time.Second))
	delta, _ := read(t, c)
	if delta.Type != "delta" || delta.Prev != second.Rev || delta.Rev != second.Rev+1 || len(delta.Data.Patch) != 1 || len(delta.Data.Set) != 0 {
		t.Fatalf("delta is %+v", delta)
	}
	if got := delta.Data.Patch[0]; got["id"] != "host-0007" || got["cpu"].(map[string]any)["current"] != 75.0 || got["name"] != nil {
		t.Errorf("patch is %v", got)
	}
	r.report(t, 9999, 0.1, at)
	if added, _ := read(t, c); len(added.Data.Set) != 1 || added.Data.Set[0]["id"] != "host-9999" {
		t.Errorf("new host told as %+v", added.Data)
	}
	if err := r.inventory.Forget(t.Context(), "host:host-9999"); err != nil {
		t.Fatal(err)
	}
	if gone, _ := read(t, c); len(gone.Data.Gone) != 1 || gone.Data.Gone[0] != "host-9999" {
		t.Errorf("removed host told as %+v", gone.Data)
	}
}

func TestQuietPageGetsEmptyDeltas(t *testing.T) {
	r := start(t, Options{Tick: 5 * time.Millisecond, Heartbeat: 20 * time.Millisecond})
	c := dial(t, r, Protocol)
	read(t, c)
	snapshot, _ := read(t, c)
	if delta, _ := read(t, c); delta.Type != "delta" || delta.Prev != snapshot.Rev || len(delta.Data.Patch)+len(delta.Data.Set) != 0 {
		t.Errorf("frame is %+v", delta)
	}
}

func TestPageThatFellBehindStartsOver(t *testing.T) {
	f := newFeed(inventory.New(inventory.Options{}), time.Nanosecond, hclog.NewNullLogger())
	defer f.join()()
	held, _ := f.snapshot()
	for i := range ringFrames + 10 {
		f.advance(time.Now().Add(time.Duration(i) * time.Second))
	}
	if got, _ := f.after(held); !got.lost {
		t.Error("a frame out of the ring was found")
	}
	if len(f.ring) > ringFrames {
		t.Errorf("ring holds %d frames", len(f.ring))
	}
	rev, _ := f.snapshot()
	if got, _ := f.after(rev); got.lost || got.data != nil {
		t.Errorf("after the newest frame comes %+v", got)
	}
	if got, _ := f.after(rev - 1); got.rev != rev {
		t.Errorf("the newest frame is %d, want %d", got.rev, rev)
	}
}

func TestFeedHoldsNothingWithoutPages(t *testing.T) {
	r := start(t, Options{Tick: time.Hour})
	leave := r.stream.feed.join()
	r.report(t, 1, 0.5, time.Now())
	leave()
	f := r.stream.feed
	f.note(&inventory.Batch{Changes: []inventory.Change{{After: &inventory.Entry{Key: "a"}}}})
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.told != nil || len(f.changes) != 0 || f.ring != nil || f.parts != nil {
		t.Error("the feed holds on to what no page needs")
	}
}

func TestChangesOfOneTickAreJoined(t *testing.T) {
	a, b := &inventory.Entry{Key: "k", Revision: 1}, &inventory.Entry{Key: "k", Revision: 2}
	if got := joined(inventory.Change{After: a}, inventory.Change{Before: a, After: b}); got.Before != nil || got.After != b {
		t.Errorf("new and changed gave %+v", got)
	}
	if got := joined(inventory.Change{After: a}, inventory.Change{Before: a}); got.Before != a || got.After != nil {
		t.Errorf("new and gone gave %+v", got)
	}
}

func TestFollowerGetsWholeStatesAtItsRhythm(t *testing.T) {
	r := start(t, Options{Interval: 50 * time.Millisecond})
	c := dial(t, r)
	if welcome, _ := read(t, c); welcome.Type != "welcome" || welcome.Data.Message == "" {
		t.Fatalf("first frame is %+v", welcome)
	}
	if initial, raw := read(t, c); initial.Type != "initialState" || strings.Contains(string(raw), "resources") {
		t.Fatalf("second frame is %s", raw)
	}
	for i := range 20 { // a storm of reports is no reason for more frames
		r.report(t, i, 0.5, time.Now())
	}
	begin := time.Now()
	for range 5 {
		if state, raw := read(t, c); state.Type != "rawData" || !strings.Contains(string(raw), "resources") {
			t.Fatalf("frame is %s", raw)
		}
	}
	if passed := time.Since(begin); passed < 100*time.Millisecond {
		t.Errorf("five states came within %s", passed)
	}
}

func TestFollowerIsAnswered(t *testing.T) {
	r := start(t, Options{Interval: time.Hour})
	c := dial(t, r)
	read(t, c)
	read(t, c)
	for _, m := range []string{"no json", `{"type":"other"}`, `{"type":"ping"}`, `{"type":"requestData"}`, `{"type":"requestData"}`, `{"type":"ping"}`} {
		if err := c.Write(t.Context(), websocket.MessageText, []byte(m)); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for range 3 {
		m, _ := read(t, c)
		got = append(got, m.Type)
	}
	if fmt.Sprint(got) != "[pong rawData pong]" {
		t.Errorf("answers are %v, want one state for two requests in a row", got)
	}
}

func TestEndOfRunEndsConnections(t *testing.T) {
	r := start(t, Options{})
	c := dial(t, r, Protocol)
	read(t, c)
	r.stop()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		_, _, err := c.Read(ctx)
		if err == nil {
			continue
		}
		if websocket.CloseStatus(err) != websocket.StatusGoingAway {
			t.Errorf("connection ended with %v", err)
		}
		return
	}
}
