package webhook

import (
	"fmt"
	"math"
	"net/url"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/sdk/notification"
)

// data is what templates see of a message. ID to Metadata are those of the
// first alert, and the level is the highest of those that go on; of a message
// without alerts, or one that only informs, they are the message's own.
type data struct {
	ID, Level, Type, ResourceName, ResourceID, Node string
	// Instance is the public URL of the hub, else the alert's instance if that is one, else empty.
	Instance string
	// Message is the first alert's, with a list of all when there are several.
	Message                            string
	Value, Threshold                   float64 // rounded to 0.1
	ValueFormatted, ThresholdFormatted string  // with unit; empty for states
	StartTime, Timestamp               string  // RFC 3339
	Duration                           string  // "45s", "5m", "2h 5m", "3d 4h"
	ResourceType                       string
	Acknowledged                       bool
	AckTime, AckUser                   string
	Metadata                           map[string]any
	CustomFields                       map[string]string
	AlertCount                         int
	Alerts                             []alert
	ChatID                             string

	Event      string // the phase: "firing", "resolved", "test" or "info"
	Resolved   bool
	ResolvedAt string // RFC 3339; empty unless resolved
	Escalation int    // level, from 1; 0: it is none
	Headline   string // "Pulse Alert: Warning"
	Title      string // the message's own
	Text       string
	Link       string // URL about the message, else Instance
	Labels     map[string]string
	Facts      []fact // what is worth a line of its own; no value is empty
	DeliveryID string

	sentAt, endedAt time.Time
}

// fact is one line about an alert.
type fact struct{ Name, Value string }

// maxListed bounds the alerts that a text lists one by one.
const maxListed = 25

// newData makes the data of a message, which is sent now, by a channel for a service.
func newData(m *notification.Message, s *settings, now time.Time) *data {
	d := &data{
		Event: m.Phase, Resolved: m.Phase == notification.PhaseResolved, Escalation: m.Escalation,
		Title: m.Title, Text: m.Text, Timestamp: now.UTC().Format(time.RFC3339), DeliveryID: m.DeliveryID,
		CustomFields: s.customFields, AlertCount: len(m.Alerts), Alerts: make([]alert, 0, len(m.Alerts)),
		sentAt: now.UTC(),
	}
	for i := range m.Alerts {
		one := newAlert(&m.Alerts[i], now)
		d.Alerts = append(d.Alerts, one)
		if one.EndTime.After(d.endedAt) {
			d.endedAt = one.EndTime.UTC()
		}
	}
	if d.endedAt.IsZero() {
		d.endedAt = d.sentAt
	}
	if d.Resolved {
		d.ResolvedAt = d.endedAt.Format(time.RFC3339)
	}
	d.describe(m, s.service)
	return d
}

// describe fills in what is said of the first alert, or of the message.
func (d *data) describe(m *notification.Message, service string) {
	first := alert{
		ID: m.DeliveryID, Type: m.Phase, Level: m.Severity, ResourceName: "Pulse", Message: m.Text, StartTime: d.sentAt,
		Metadata: map[string]any{},
	}
	if d.aboutAlert() {
		first = d.Alerts[0]
		if len(d.Alerts) > 1 && !d.Resolved {
			first.Level = valueOr(m.Severity, first.Level)
		}
	}
	d.ID, d.Level, d.Type, d.Node = first.ID, oneLine(20, first.Level), first.Type, first.Node
	d.ResourceName, d.ResourceID, d.ResourceType = first.ResourceName, first.ResourceID, first.ResourceType
	d.Value, d.Threshold = rounded(first.Value), rounded(first.Threshold)
	d.ValueFormatted, d.ThresholdFormatted = first.ValueFormatted, first.ThresholdFormatted
	d.StartTime, d.Duration = first.StartTime.Format(time.RFC3339), durationText(d.until(&first).Sub(first.StartTime))
	d.Acknowledged, d.AckUser = first.Acknowledged, first.AckUser
	if first.AckTime != nil {
		d.AckTime = first.AckTime.Format(time.RFC3339)
	}
	d.Metadata, d.Labels = first.Metadata, first.Labels
	d.Instance = firstURL(m.HubURL, first.Instance)
	d.Link = firstURL(m.Link, d.Instance)
	d.Headline = d.headline()
	d.Message = first.Message + d.others(service)
	d.Facts = d.facts()
}

