package alert

import "time"

// Kind says what happened to an alert.
type Kind string

// The kinds of events.
const (
	// Pending: what is bad has begun, and must hold before an alert fires. Dropped: it did not.
	Pending Kind = "pending"
	Dropped Kind = "dropped"
	// Fired: the alert is active from now on.
	Fired Kind = "fired"
	// Changed: its level has risen or fallen, or it means another threshold.
	Changed Kind = "changed"
	// Told: people are told of it after it fired: again, or because what had withheld it has ended.
	Told Kind = "told"
	// Escalated: nobody has acknowledged it for long.
	Escalated Kind = "escalated"
	// Acknowledged and Unacknowledged: somebody has, or nobody has any more.
	Acknowledged   Kind = "acknowledged"
	Unacknowledged Kind = "unacknowledged"
	// Resolved: it is over.
	Resolved Kind = "resolved"
	// Flapping: it comes and goes too often to tell. Settled: it does not any more.
	Flapping Kind = "flapping"
	Settled  Kind = "settled"
	// Noted: somebody wrote a note.
	Noted Kind = "noted"
)

// Ending says why an alert is over.
type Ending string

// The endings.
const (
	Cleared     Ending = "cleared"     // the value is good again
	Removed     Ending = "removed"     // the resource is gone
	NotChecked  Ending = "not-checked" // the configuration does not ask for it any more
	ClearedByUs Ending = "manual"      // somebody cleared it
	TooOld      Ending = "too-old"     // it has lasted longer than alerts are kept
)

// Withholding is a reason not to tell anybody.
type Withholding string

// The reasons, in the order in which they are looked at.
const (
	ForAcknowledged Withholding = "acknowledged"
	ForFlapping     Withholding = "flapping"
	ForActivation   Withholding = "not-activated"
	ForMonitorOnly  Withholding = "monitor-only"
	ForMaintenance  Withholding = "maintenance"
	ForDependency   Withholding = "dependency"
	ForQuietHours   Withholding = "quiet-hours"
	ForHourlyLimit  Withholding = "hourly-limit"
	ForCooldown     Withholding = "cooldown"
)

// Channels says by which kind of channel people are told.
type Channels string

// The kinds of channels that escalation levels name.
const (
	AllChannels Channels = "all"
	ByEmail     Channels = "email"
	ByWebhook   Channels = "webhook"
)

// An Alert is an alert as far as decisions are made by it. It is what events say it is, and nothing else.
type Alert struct {
	Identity Identity `json:"identity"`
	ID       string   `json:"id"`
	// Number tells alerts of one identity apart; it is that of the event that fired it.
	Number  uint64  `json:"number"`
	Type    Type    `json:"type"`
	Level   Level   `json:"level"`
	Subject Subject `json:"subject"`
	// Value, Trigger, Clear, Message and Metadata are those of the moment it fired or changed.
	Value    float64        `json:"value"`
	Trigger  float64        `json:"trigger"`
	Clear    float64        `json:"clear"`
	Message  string         `json:"message"`
	Metadata map[string]any `json:"metadata,omitempty"`
	Rule     string         `json:"rule,omitempty"`
	// Began is when the value was first bad, FiredAt when that had held for long enough.
	Began   time.Time `json:"began"`
	FiredAt time.Time `json:"firedAt"`
	// Acknowledged is zero until somebody has; then it says who.
	Acknowledged   time.Time `json:"acknowledged,omitzero"`
	AcknowledgedBy string    `json:"acknowledgedBy,omitempty"`
	// ToldAt is when people were last told, ToldLevel at which level; zero: they were not.
	ToldAt    time.Time `json:"toldAt,omitzero"`
	ToldLevel Level     `json:"toldLevel,omitempty"`
	// Withheld says why the newest decision was to tell nobody; empty: somebody was told.
	Withheld Withholding `json:"withheld,omitempty"`
	// Escalations are when each level of escalation was reached, in order.
	Escalations []time.Time `json:"escalations,omitempty"`
	MonitorOnly bool        `json:"monitorOnly,omitempty"`
	Numeric     bool        `json:"numeric,omitempty"`
	HiddenBy    Identity    `json:"hiddenBy,omitempty"`
	Category    Category    `json:"category,omitempty"`
}

// A Wait is for something bad to hold for long enough.
type Wait struct {
	// Since is when it was first seen, At when it was last.
	Since time.Time `json:"since"`
	At    time.Time `json:"at"`
	// Seen counts the observations.
	Seen int `json:"seen"`
}

// Notice says that people are to be told of an event. How is the business of notifications.
type Notice struct {
	// Channels are those of an escalation level; otherwise all.
	Channels Channels `json:"channels"`
	// Level is the level of escalation, counted from 1; 0: it is not escalation.
	Level int `json:"level,omitempty"`
}

// An Event is one step in the life of an alert. Events are numbered without gaps; what the engine knows is what they say
// when they are read in order.
type Event struct {
	Number   uint64    `json:"number"`
	At       time.Time `json:"at"`
	Kind     Kind      `json:"kind"`
	Identity Identity  `json:"identity"`
	// Alert is the alert after the event: always set, but for Pending and Dropped.
	Alert *Alert `json:"alert,omitempty"`
	// Notice is nil when nobody is told.
	Notice *Notice `json:"notice,omitempty"`
	// Withheld says why nobody is told of what people are told otherwise.
	Withheld Withholding `json:"withheld,omitempty"`
	// Until is when what withholds it will end, if that is known.
	Until time.Time `json:"until,omitzero"`
	// Wait is set with Pending.
	Wait *Wait `json:"wait,omitempty"`
	// Ending is set with Resolved.
	Ending Ending `json:"ending,omitempty"`
	// User is who acknowledged, cleared or wrote the note; Note is what.
	User string `json:"user,omitempty"`
	Note string `json:"note,omitempty"`
}

// A Reading is what was last seen of an active alert. It is not part of what decisions are made by, and not kept.
type Reading struct {
	At       time.Time
	Value    float64
	Message  string
	Metadata map[string]any
	Subject  Subject
}
