// Package render makes messages of alerts: what people read, and the fields that templates are made of.
//
// Names and sentences come from outside. In what people read they are without line breaks, control characters and
// those that turn the direction of writing around, and are cut; in Markdown they are escaped. In the fields they are as
// they came, but valid UTF-8 and not endless.
package render

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/sdk/notification"
)

const (
	// listed is how many alerts the text lists; the others are counted.
	listed = 20
	// detailed is up to how many alerts of one message have their metadata.
	detailed = 20
	// maxLinked is how long an id of an alert may be to be in a link, in bytes.
	maxLinked = 500
)

// Input is what a message is made of.
type Input struct {
	DeliveryID string
	// Phase is that of the message; that of a digest is notification.PhaseInfo.
	Phase      string
	Escalation int
	// Digest names a digest: "Hourly", "Daily"; otherwise empty.
	Digest string
	// Events are the newest of each alert, in the order in which they are told. At least one.
	Events []*alert.Event
	// HubURL is the public URL of the hub; empty: not known.
	HubURL string
	// Values writes the value and the threshold of an alert with their units.
	Values func(*alert.Alert) (value, threshold string)
}

// Message returns the message. It belongs to the caller.
func Message(in *Input) *notification.Message {
	s := sum(in.Events)
	m := &notification.Message{
		DeliveryID: in.DeliveryID, Phase: in.Phase, Escalation: in.Escalation, Severity: s.severity(in.Phase),
		Alerts: make([]notification.Alert, len(in.Events)), HubURL: strings.TrimRight(in.HubURL, "/"),
	}
	for i, e := range in.Events {
		m.Alerts[i] = field(e, in.Values, len(in.Events) <= detailed)
	}
	m.Title = in.title(&s)
	m.Link = in.link()
	m.Text, m.Markdown = in.bodies(m)
	return m
}

// Test returns the message by which a channel is tried out.
func Test(deliveryID, hubURL, channel string, now time.Time) *notification.Message {
	name := line(channel, maxName)
	if name == "" {
		name = "this channel"
	}
	hubURL = strings.TrimRight(hubURL, "/")
	at := now.UTC().Format(stamp)
	m := &notification.Message{
		DeliveryID: deliveryID, Phase: notification.PhaseTest, Severity: "info", HubURL: hubURL, Link: hubURL,
		Title:    "Test message from Pulse",
		Text:     "Notifications through " + name + " work. Sent at " + at + ".",
		Markdown: "Notifications through **" + escape(name) + "** work. Sent at " + at + ".",
	}
	return m
}

// stamp is how times are written for people.
const stamp = "2006-01-02 15:04 UTC"

// a summary counts alerts.
type summary struct {
	all, over, critical int // critical are those that are not over
	node                string
	manyNodes           bool
}

func sum(events []*alert.Event) summary {
	s := summary{all: len(events)}
	for i, e := range events {
		switch {
		case e.Kind == alert.Resolved:
			s.over++
		case e.Alert.Level == alert.Critical:
			s.critical++
		}
		if i == 0 {
			s.node = e.Alert.Subject.Node
		}
		s.manyNodes = s.manyNodes || e.Alert.Subject.Node != s.node
	}
	return s
}

// severity is the highest of the alerts that go on; of what is over nothing is left to worry about.
func (s *summary) severity(phase string) string {
	switch {
	case s.critical > 0:
		return string(alert.Critical)
	case phase == notification.PhaseResolved || s.over == s.all:
		return "info"
	}
	return string(alert.Warning)
}

// title returns one line.
func (in *Input) title(s *summary) string {
	if in.Digest != "" {
		return in.Digest + " digest: " + counted(s.all-s.over) + ", " + strconv.Itoa(s.over) + " resolved"
	}
	prefix := ""
	if in.Escalation > 0 {
		prefix = fmt.Sprintf("Not acknowledged (level %d): ", in.Escalation)
	}
	first := in.Events[0].Alert
	switch {
	case s.all == 1 && in.Phase == notification.PhaseResolved:
		return prefix + "Resolved: " + nameOf(first) + " – " + line(string(first.Type), maxName)
	case s.all == 1:
		return prefix + levelWord(first.Level) + ": " + nameOf(first) + " – " + line(first.Message, maxSentence)
	case in.Phase == notification.PhaseResolved:
		return prefix + counted(s.all) + s.where() + " resolved"
	case s.critical > 0:
		return prefix + counted(s.all) + s.where() + " (" + strconv.Itoa(s.critical) + " critical)"
	}
	return prefix + counted(s.all) + s.where()
}

// where names the node, if all are on one.
func (s *summary) where() string {
	if s.manyNodes || s.node == "" {
		return ""
	}
	return " on " + line(s.node, maxName)
}

// link returns the URL of the page about the alerts; without a URL of the hub there is none.
func (in *Input) link() string {
	base := strings.TrimRight(in.HubURL, "/")
	switch {
	case base == "":
		return ""
	case len(in.Events) == 1 && len(in.Events[0].Alert.ID) <= maxLinked:
		return base + "/alerts?alert=" + url.QueryEscape(in.Events[0].Alert.ID)
	}
	return base + "/alerts"
}

func counted(n int) string {
	if n == 1 {
		return "1 alert"
	}
	return strconv.Itoa(n) + " alerts"
}

func levelWord(level alert.Level) string {
	if level == alert.Critical {
		return "Critical"
	}
	return "Warning"
}

func nameOf(a *alert.Alert) string {
	for _, text := range []string{a.Subject.Name, a.Subject.ID, a.ID} {
		if name := line(text, maxName); name != "" {
			return name
		}
	}
	return "unknown"
}
