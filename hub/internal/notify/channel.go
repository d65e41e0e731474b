// Package notify brings what was decided about alerts to people: it routes, groups, renders, queues, sends and records.
//
// The stages, in their order: an Outbox keeps decided events in the transaction that decides them; take reads them into a
// window; plan (route, group) makes drafts of what the window holds when it closes; dedup leaves out what is queued
// already; package render makes messages of drafts; the queue keeps one message for one channel until it is delivered;
// dispatch sends; settle records what became of it. An event leaves the outbox in the transaction that queues its
// messages, and a message leaves the queue in the one that records its end, so that a process that is killed loses
// nothing and repeats at most what was being sent.
package notify

import (
	"context"

	"github.com/pulse-hub/pulse/sdk/notification"
)

// ChannelKind says what kind of channel a channel is, as far as escalation and rates depend on it.
type ChannelKind string

// The kinds of channels. Escalation to "webhook" goes to all but Email.
const (
	Email   ChannelKind = "email"
	Webhook ChannelKind = "webhook"
	Apprise ChannelKind = "apprise"
	MQTT    ChannelKind = "mqtt"
	Other   ChannelKind = "other"
)

// Channel is a way to reach people. It holds no secrets.
type Channel struct {
	// ID is unique among all channels and never empty.
	ID   string      `json:"id"`
	Name string      `json:"name,omitempty"`
	Kind ChannelKind `json:"kind,omitempty"`
	// Enabled channels get messages; what waits for another is given up after some minutes.
	Enabled bool `json:"enabled,omitempty"`
	// Service is what a webhook's payload is made for: "discord", "generic"; empty where that means nothing.
	Service string `json:"service,omitempty"`
}

// Channels knows which channels there are.
type Channels interface {
	// List returns all channels, enabled or not. The slice is the caller's.
	List(ctx context.Context) ([]Channel, error)
}

// Sender brings a message to a channel. It is safe for concurrent use.
type Sender interface {
	// Send returns when the provider has answered, or soon after ctx has ended. An error means that the message could
	// not be handed to the channel; it is tried again. Neither the error nor the result has secrets.
	Send(ctx context.Context, channelID string, m *notification.Message) (notification.Result, error)
}
