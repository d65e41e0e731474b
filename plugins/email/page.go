package email

import (
	"bytes"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/notification"
)

const (
	// maxShown bounds the alerts on a page; how many more there are is told.
	maxShown = 100
	// maxName bounds names and the like, maxWords sentences, in characters.
	maxName  = 300
	maxWords = 2000
)

// page is what the template shows. The template escapes all of it.
type page struct {
	Title  string
	Colour string
	Alerts []row
	More   int    // alerts that are not shown
	Text   string // of a message without alerts
	Link   string
}

// row is one alert on the page.
type row struct {
	Name, Level, Colour, Rule, Message string
	Facts                              []fact
}

// fact is a line about an alert.
type fact struct{ Name, Value string }

// The colours of severities and of what is over.
const (
	colourCritical = "#c0392b"
	colourWarning  = "#b9770e"
	colourInfo     = "#2471a3"
	colourResolved = "#1e8449"
)

func colour(severity, phase string) string {
	switch {
	case phase == notification.PhaseResolved:
		return colourResolved
	case severity == "critical":
		return colourCritical
	case severity == "warning":
		return colourWarning
	}
	return colourInfo
}

// render writes the message as a page.
func (l *letters) render(m *sdk.Notification) (string, error) {
	p := page{Title: oneLine(m.Title, maxWords), Colour: colour(m.Severity, m.Phase), Link: m.Link}
	if p.Title == "" {
		p.Title = subject(m)
	}
	for i := range m.Alerts {
		if i == maxShown {
			p.More = len(m.Alerts) - i
			break
		}
		p.Alerts = append(p.Alerts, rowOf(&m.Alerts[i], m.Phase))
	}
	if len(m.Alerts) == 0 {
		p.Text = strings.TrimSpace(m.Text)
	}
	var text bytes.Buffer
	err := l.page.Execute(&text, p)
	return text.String(), err
}

func rowOf(a *sdk.Alert, phase string) row {
	r := row{
		Name: oneLine(a.ResourceName, maxName), Rule: oneLine(ruleName(a.Rule), maxName),
		Level: level(a.Severity), Colour: colour(a.Severity, phase), Message: oneLine(a.Message, maxWords),
	}
	if phase == notification.PhaseResolved {
		r.Level = "Resolved"
	}
	r.add("Value", a.ValueText)
	r.add("Threshold", a.ThresholdText)
	r.add("Kind", a.ResourceKind)
	r.add("Node", a.Node)
	r.add("Source", a.Instance)
	r.add("Since", moment(a.Started))
	r.add("Until", moment(a.Ended))
	r.add("Acknowledged by", a.AcknowledgedBy)
	return r
}

func (r *row) add(name, value string) {
	if value = oneLine(value, maxName); value != "" {
		r.Facts = append(r.Facts, fact{name, value})
	}
}

// moment is a time for people everywhere.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}
