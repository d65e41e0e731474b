package notifications

import (
	"encoding/json"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/view/alerts"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// DeadLetter is a message that was given up.
type DeadLetter struct {
	ID     string `json:"id"`
	Type   string `json:"type" description:"Kind of the channel, with _resolved behind it for what is over: email, webhook_resolved."`
	Method string `json:"method,omitempty" description:"Service of a webhook."`
	Status string `json:"status" description:"\"dlq\""`
	// Alerts are those it tells of.
	Alerts []alerts.Alert `json:"alerts"`
	Config any            `json:"config" description:"The channel as its settings are shown now; with id and name alone if they cannot be."`

	Attempts     int        `json:"attempts"`
	MaxAttempts  int        `json:"maxAttempts"`
	LastAttempt  *time.Time `json:"lastAttempt,omitempty"`
	LastError    string     `json:"lastError,omitempty"`
	Reason       string     `json:"reason,omitempty" description:"Why it was given up."`
	CreatedAt    time.Time  `json:"createdAt"`
	NextRetryAt  *time.Time `json:"nextRetryAt,omitempty"`
	CompletedAt  *time.Time `json:"completedAt,omitempty"`
	PayloadBytes int        `json:"payloadBytes,omitempty"`
	Channel      ChannelRef `json:"channel"`
}

// ChannelRef names a channel, without its settings.
type ChannelRef struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Kind    string `json:"kind" enum:"email,webhook,apprise,mqtt,other"`
	Service string `json:"service,omitempty"`
}

// TypeOf returns the type of a message in the words of the queue.
func TypeOf(kind, phase string) string {
	if phase == notification.PhaseResolved {
		return kind + "_resolved"
	}
	return kind
}

// WebhookDelivery is one try to deliver to a webhook.
type WebhookDelivery struct {
	WebhookName   string    `json:"webhookName"`
	WebhookURL    string    `json:"webhookUrl" description:"Without secrets; empty if there is no such webhook any more."`
	Service       string    `json:"service"`
	AlertID       string    `json:"alertId" description:"The first, of several."`
	Timestamp     time.Time `json:"timestamp"`
	StatusCode    int       `json:"statusCode"`
	Success       bool      `json:"success"`
	ErrorMessage  string    `json:"errorMessage,omitempty"`
	RetryAttempts int       `json:"retryAttempts"`
	PayloadSize   int       `json:"payloadSize" description:"Bytes."`
}

// Delivery is one try to deliver to any channel, or the end of a message that was never tried.
type Delivery struct {
	Timestamp  time.Time  `json:"timestamp"`
	Channel    ChannelRef `json:"channel" description:"Without an id for what was cancelled before it was for any."`
	MessageID  string     `json:"messageId,omitempty"`
	Outcome    string     `json:"outcome" enum:"sent,retrying,given-up,cancelled"`
	Phase      string     `json:"phase,omitempty" enum:"firing,resolved,test,info"`
	Escalation int        `json:"escalation,omitempty"`
	AlertIDs   []string   `json:"alertIds"`
	// Alerts is how many there are; AlertIDs may name only the first of them.
	Alerts       int    `json:"alerts"`
	Attempt      int    `json:"attempt,omitempty"`
	StatusCode   int    `json:"statusCode,omitempty"`
	ErrorMessage string `json:"errorMessage,omitempty"`
	PayloadSize  int    `json:"payloadSize,omitempty" description:"Bytes."`
}

// AlertsOf renders the alerts of a message as the API shows alerts. The slice is never nil.
func AlertsOf(message *notification.Message) []alerts.Alert {
	list := []alerts.Alert{}
	if message == nil {
		return list
	}
	for i := range message.Alerts {
		list = append(list, alertOf(&message.Alerts[i]))
	}
	return list
}

func alertOf(a *notification.Alert) alerts.Alert {
	out := alerts.Alert{
		Short: alerts.Short{
			ID: a.ID, Type: a.Rule, Level: a.Severity, ResourceID: a.ResourceID, ResourceName: a.ResourceName, Node: a.Node,
			Instance: a.Instance, Message: a.Message, Value: unit.Finite(a.Value), Threshold: unit.Finite(a.Threshold),
			StartTime: unit.Time(a.Started), Acknowledged: !a.Acknowledged.IsZero(), AckTime: unit.Known(a.Acknowledged),
			AckUser: a.AcknowledgedBy,
		},
		LastSeen: unit.Time(a.LastSeen),
	}
	// Metadata of another shape says nothing here.
	if json.Unmarshal([]byte(a.Metadata), &out.Metadata) != nil {
		out.Metadata = nil
	}
	return out
}

// Health says how telling people goes.
type Health struct {
	Queue          QueueHealth      `json:"queue"`
	Email          EmailHealth      `json:"email"`
	Webhooks       WebhookHealth    `json:"webhooks"`
	Encryption     EncryptionHealth `json:"encryption"`
	OverallHealthy bool             `json:"overall_healthy"`
	Channels       []ChannelHealth  `json:"channels"`
}

// QueueHealth counts messages, those that ended for 24 hours. Healthy says that the queue is read and written.
type QueueHealth struct {
	Pending int    `json:"pending"`
	Sending int    `json:"sending"`
	Sent    int    `json:"sent"`
	Failed  int    `json:"failed"`
	DLQ     int    `json:"dlq"`
	Healthy bool   `json:"healthy"`
	Error   string `json:"error,omitempty"`
}

// EmailHealth says whether mail is sent.
type EmailHealth struct {
	Enabled    bool `json:"enabled"`
	Configured bool `json:"configured"`
}

// WebhookHealth counts webhooks.
type WebhookHealth struct {
	Total   int `json:"total"`
	Enabled int `json:"enabled"`
}

// EncryptionHealth says whether secrets are stored encrypted, which they always are.
type EncryptionHealth struct {
	Enabled bool `json:"enabled"`
}

// ChannelHealth says how one channel does.
type ChannelHealth struct {
	ChannelRef
	Enabled bool `json:"enabled"`
	Waiting int  `json:"waiting" description:"Messages that wait for it."`
	Sending bool `json:"sending"`
	// Failures are those in a row.
	Failures int  `json:"failures"`
	Broken   bool `json:"broken" description:"It is probed once a minute, and all else waits."`
	// NextAttempt is when the next message is sent, if that is known and not now.
	NextAttempt *time.Time `json:"nextAttempt,omitempty"`
	LastAttempt *time.Time `json:"lastAttempt,omitempty"`
	LastSuccess *time.Time `json:"lastSuccess,omitempty"`
	LastError   string     `json:"lastError,omitempty"`
}
