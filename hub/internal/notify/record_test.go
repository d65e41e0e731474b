package notify

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// FuzzRecords reads records that may have been damaged: none does harm, and what can be read is written as it was.
func FuzzRecords(f *testing.F) {
	now := time.Date(2026, 11, 23, 18, 0, 0, 0, time.UTC)
	e := alert.Event{
		Number: 7, At: now, Kind: alert.Fired, Identity: "a", Notice: &alert.Notice{Channels: alert.AllChannels},
		Alert: &alert.Alert{Identity: "a", ID: "web-cpu", Number: 7, Began: now, FiredAt: now, ToldAt: now},
	}
	m := message{ID: "1", DeliveryID: "x", Channel: "mail", Numbers: []uint64{7}, Created: now}
	for _, seed := range []any{
		e, m, notification.Message{DeliveryID: "x", Title: "t", Phase: "firing"}, m.delivery(Channel{ID: "mail"}, Sent, now),
		m.letter(Channel{ID: "mail"}, "no", now), told{Fired: now, Channels: []string{"mail"}},
	} {
		f.Add(string(encode(seed)))
	}
	f.Add(`{"number":1,"alert":null}`)
	f.Add(strings.Repeat(`[`, 10_000))
	f.Fuzz(func(t *testing.T, text string) {
		raw := []byte(text)
		if e, err := decodeEvent(raw); err == nil {
			again, err := encodeEvent(&e)
			if err != nil {
				return // a year that JSON cannot say
			}
			back, err := decodeEvent(again)
			if diff := cmp.Diff(e, back, cmpopts.EquateEmpty()); err != nil || diff != "" {
				t.Errorf("event %s came back changed (-want +got):\n%s", text, diff)
			}
		}
		if m, err := decodeMessage(raw); err == nil {
			back, err := decodeMessage(encode(m))
			if diff := cmp.Diff(m, back, cmp.AllowUnexported(message{}), cmpopts.EquateEmpty()); err != nil || diff != "" {
				t.Errorf("message %s came back changed (-want +got):\n%s", text, diff)
			}
		}
		if body, err := decodeBody(raw); err == nil {
			back, err := decodeBody(encode(body))
			if diff := cmp.Diff(body, back, cmpopts.EquateEmpty()); err != nil || diff != "" {
				t.Errorf("content %s came back changed (-want +got):\n%s", text, diff)
			}
		}
		if d, err := newLog().decode(raw); err == nil && (d.At.IsZero() || d.Outcome == "") {
			t.Errorf("line %s was read", text)
		}
		if d, err := newDead().decode(raw); err == nil && d.Queued == nil {
			t.Errorf("dead letter %s was read", text)
		}
		if channel, number, ok := channelOfDigest(text); ok && len(text) < 100 {
			if c, n, again := channelOfDigest(digestKey(channel, number)); !again || c != channel || n != number {
				t.Errorf("key %q came back as %q, %d", text, c, n)
			}
		}
	})
}

func TestDeliveryIDsTellMessagesApart(t *testing.T) {
	at := time.Now()
	one := &alert.Event{Number: 1, At: at}
	two := &alert.Event{Number: 1, At: at.Add(time.Second)}
	ids := map[string]bool{
		deliveryID("a", []*alert.Event{one}): true, deliveryID("b", []*alert.Event{one}): true,
		deliveryID("a", []*alert.Event{two}): true, deliveryID("a", []*alert.Event{one, two}): true, deliveryID(`a" 1`, nil): true,
	}
	if len(ids) != 5 {
		t.Errorf("5 messages have %d ids", len(ids))
	}
	if deliveryID("a", []*alert.Event{one}) != deliveryID("a", []*alert.Event{{Number: 1, At: at}}) {
		t.Error("the same message has two ids")
	}
}

func TestABucketFillsWithTime(t *testing.T) {
	var b bucket
	now := time.Now()
	sent := 0
	for second := range 120 {
		b.refill(10, now.Add(time.Duration(second)*time.Second))
		for !b.ready(now).After(now) {
			b.left--
			sent++
		}
	}
	if sent < 29 || sent > 30 {
		t.Errorf("%d messages in two minutes, want 10 at once and 10 a minute", sent)
	}
}

// BenchmarkPlan plans what a storm of a thousand alerts means for five channels.
func BenchmarkPlan(b *testing.B) {
	now := time.Now()
	var events []alert.Event
	for n := range uint64(1000) {
		events = append(events, alert.Event{
			Number: n + 1, At: now, Kind: alert.Fired, Notice: &alert.Notice{Channels: alert.AllChannels},
			Alert: &alert.Alert{Number: n + 1, Level: alert.Warning, FiredAt: now, Subject: alert.Subject{Node: string(rune('a' + n%20))}},
		})
	}
	var channels []Channel
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		channels = append(channels, Channel{ID: id, Enabled: true})
	}
	p := planner{grouping: Grouping{Enabled: true, ByNode: true}, routing: newRouting([]Rule{{Channels: []string{"a"}, Types: []string{"raid"}}}, channels)}
	b.ReportAllocs()
	for b.Loop() {
		if got := p.plan(events); len(got.drafts) != 10 {
			b.Fatalf("%d drafts", len(got.drafts))
		}
	}
}