// aboutAlert tells whether the message is about an alert, and not a digest or a greeting.
func (d *data) aboutAlert() bool { return len(d.Alerts) > 0 && d.Event != notification.PhaseInfo }

// until is the moment up to which an alert has lasted.
func (d *data) until(a *alert) time.Time {
	if !a.EndTime.IsZero() {
		return a.EndTime
	}
	return d.sentAt
}

func (d *data) headline() string {
	switch {
	case !d.aboutAlert():
		return d.Title
	case d.Resolved:
		return "Pulse Alert: Resolved"
	}
	text := "Pulse Alert: " + titled(d.Level)
	if d.Escalation > 0 {
		text += fmt.Sprintf(" (escalation %d)", d.Escalation)
	}
	if d.Event == notification.PhaseTest {
		text += " (test)"
	}
	return text
}

// others lists all alerts of a message with several. An embed of Discord has
// them on one line.
func (d *data) others(service string) string {
	if len(d.Alerts) < 2 || !d.aboutAlert() {
		return ""
	}
	before, mark, between := fmt.Sprintf("\n\nAll %d alerts:\n", len(d.Alerts)), "• ", "\n"
	if service == serviceDiscord {
		before, mark, between = fmt.Sprintf(" | %d alerts: • ", len(d.Alerts)), "", ", "
	}
	var lines []string
	for i := range d.Alerts[:min(len(d.Alerts), maxListed)] {
		a := &d.Alerts[i]
		what := a.ValueFormatted
		if what == "" || d.Resolved {
			what = titled(a.Type)
		}
		lines = append(lines, mark+oneLine(80, a.ResourceName)+": "+what)
	}
	if more := len(d.Alerts) - maxListed; more > 0 {
		lines = append(lines, fmt.Sprintf("… and %d more", more))
	}
	return before + strings.Join(lines, between)
}

func (d *data) facts() []fact {
	if !d.aboutAlert() {
		return nil
	}
	all := []fact{{"Resource", d.ResourceName}, {"Node", d.Node}, {"Type", titled(d.Type)}}
	if !d.Resolved {
		all = append(all, fact{"Value", d.ValueFormatted}, fact{"Threshold", d.ThresholdFormatted})
	}
	all = append(all, fact{"Duration", d.Duration})
	if d.Escalation > 0 {
		all = append(all, fact{"Escalation", fmt.Sprintf("level %d", d.Escalation)})
	}
	kept := all[:0]
	for _, f := range all {
		if oneLine(1, f.Value) != "" {
			kept = append(kept, f)
		}
	}
	return kept
}

// maxURL is the length of a URL that services still take.
const maxURL = 500

// firstURL returns the first of the texts that is an HTTP URL and not too
// long, such that it can stand in JSON and in any markup.
func firstURL(texts ...string) string {
	for _, text := range texts {
		if len(text) > maxURL {
			continue
		}
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || strings.ContainsAny(u.Host, odd) {
			continue
		}
		base := baseOf(text)
		if clean := base + escapeOdd(text[len(base):]); len(clean) <= maxURL {
			return clean
		}
	}
	return ""
}

// odd are the characters that may stand in no URL, or would end one in some markup.
const odd = `"<>\^{|}()*_` + "`"

func escapeOdd(path string) string {
	var out strings.Builder
	for _, c := range []byte(path) {
		if c <= ' ' || c >= 0x7f || c == '[' || c == ']' || strings.IndexByte(odd, c) >= 0 {
			fmt.Fprintf(&out, "%%%02X", c)
			continue
		}
		out.WriteByte(c)
	}
	return out.String()
}

func rounded(value float64) float64 { return math.Round(value*10) / 10 }

// durationText writes a duration with its two largest units.
func durationText(d time.Duration) string {
	d = max(d, 0)
	days, hours, minutes := int(d/(24*time.Hour)), int(d/time.Hour)%24, int(d/time.Minute)%60
	switch {
	case days > 0:
		return fmt.Sprintf("%dd %dh", days, hours)
	case hours >= 1:
		return fmt.Sprintf("%dh %dm", hours, minutes)
	case minutes >= 1:
		return fmt.Sprintf("%dm", minutes)
	}
	return fmt.Sprintf("%ds", int(d/time.Second))
}
