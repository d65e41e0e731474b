package apprise

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/notification"
)

const (
	// maxTitle bounds a title, maxLine a line about an alert, in characters.
	maxTitle = 250
	maxLine  = 1000
	// maxBody bounds the text of a message, in bytes: a program takes no longer argument.
	maxBody = 60 << 10
)

// title is the first line of a message.
func title(m *sdk.Notification) string {
	n := len(m.Alerts)
	if n == 0 || m.Phase == notification.PhaseInfo {
		return clean(m.Title, maxTitle, false)
	}
	one, several := "Pulse alert", "Pulse alerts"
	switch {
	case m.Phase == notification.PhaseResolved:
		one, several = "Pulse alert resolved", "Pulse alerts resolved"
	case m.Escalation > 0:
		one = fmt.Sprintf("Pulse alert (escalation %d)", m.Escalation)
		several = fmt.Sprintf("Pulse alerts, escalation %d", m.Escalation)
	}
	if n == 1 {
		return clean(one+": "+m.Alerts[0].ResourceName, maxTitle, false)
	}
	return fmt.Sprintf("%s (%d)", several, n)
}

// body lists the alerts and ends with the address of the hub.
func body(m *sdk.Notification) string {
	address := m.HubURL
	if address == "" {
		address = m.Link
	}
	tail := ""
	if address != "" {
		tail = "\n\n" + clean(address, maxLine, false)
	}
	var b strings.Builder
	for i := range m.Alerts {
		line := line(&m.Alerts[i], m.Phase)
		if b.Len()+len(line) > maxBody {
			fmt.Fprintf(&b, "\n… and %d more", len(m.Alerts)-i)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(line)
	}
	if len(m.Alerts) == 0 {
		b.WriteString(clean(m.Text, maxBody/4, true))
	}
	if b.Len() == 0 {
		b.WriteString(title(m)) // Apprise sends nothing without a text
	}
	return b.String() + tail
}

// line is one alert.
func line(a *sdk.Alert, phase string) string {
	word := strings.ToUpper(a.Severity)
	if phase == notification.PhaseResolved {
		word = "RESOLVED"
	}
	text := fmt.Sprintf("[%s] %s: %s", word, a.ResourceName, a.Message)
	if a.ValueText != "" {
		text += " (value " + a.ValueText
		if a.ThresholdText != "" {
			text += ", threshold " + a.ThresholdText
		}
		text += ")"
	}
	if a.Node != "" && a.Node != a.ResourceName {
		text += " on " + a.Node
	}
	return clean(text, maxLine, false)
}

// clean returns a text without control characters, cut to a number of characters.
func clean(text string, limit int, lines bool) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(text, "\uFFFD") {
		if unicode.IsControl(r) && (!lines || r != '\n') {
			r = ' '
		}
		if limit--; limit < 0 {
			b.WriteRune('…')
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

// kind is how Apprise calls the weight of a message.
func kind(m *sdk.Notification) string {
	if m.Phase == notification.PhaseResolved || m.Phase == notification.PhaseInfo {
		return "info"
	}
	heaviest := "info"
	for i := range m.Alerts {
		switch m.Alerts[i].Severity {
		case "critical":
			return "failure"
		case "warning":
			heaviest = "warning"
		}
	}
	return heaviest
}
