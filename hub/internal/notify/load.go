package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

// load reads what was not finished.
func (w *work) load(ctx context.Context) error {
	damaged, interrupted := 0, 0
	err := w.Records.View(ctx, func(r store.Reader) error {
		messages, err := r.List(ctx, store.Queue, messagePrefix)
		if err != nil {
			return err
		}
		for _, record := range messages {
			m, err := decodeMessage(record.Value)
			if err != nil || messageKey(m.ID) != record.Key {
				damaged++
				w.debts[place{store.Queue, record.Key}] = struct{}{}
				w.debts[place{store.Queue, bodyKey(strings.TrimPrefix(record.Key, messagePrefix))}] = struct{}{}
				continue
			}
			if m.Sending {
				m.interrupt()
				interrupted++
			}
			w.queue(m)
		}
		for _, load := range []func(context.Context, store.Reader) (int, error){w.log.load, w.dead.load, w.loadTold, w.loadDigests} {
			n, err := load(ctx, r)
			if err != nil {
				return err
			}
			damaged += n
		}
		return nil
	})
	if err != nil {
		return err
	}
	if damaged > 0 {
		w.Logger.Warn("records of notifications cannot be read and are left out", "records", damaged)
	}
	if interrupted > 0 {
		w.Logger.Warn("notifications were being sent when the hub ended, and are sent again", "messages", interrupted)
	}
	return w.loadSent(ctx)
}

// interrupt makes a message ready to be sent again, unless the hub has ended with it time and again.
func (m *message) interrupt() {
	m.Sending, m.Next, m.LastError = false, time.Time{}, "the hub ended while it was sent"
	if m.Tries >= maxTries {
		m.doom = "the hub ended while it was sent, again and again"
	}
}

// loadSent reads what was delivered lately.
func (w *work) loadSent(ctx context.Context) error {
	sent, err := w.log.newest(ctx, w.Records, time.Now(), 1000)
	if err != nil {
		return fmt.Errorf("read log of deliveries: %w", err)
	}
	for _, d := range slices.Backward(sent) {
		if d.Outcome == Sent {
			w.noteSent(d.DeliveryID)
		}
	}
	return nil
}

func (w *work) loadTold(ctx context.Context, r store.Reader) (damaged int, err error) {
	records, err := r.List(ctx, store.Queue, toldPrefix)
	if err != nil {
		return 0, err
	}
	for _, record := range records {
		var number uint64
		var one told
		_, bad := fmt.Sscanf(record.Key, toldPrefix+"%x", &number)
		if bad != nil || json.Unmarshal(record.Value, &one) != nil || toldKey(number) != record.Key {
			damaged++
			w.owe(record.Key)
			continue
		}
		w.told[number] = &one
	}
	return damaged, nil
}
