package notify

import (
	"fmt"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// Outcome says how a try to deliver, or a message, ended.
type Outcome string

// The outcomes.
const (
	Sent      Outcome = "sent"      // the provider has it
	Retrying  Outcome = "retrying"  // not delivered; it will be tried again
	GivenUp   Outcome = "given-up"  // it is among the dead letters
	Cancelled Outcome = "cancelled" // nobody needs it any more: it was over before it was told, or somebody deleted it
)

// Delivery is a line of the log: one try, or the end of what was never tried. It has no secrets.
type Delivery struct {
	At time.Time `json:"at"`
	// Channel is empty for what was cancelled before it was for any.
	Channel Channel `json:"channel"`
	// MessageID is empty for what was cancelled before it was a message, and for tests.
	MessageID  string  `json:"messageId,omitempty"`
	Outcome    Outcome `json:"outcome"`
	Phase      string  `json:"phase,omitempty"`
	Escalation int     `json:"escalation,omitempty"`
	// AlertIDs are those of the first alerts, Alerts is how many there are.
	AlertIDs []string `json:"alertIds,omitempty"`
	Alerts   int      `json:"alerts"`
	// Try counts the tries, from 1.
	Try int `json:"try,omitempty"`
	// Status is that of the provider's answer, such as that of HTTP; 0: it has none.
	Status int    `json:"status,omitempty"`
	Error  string `json:"error,omitempty"`
	// PayloadBytes is the length of what was sent; 0: not known.
	PayloadBytes int `json:"payloadBytes,omitempty"`
	// DeliveryID is the same for all tries of a message.
	DeliveryID string `json:"deliveryId,omitempty"`
}

// DeadLetter is a message that was given up. It has no secrets.
type DeadLetter struct {
	ID      string  `json:"id"`
	Channel Channel `json:"channel"`
	// Reason says why it was given up, in a few words; LastError what the last try met with.
	Reason       string    `json:"reason"`
	LastError    string    `json:"lastError,omitempty"`
	Status       int       `json:"status,omitempty"`
	Tries        int       `json:"tries"`
	MaxTries     int       `json:"maxTries"`
	Created      time.Time `json:"created"`
	LastTry      time.Time `json:"lastTry,omitzero"`
	Next         time.Time `json:"next,omitzero"`
	Ended        time.Time `json:"ended"`
	PayloadBytes int       `json:"payloadBytes,omitempty"`
	// Message is what it tells; nil if that cannot be read.
	Message *notification.Message `json:"message,omitempty"`
	// Alerts is how many alerts it tells of; DeadLetters leaves the first 20 in the message.
	Alerts int `json:"alerts"`
}

// buried is a dead letter as it is kept: with the message as it was in the queue, to bring it back.
type buried struct {
	DeadLetter
	Queued *message `json:"queued"`
}

// newLog returns the log of deliveries: 1,000 lines, and those of the last 24 hours.
func newLog() *archive[Delivery] {
	return &archive[Delivery]{
		bucket: store.Queue, prefix: loggedPrefix, most: 1000, fresh: statsSpan, keep: 30 * 24 * time.Hour,
		look: func(d *Delivery) (time.Time, string, bool) {
			return d.At, string(d.Outcome), !d.At.IsZero() && d.Outcome != ""
		},
	}
}

// newDead returns the dead letters: 1,000, for 30 days.
func newDead() *archive[buried] {
	return &archive[buried]{
		bucket: store.DeadLetters, prefix: messagePrefix, most: 1000, keep: 30 * 24 * time.Hour,
		look: func(d *buried) (time.Time, string, bool) {
			return d.Ended, "", !d.Ended.IsZero() && d.ID != "" && d.Queued != nil && d.Queued.ID == d.ID && d.Queued.Channel != ""
		},
	}
}

// logKey returns a key that sorts by time; the tail tells lines of one moment apart.
func logKey(d *Delivery) string {
	return fmt.Sprintf("%016x-%.32s-%d", d.At.UnixNano(), d.DeliveryID, d.Try)
}

// delivery returns the line of the log about a message.
func (m *message) delivery(channel Channel, outcome Outcome, now time.Time) *Delivery {
	return &Delivery{
		At: now, Channel: channel, MessageID: m.ID, Outcome: outcome, Phase: m.Phase, Escalation: m.Escalation,
		AlertIDs: m.AlertIDs, Alerts: len(m.Numbers), Try: m.Tries, Status: m.Status, Error: m.LastError,
		PayloadBytes: m.Payload, DeliveryID: m.DeliveryID,
	}
}

// letter returns the dead letter of a message.
func (m *message) letter(channel Channel, reason string, now time.Time) *buried {
	queued := *m
	queued.Sending, queued.body, queued.doom = false, nil, ""
	return &buried{Queued: &queued, DeadLetter: DeadLetter{
		ID: m.ID, Channel: channel, Reason: reason, LastError: m.LastError, Status: m.Status, Tries: m.Tries, MaxTries: maxTries,
		Created: m.Created, LastTry: m.LastTry, Next: m.Next, Ended: now, PayloadBytes: m.Payload, Alerts: len(m.Numbers),
	}}
}
