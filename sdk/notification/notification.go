// Package notification is a message about alerts on its way to people, in
// plain Go values: what a notifier plugin delivers.
package notification

import "time"

// The phases of a message.
const (
	PhaseFiring   = "firing"
	PhaseResolved = "resolved"
	PhaseTest     = "test"
	PhaseInfo     = "info"
)

// Message is one message to deliver. It is not changed once it is made.
type Message struct {
	// DeliveryID is the same for all tries of one message, for providers that know idempotency keys.
	DeliveryID string
	Title      string // one line without markup
	Text       string // without markup
	Markdown   string // CommonMark
	// Severity is the highest of the alerts': "info", "warning" or "critical".
	Severity string
	Phase    string
	Alerts   []Alert
	Link     string // URL of the hub's page about it; empty: none
	// Escalation is the level of escalation, counted from 1; 0: it is not escalation.
	Escalation int
	HubURL     string // public URL of the hub; empty: not known
}

// Alert is one alert as a message tells it.
type Alert struct {
	ID, Rule                               string
	ResourceID, ResourceName, ResourceKind string
	Node, Instance                         string
	Severity, Message                      string
	Value, Threshold                       float64 // in the unit of the rule
	Started, Ended                         time.Time
	Labels                                 map[string]string
	Acknowledged                           time.Time // zero: nobody has
	AcknowledgedBy                         string
	LastSeen                               time.Time
	// Metadata is what else is known of it, as one JSON object; empty: nothing.
	Metadata string
	// ValueText and ThresholdText are for people, with the unit: "91.2%"; empty for states.
	ValueText, ThresholdText string
}

// Receipt is what is known of a message that a provider was given, taken or not.
type Receipt struct {
	ProviderID string // id the provider gave the message
	// Status is that of the provider's answer, such as that of HTTP; 0: it has none.
	Status int
	// Answer is the beginning of the provider's answer, without secrets; it is cut to 4 KiB.
	Answer string
	// PayloadBytes is the length of what was sent; 0: not known.
	PayloadBytes int
}

// Outcome is what became of a message.
type Outcome uint8

// The outcomes. The zero value is OutcomeUnknown, to be treated as OutcomeRetry.
const (
	OutcomeUnknown   Outcome = iota
	OutcomeDelivered         // the provider has it
	OutcomeRetry             // not delivered; trying again can help
	OutcomeRejected          // refused; trying again cannot help
)

// Result is what a notifier says of a message.
type Result struct {
	Outcome    Outcome
	ProviderID string // id the provider gave the message
	Error      string // why it was not delivered, for people
	// RetryAfter is the least time before the next try; 0 leaves it to the hub.
	RetryAfter time.Duration
	// Status is that of the provider's answer, such as that of HTTP; 0: it has none.
	Status int
	// Answer is the beginning of the provider's answer, without secrets; it is cut to 4 KiB.
	Answer string
	// PayloadBytes is the length of what was sent; 0: not known.
	PayloadBytes int
}
