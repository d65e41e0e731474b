package notify_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/notify"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// disk is a store that counts writes and can be full.
type disk struct {
	*store.DB
	writes atomic.Int64
	full   atomic.Bool
}

func (d *disk) Update(ctx context.Context, fn func(store.Tx) error) error {
	d.writes.Add(1)
	return d.DB.Update(ctx, func(tx store.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		if d.full.Load() {
			return store.ErrNoSpace
		}
		return nil
	})
}

// air is the channels, and what came through them.
type air struct {
	mu       sync.Mutex
	channels []notify.Channel
	unlisted bool
	// answer is what a channel does with a message; nil: it delivers.
	answer map[string]func(ctx context.Context, m *notification.Message) (notification.Result, error)
	got    []received
}

type received struct {
	channel string
	at      time.Time
	m       notification.Message
}

func (a *air) List(context.Context) ([]notify.Channel, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.unlisted {
		return nil, errors.New("no list")
	}
	return slices.Clone(a.channels), nil
}

func (a *air) Send(ctx context.Context, channel string, m *notification.Message) (notification.Result, error) {
	a.mu.Lock()
	a.got = append(a.got, received{channel, time.Now(), *m})
	answer := a.answer[channel]
	a.mu.Unlock()
	if answer == nil {
		return notification.Result{Outcome: notification.OutcomeDelivered, Status: 200, PayloadBytes: 42}, nil
	}
	return answer(ctx, m)
}

func (a *air) set(channel string, answer func(context.Context, *notification.Message) (notification.Result, error)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answer[channel] = answer
}

// always answers everything alike.
func always(r notification.Result) func(context.Context, *notification.Message) (notification.Result, error) {
	return func(context.Context, *notification.Message) (notification.Result, error) { return r, nil }
}

// told returns what a channel was sent.
func (a *air) told(channel string) []notification.Message {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []notification.Message
	for _, r := range a.got {
		if r.channel == channel {
			out = append(out, r.m)
		}
	}
	return out
}

func titles(messages []notification.Message) []string {
	out := make([]string, len(messages))
	for i := range messages {
		out[i] = messages[i].Title
	}
	return out
}

// hub is a pipeline on a disk, in a bubble of synctest.
type hub struct {
	*testing.T
	*air
	disk     *disk
	logged   strings.Builder
	grouping notify.Grouping
	pipeline *notify.Pipeline
	number   uint64
	stop     func()
}

func in(t *testing.T, test func(h *hub)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pulse.db")
	synctest.Test(t, func(t *testing.T) {
		db, err := store.Open(path, store.Options{KeyFile: path + ".key"})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		h := &hub{
			T: t, disk: &disk{DB: db}, grouping: notify.Grouping{Enabled: true, Window: 30 * time.Second},
			air: &air{
				answer: map[string]func(context.Context, *notification.Message) (notification.Result, error){},
				channels: []notify.Channel{
					{ID: "mail", Name: "Mail", Kind: notify.Email, Enabled: true}, {ID: "hook", Name: "Hook", Kind: notify.Webhook, Enabled: true, Service: "generic"},
				},
			},
		}
		h.start()
		defer func() { h.stop() }()
		test(h)
	})
}

// start runs a pipeline on what the disk has.
func (h *hub) start() {
	h.Helper()
	h.pipeline = notify.New(notify.Options{
		Records: h.disk, Channels: h.air, Sender: h.air, Grouping: func() notify.Grouping { return h.grouping },
		PublicURL: func() string { return "https://pulse.example.com/" }, Values: notifications.Values,
		Logger: hclog.New(&hclog.LoggerOptions{Output: &h.logged, Level: hclog.Debug}),
	})
	h.run()
	synctest.Wait()
}

// run runs the pipeline until it is stopped.
func (h *hub) run() {
	h.Helper()
	ctx, cancel := context.WithCancel(h.Context())
	done := make(chan error, 1)
	go func() { done <- h.pipeline.Run(ctx) }()
	h.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			h.Errorf("run: %v", err)
		}
	})
}

func (h *hub) restart() {
	h.Helper()
	h.stop()
	h.start()
}

// pass lets time pass.
func (h *hub) pass(d time.Duration) {
	time.Sleep(d) // the clock of the bubble
	synctest.Wait()
}

