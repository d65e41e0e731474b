package notify_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/notify"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// counter is one channel that counts the alerts it is told of.
type counter struct {
	mu     sync.Mutex
	alerts int
	told   chan int // how many so far
}

func (c *counter) List(context.Context) ([]notify.Channel, error) {
	return []notify.Channel{{ID: "mail", Kind: notify.Email, Enabled: true}}, nil
}

func (c *counter) Send(_ context.Context, _ string, m *notification.Message) (notification.Result, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.alerts += len(m.Alerts)
	c.told <- c.alerts
	return notification.Result{Outcome: notification.OutcomeDelivered}, nil
}

func firedAlert(number uint64) alert.Event {
	now := time.Now()
	id := fmt.Sprint("lab:pve1:", number, "-cpu")
	return alert.Event{Number: number, At: now, Kind: alert.Fired, Notice: everyone(), Alert: &alert.Alert{
		Identity: alert.Identity(id), ID: id, Number: number, Type: alert.CPU, Level: alert.Warning, Value: 91.2, Trigger: 80,
		Subject: alert.Subject{Key: id, ID: id, Name: fmt.Sprint("vm", number), Node: fmt.Sprint("pve", number%100), Instance: "lab", Kind: "vm"},
		Message: "VM cpu at 91.2%", Metadata: map[string]any{"metric": "cpu", "clearThreshold": 75}, Began: now, FiredAt: now, ToldAt: now,
	}}
}

// BenchmarkAThousandAlerts is what a minute with a thousand alerts costs: fifty rounds that are kept, and two messages of
// all. Each minute has a pipeline of its own: one that has just told a thousand waits before it tells more.
func BenchmarkAThousandAlerts(b *testing.B) {
	path := filepath.Join(b.TempDir(), "pulse.db")
	db, err := store.Open(path, store.Options{KeyFile: path + ".key"})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	number := uint64(0)
	b.ReportAllocs()
	for b.Loop() {
		number = minute(b, db, number)
	}
}

// minute tells of a thousand alerts, and returns the number of the last.
func minute(b *testing.B, db *store.DB, number uint64) uint64 {
	b.Helper()
	sink := &counter{told: make(chan int, 100)}
	var over atomic.Bool
	seen := make(chan struct{}, 1000) // has one for each time that the pipeline looks whether the minute is over
	pipeline := notify.New(notify.Options{
		Records: db, Channels: sink, Sender: sink, PublicURL: func() string { return "https://pulse.example.com" },
		Values: notifications.Values, Logger: hclog.NewNullLogger(),
		Grouping: func() notify.Grouping {
			seen <- struct{}{}
			if over.Load() {
				return notify.Grouping{Enabled: true}
			}
			return notify.Grouping{Enabled: true, Window: time.Hour}
		},
	})
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- pipeline.Run(ctx) }()
	const rounds, each = 50, 20
	events := make([]alert.Event, each)
	for range rounds {
		for i := range events {
			number++
			events[i] = firedAlert(number)
		}
		if err := db.Update(ctx, func(tx store.Tx) error { return notify.Outbox(ctx, tx, events) }); err != nil {
			b.Fatal(err)
		}
		pipeline.Offer(events)
	}
	for range 2 { // the second look comes after all events were read
		for len(seen) > 0 {
			<-seen
		}
		pipeline.Offer(events)
		<-seen
	}
	over.Store(true)
	pipeline.Offer(events)
	for told := 0; told < rounds*each; {
		told = <-sink.told
	}
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	return number
}
