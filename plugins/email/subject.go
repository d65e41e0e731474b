package email

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// maxSubject bounds a subject, in characters: what is longer nobody sees.
const maxSubject = 200

// subject is the line of a message that people see first.
func subject(m *sdk.Notification) string {
	return oneLine(subjectOf(m), maxSubject)
}

func subjectOf(m *sdk.Notification) string {
	n := len(m.Alerts)
	switch {
	case n == 0 || m.Phase == notification.PhaseInfo:
		return m.Title
	case m.Phase == notification.PhaseTest:
		a := &m.Alerts[0]
		return fmt.Sprintf("[Pulse Alert] %s: %s on %s", level(a.Severity), ruleName(a.Rule), a.ResourceName)
	case m.Phase == notification.PhaseResolved && n == 1:
		return "Pulse alert resolved: " + m.Alerts[0].ResourceName
	case m.Phase == notification.PhaseResolved:
		return fmt.Sprintf("Pulse alerts resolved (%d)", n)
	case m.Escalation > 0:
		return fmt.Sprintf("[Pulse Alert] Escalation %d: %s", m.Escalation, tally(m.Alerts))
	}
	return "[Pulse Alert] " + tally(m.Alerts)
}

// tally counts alerts by severity: "1 Critical, 2 Warning alerts".
func tally(alerts []sdk.Alert) string {
	counts := map[string]int{}
	for i := range alerts {
		counts[level(alerts[i].Severity)]++
	}
	var parts []string
	for _, name := range []string{"Critical", "Warning", "Info"} {
		if counts[name] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[name], name))
		}
	}
	if len(alerts) == 1 {
		return parts[0] + " alert"
	}
	return strings.Join(parts, ", ") + " alerts"
}

// level is a severity as it is shown.
func level(severity string) string {
	switch severity {
	case "critical":
		return "Critical"
	case "info":
		return "Info"
	}
	return "Warning"
}

// ruleName is the name of a rule as it is shown: "CPU", "Disk read".
func ruleName(rule string) string {
	switch rule {
	case "cpu":
		return "CPU"
	case "diskRead":
		return "Disk read"
	case "diskWrite":
		return "Disk write"
	case "networkIn":
		return "Network in"
	case "networkOut":
		return "Network out"
	}
	words := strings.NewReplacer("-", " ", "_", " ").Replace(rule)
	first, size := utf8.DecodeRuneInString(words)
	if size == 0 {
		return "Alert"
	}
	return string(unicode.ToUpper(first)) + words[size:]
}

// oneLine returns a text without line breaks, control characters and
// characters that turn the direction of writing, cut to a number of characters.
func oneLine(text string, limit int) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(text, "\uFFFD") {
		switch {
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			r = ' '
		case unicode.Is(unicode.Bidi_Control, r):
			continue
		}
		if limit--; limit < 0 {
			b.WriteRune('…')
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}
