// Package alert has the words that the parts of alerting share: what is found out about resources, the alerts that come
// of it, and the events in the life of an alert.
//
// The way of a measured value: package check turns a resource and the thresholds of package policy into findings;
// package engine turns findings and the clock into events; package journal keeps the events; package desk runs all of
// it and hands decided events to those who tell people.
//
// Values and thresholds are in the units that people configure them in, which are those of the published API: percent
// from 0 to 100, MB/s (1024²), °C, counts, minutes, days. Package check converts, once.
package alert

import (
	"strings"
	"time"

	"github.com/pulse-hub/pulse/sdk/resource"
)

// Level says how bad an alert is.
type Level string

// The levels.
const (
	Warning  Level = "warning"
	Critical Level = "critical"
)

// Above says whether a level is worse than another. The empty level is below all.
func (l Level) Above(other Level) bool { return l.rank() > other.rank() }

func (l Level) rank() int {
	switch l {
	case Warning:
		return 1
	case Critical:
		return 2
	}
	return 0
}

// Type says what an alert is about: "cpu", "offline", "raid". See types.go.
type Type string

// Identity makes an alert the same alert for as long as it lasts, wherever its resource moves and whatever it is called.
type Identity string

// IdentityOf returns the identity of an alert of a resource, by the key of its inventory entry. The part tells alerts of
// one type apart, such as file systems; it may be empty.
func IdentityOf(key string, kind Type, part string) Identity {
	return Identity(key + "\t" + string(kind) + "\t" + part)
}

// Key returns the key of the resource.
func (id Identity) Key() string {
	key, _, _ := strings.Cut(string(id), "\t")
	return key
}

// Subject is what an alert is about, in the words of the published API.
type Subject struct {
	// Key is that of the inventory entry; of what is not in the inventory it begins with "rule/" or "hub/".
	Key string `json:"key"`
	// ID is the resource id of the API. It may change while the resource lives: a guest's names its node.
	ID string `json:"id"`
	// Name is what people call it, Node the node or host it is on, Instance its source.
	Name     string        `json:"name"`
	Node     string        `json:"node,omitempty"`
	Instance string        `json:"instance,omitempty"`
	Kind     resource.Kind `json:"kind,omitempty"`
	// Tags are those of the resource, for routes. Not changed once set.
	Tags []string `json:"tags,omitempty"`
}

// Verdict is what a finding says.
type Verdict uint8

// The verdicts.
const (
	// Unknown: there is nothing to judge by. An alert stays as it is, and none begins.
	Unknown Verdict = iota
	// Good ends an alert and a wait for one.
	Good
	// Between two thresholds: an alert goes on, but none begins, and a wait for one ends.
	Between
	// Bad begins an alert.
	Bad
)

// Category is what quiet hours know types by. Empty: none of them.
type Category string

// The categories.
const (
	Performance Category = "performance"
	Storage     Category = "storage"
	Offline     Category = "offline"
)

// A Finding is what a check found out about one identity. Findings are values; maps and slices in them are not changed.
type Finding struct {
	Identity Identity
	Type     Type
	// AlertID is the id that an alert gets in the API if it begins now. It keeps it to its end.
	AlertID string
	Subject Subject
	Verdict Verdict
	// Level is set unless Verdict is Good or Unknown.
	Level Level
	// Value, and what it is compared with. All 0 for states.
	Value, Trigger, Clear float64
	// Critical is where the level becomes critical; 0: nowhere.
	Critical float64
	// Message is one sentence for people, fitting the value.
	Message string
	// Metadata are the members of the API's "metadata".
	Metadata map[string]any
	// Rule says where the threshold is from: "defaults", "override", "rule <name>", "tag <tag>". Part of the evidence.
	Rule string
	// At is the time of the observation. One that is not newer than the one before says nothing new, unless ByClock.
	At time.Time
	// ByClock says that it gets worse by time alone, as silence does: each round counts.
	ByClock bool
	// Delay and Confirm are how long, and in how many observations one after the other, Bad must hold. 0 and 1: at once.
	Delay   time.Duration
	Confirm int
	// MonitorOnly shows the alert and tells nobody.
	MonitorOnly bool
	// HiddenBy is the identity of the alert that explains this one while it is active: a node that is down explains its
	// guests. Empty: nothing does.
	HiddenBy Identity
	// Numeric says that the value moves on a scale, where near-duplicates and repetition make sense.
	Numeric  bool
	Category Category
}

// Checked is everything that was found out about one resource in a round. An alert of the resource that is not among
// the findings does not apply any more, and ends, unless the resource was not seen: then what is not among the findings
// stays as it is.
type Checked struct {
	Key      string
	Unseen   bool
	Findings []Finding
}
