package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/notification"
)

const (
	// maxTriggers is how many alerts of one message become incidents of their
	// own; a message with more becomes one incident.
	maxTriggers = 10
	// maxResolves is how many incidents one message may close.
	maxResolves = 50
)

// parts splits a message into what is sent by itself. PagerDuty has an
// incident for each alert, and one event closes one incident; closing what was
// never open, or is closed, changes nothing. A digest opens and closes as well.
// All other services and the operator's own template get the message as it is.
func (c *channel) parts(m *sdk.Notification) []*sdk.Notification {
	if c.settings.service != servicePagerDuty || len(m.Alerts) == 0 || c.templateFor(m.Phase) != c.own {
		return []*sdk.Notification{m}
	}
	var ongoing, over []notification.Alert
	for _, a := range m.Alerts {
		if m.Phase == notification.PhaseResolved || !a.Ended.IsZero() {
			over = append(over, a)
		} else {
			ongoing = append(ongoing, a)
		}
	}
	if len(over) > maxResolves {
		c.log.Warn("too many alerts are over at once: incidents stay open", "alerts", len(over), "closed", maxResolves)
		over = over[:maxResolves]
	}
	phase := m.Phase
	if phase == notification.PhaseInfo {
		phase = notification.PhaseFiring
	}
	size := 1
	if len(ongoing) > maxTriggers {
		size = len(ongoing)
	}
	return append(split(m, phase, ongoing, size), split(m, notification.PhaseResolved, over, 1)...)
}

// split makes messages of a phase about so many alerts each.
func split(m *sdk.Notification, phase string, alerts []notification.Alert, size int) []*sdk.Notification {
	var parts []*sdk.Notification
	for some := range slices.Chunk(alerts, size) {
		part := *m
		part.Phase, part.Alerts = phase, some
		parts = append(parts, &part)
	}
	return parts
}

// maxDedupKey is the length of a dedup_key that PagerDuty takes.
const maxDedupKey = 255

// dedupKey is what PagerDuty knows an incident again by.
func dedupKey(d *data) string {
	key := valueOr(d.ID, d.DeliveryID)
	if len(key) <= maxDedupKey {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}
