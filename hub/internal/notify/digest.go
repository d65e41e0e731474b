package notify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/notify/render"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/sdk/notification"
)

const (
	// maxCollected is after how many events a digest is told before its time.
	maxCollected = 1000
	// dailyHour is when daily digests are told, by the clock of the hub's machine.
	dailyHour = 8
)

// A collection is a digest under way; its events are in the store.
type collection struct {
	first  time.Time
	events int
	rhythm Rhythm
	// retry is set when it could not be told.
	retry time.Time
}

// due returns when the digest is told.
func (c *collection) due() time.Time {
	var at time.Time
	first := c.first.Local()
	switch {
	case c.events >= maxCollected:
	case c.rhythm == Hourly:
		at = first.Truncate(time.Hour).Add(time.Hour)
	case c.rhythm == Daily:
		at = time.Date(first.Year(), first.Month(), first.Day(), dailyHour, 0, 0, 0, time.Local)
		if !at.After(first) {
			at = time.Date(first.Year(), first.Month(), first.Day()+1, dailyHour, 0, 0, 0, time.Local)
		}
	}
	if c.retry.After(at) {
		return c.retry
	}
	return at
}

func (r Rhythm) title() string {
	if r == Daily {
		return "Daily"
	}
	return "Hourly"
}

func digestKey(channel string, number uint64) string {
	return fmt.Sprintf("%s%s/%016x", digestPrefix, channel, number)
}

// channelOfDigest returns the channel and the event number of a key.
func channelOfDigest(key string) (channel string, number uint64, ok bool) {
	rest, ok := strings.CutPrefix(key, digestPrefix)
	cut := strings.LastIndexByte(rest, '/')
	if !ok || cut < 0 {
		return "", 0, false
	}
	number, err := strconv.ParseUint(rest[cut+1:], 16, 64)
	return rest[:cut], number, err == nil
}

func (w *work) loadDigests(ctx context.Context, r store.Reader) (damaged int, err error) {
	rhythms, err := setting[map[string]Rhythm](ctx, r, digestsKey)
	if err != nil {
		damaged++
	}
	records, err := r.List(ctx, store.Queue, digestPrefix)
	if err != nil {
		return damaged, err
	}
	for _, record := range records {
		channel, _, ok := channelOfDigest(record.Key)
		e, err := decodeEvent(record.Value)
		if !ok || err != nil {
			damaged++
			w.owe(record.Key)
			continue
		}
		w.collection(channel, e.At, rhythms[channel]).events++
	}
	return damaged, nil
}

// collection returns the digest of a channel, which begins if there is none.
func (w *work) collection(channel string, now time.Time, rhythm Rhythm) *collection {
	c := w.collected[channel]
	if c == nil {
		c = &collection{first: now}
		w.collected[channel] = c
	}
	c.rhythm = rhythm
	return c
}

// collect puts what is for digests into a batch, and returns the drafts of what is told at once, and of what is not.
// What is critical, or escalates, is told at once; and so is everything if the rhythms cannot be read.
func (w *work) collect(ctx context.Context, b *batch, drafts []draft) (direct, kept []draft) {
	rhythms, err := w.Digests(ctx)
	if err != nil {
		w.Logger.Error("rhythms of digests cannot be read, everything is told at once", "error", err)
	}
	for channel, c := range w.collected {
		c.rhythm = rhythms[channel]
	}
	for _, d := range drafts {
		rhythm := rhythms[d.channel]
		if rhythm != Hourly && rhythm != Daily || d.escalation > 0 {
			direct = append(direct, d)
			continue
		}
		now, later := d, d
		now.events, later.events, later.rhythm = nil, nil, rhythm
		for _, e := range d.events {
			value, err := encodeEvent(e)
			if err != nil || e.Alert.Level == alert.Critical {
				now.events = append(now.events, e)
				continue
			}
			later.events = append(later.events, e)
			b.put(store.Queue, digestKey(d.channel, e.Number), value)
		}
		if len(now.events) > 0 {
			direct = append(direct, now)
		}
		if len(later.events) > 0 {
			kept = append(kept, later)
		}
	}
	return direct, kept
}

// noteCollected counts what was put into digests.
func (w *work) noteCollected(kept []draft) {
	for _, d := range kept {
		w.collection(d.channel, d.events[0].At, d.rhythm).events += len(d.events)
	}
}

// tellDigests queues the digests whose time has come, and returns when there will be one.
func (w *work) tellDigests(ctx context.Context, now time.Time) (next time.Time) {
	for _, channel := range slices.Sorted(maps.Keys(w.collected)) {
		c := w.collected[channel]
		if !c.due().After(now) {
			if err := w.tellDigest(ctx, channel, c, now); err == nil {
				delete(w.collected, channel)
				continue
			}
			c.retry = now.Add(debtRetry)
		}
		if at := c.due(); next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next
}

// tellDigest queues the digest of a channel in the transaction that empties it.
func (w *work) tellDigest(ctx context.Context, channel string, c *collection, now time.Time) error {
	var records []store.Record
	err := w.Records.View(ctx, func(r store.Reader) (err error) {
		records, err = r.List(ctx, store.Queue, digestPrefix+channel+"/")
		return err
	})
	if err != nil {
		return err
	}
	b := &batch{}
	var made []*message
	for chunk := range slices.Chunk(newestOfEach(b, channel, records), maxAlerts) {
		m := w.message(&render.Input{
			DeliveryID: deliveryID(channel, chunk), Phase: notification.PhaseInfo, Digest: c.rhythm.title(), Events: chunk,
			HubURL: w.PublicURL(), Values: w.Values,
		}, channel, now)
		m.put(b)
		made = append(made, m)
	}
	// The records hold what the messages are made of: until both are exchanged, the digest waits.
	if err := w.write(ctx, b); err != nil {
		return err
	}
	for _, m := range made {
		m.body = nil
		w.queue(m)
	}
	return nil
}

// newestOfEach returns the newest event of each alert that was collected, the worst first, and lets a batch delete the
// records.
func newestOfEach(b *batch, channel string, records []store.Record) []*alert.Event {
	place := map[uint64]int{}
	var events []*alert.Event
	for _, record := range records {
		if owner, _, ok := channelOfDigest(record.Key); !ok || owner != channel {
			continue
		}
		b.delete(store.Queue, record.Key)
		e, err := decodeEvent(record.Value)
		if err != nil {
			continue
		}
		if at, known := place[e.Alert.Number]; known {
			events[at] = &e
			continue
		}
		place[e.Alert.Number] = len(events)
		events = append(events, &e)
	}
	return worstFirst(events)
}
