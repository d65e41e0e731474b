package sdk

import (
	"github.com/pulse-hub/pulse/sdk/chat"
	"github.com/pulse-hub/pulse/sdk/notification"
	"github.com/pulse-hub/pulse/sdk/resource"
	"github.com/pulse-hub/pulse/sdk/schema"
	"github.com/pulse-hub/pulse/sdk/secret"
)

// The names authors use most, so that a plugin needs to import one package.
type (
	// Secret is a configuration value that never prints itself; string(s) reveals it.
	Secret = secret.Text
	// FieldError is an error that belongs to a field of the configuration.
	FieldError = schema.FieldError

	// Resource is one thing that is watched.
	Resource = resource.Resource
	// Status is the state of a resource in one word.
	Status = resource.Status
	// Unit is the unit of a metric's value.
	Unit = resource.Unit
	// Event is something that happened at one moment.
	Event = resource.Event
	// Problem is a part of an observation that failed.
	Problem = resource.Problem

	// Notification is a message for a channel to deliver.
	Notification = notification.Message
	// Alert is one alert that a notification tells of.
	Alert = notification.Alert

	// ChatModel is a model that a provider offers.
	ChatModel = chat.Model
	// ChatRequest asks a model to continue a conversation.
	ChatRequest = chat.Request
	// ChatDelta is a piece of a model's answer.
	ChatDelta = chat.Delta
	// ChatFinish is the last piece: why the answer ended, and what it cost.
	ChatFinish = chat.Finish
	// ToolCall is a model's wish to have a tool called.
	ToolCall = chat.ToolCall
)

// The states of resources, see resource.Status.
const (
	Unknown  = resource.StatusUnknown
	Running  = resource.StatusRunning
	Stopped  = resource.StatusStopped
	Paused   = resource.StatusPaused
	Degraded = resource.StatusDegraded
	Offline  = resource.StatusOffline
)

// The units of metrics, see resource.Unit.
const (
	Number         = resource.UnitNone
	Bytes          = resource.UnitBytes
	Ratio          = resource.UnitRatio
	Seconds        = resource.UnitSeconds
	Celsius        = resource.UnitCelsius
	BytesPerSecond = resource.UnitBytesPerSecond
	Watts          = resource.UnitWatts
	RPM            = resource.UnitRPM
)

// Text returns a piece of an answer that is text.
func Text(text string) ChatDelta { return ChatDelta{Text: text} }