// An incident makes the events of one alert.
type incident struct {
	h *hub
	a alert.Alert
}

// bad returns an alert that has not fired yet.
func (h *hub) bad(name string, level alert.Level) *incident {
	return &incident{h: h, a: alert.Alert{
		Identity: alert.Identity("vm/" + name + "\tcpu\t"), ID: name + "-cpu", Type: alert.CPU, Level: level, Value: 91.2, Trigger: 80, Clear: 75,
		Subject: alert.Subject{Key: "vm/" + name, ID: "lab:pve1:" + name, Name: name, Node: "pve1", Instance: "lab", Kind: "vm"},
		Message: "VM cpu at 91.2%", Numeric: true, Metadata: map[string]any{"metric": "cpu"},
	}}
}

func (i *incident) event(kind alert.Kind, notice *alert.Notice) alert.Event {
	i.h.number++
	now := time.Now()
	if kind == alert.Fired {
		i.a.Number, i.a.Began, i.a.FiredAt = i.h.number, now.Add(-10*time.Second), now
	}
	if notice != nil && kind != alert.Resolved {
		i.a.ToldAt, i.a.ToldLevel = now, i.a.Level
	}
	a := i.a
	return alert.Event{Number: i.h.number, At: now, Kind: kind, Identity: a.Identity, Alert: &a, Notice: notice}
}

func everyone() *alert.Notice { return &alert.Notice{Channels: alert.AllChannels} }

func (i *incident) fire() alert.Event    { return i.event(alert.Fired, everyone()) }
func (i *incident) again() alert.Event   { return i.event(alert.Told, everyone()) }
func (i *incident) resolve() alert.Event { return i.event(alert.Resolved, everyone()) }
func (i *incident) escalate(level int, to alert.Channels) alert.Event {
	return i.event(alert.Escalated, &alert.Notice{Channels: to, Level: level})
}
func (i *incident) acknowledge(by string) alert.Event {
	i.a.Acknowledged, i.a.AcknowledgedBy = time.Now(), by
	return i.event(alert.Acknowledged, nil)
}
func (i *incident) unacknowledge() alert.Event {
	i.a.Acknowledged, i.a.AcknowledgedBy = time.Time{}, ""
	return i.event(alert.Unacknowledged, nil)
}

// decide keeps events as the journal does, and offers them as the desk does. It says whether they are kept.
func (h *hub) decide(events ...alert.Event) bool {
	h.Helper()
	err := h.disk.Update(h.Context(), func(tx store.Tx) error { return notify.Outbox(h.Context(), tx, events) })
	if err != nil && !errors.Is(err, store.ErrNoSpace) {
		h.Fatal(err)
	}
	h.pipeline.Offer(events)
	synctest.Wait()
	return err == nil
}

// queue returns the keys of the queue that begin with one of some prefixes.
func (h *hub) queue(prefixes ...string) []string {
	h.Helper()
	var keys []string
	for _, prefix := range prefixes {
		records, err := h.disk.List(h.Context(), store.Queue, prefix)
		if err != nil {
			h.Fatal(err)
		}
		for _, record := range records {
			keys = append(keys, record.Key)
		}
	}
	return keys
}

// empty checks that nothing is on its way.
func (h *hub) empty() {
	h.Helper()
	if keys := h.queue("event/", "message/", "body/", "digest/"); len(keys) > 0 {
		h.Errorf("the queue still has %v", keys)
	}
}

func (h *hub) wantTitles(channel string, want ...string) {
	h.Helper()
	if got := titles(h.told(channel)); !slices.Equal(got, want) {
		h.Errorf("%s was told %q, want %q", channel, got, want)
	}
}

func (h *hub) wantStats(want notify.Stats) {
	h.Helper()
	if got := h.pipeline.Stats(); got != want {
		h.Errorf("stats are %+v, want %+v", got, want)
	}
}

func (h *hub) health(channel string) notify.ChannelHealth {
	h.Helper()
	for _, c := range h.pipeline.Health().Channels {
		if c.Channel.ID == channel {
			return c
		}
	}
	h.Fatalf("channel %s has no health", channel)
	return notify.ChannelHealth{}
}

func name(i int) string { return fmt.Sprintf("vm%d", i) }
