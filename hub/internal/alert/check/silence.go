package check

import (
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// silenceDelay is how long silence that is long enough must go on before it is told: some rounds.
const silenceDelay = 20 * time.Second

// longestSilence is after how long nothing heard means offline, however seldom an agent reports.
const longestSilence = 10 * time.Minute

// A silence is how to speak of something that does not report any more.
type silence struct {
	Type    alert.Type
	AlertID string
	// Label begins the message: "Host 'db1'".
	Label string
	// Limit is how long nothing may be heard.
	Limit time.Duration
}

// silenceLimit is a number of intervals, at least a minimum and at most longestSilence.
func silenceLimit(interval time.Duration, intervals int, least time.Duration) time.Duration {
	return max(least, min(time.Duration(intervals)*interval, longestSilence))
}

// listen finds out whether what an agent looks after is still in touch, and leaves the resource unseen if it is not.
func (b *bench) listen(s silence) {
	b.unseen = b.lost(b.entry)
	if b.entry.Settings != nil && b.entry.Settings.PendingUninstall {
		b.drop(s.Type, "") // its silence is what somebody wants
		return
	}
	level := alert.Level("")
	if b.unseen && b.silent(s.Limit) {
		level = alert.Critical
	}
	if level == "" && !b.open {
		return
	}
	seen := b.entry.SeenAt
	b.is(state{
		Type: s.Type, AlertID: s.AlertID, Level: level, Unknown: b.unseen && level == "", Connectivity: true,
		ByClock: true, Delay: silenceDelay,
		Message: s.Label + " is offline: nothing heard for " + spoken(b.Now.Sub(seen)),
		Extra: func() map[string]any {
			return map[string]any{"lastSeen": seen.UTC().Format(time.RFC3339)}
		},
	})
}

// silent says whether what is out of sight is so because it does not report. A plugin that answers says so itself; if it
// does not answer, nothing is known of what it looks at.
func (b *bench) silent(limit time.Duration) bool {
	if !b.entry.Stale && b.entry.Status == resource.StatusOffline {
		return true
	}
	if source, known := b.Source(b.entry.Source); known && source.Plugin != "" {
		return false
	}
	heard := b.entry.SeenAt
	if b.Started.After(heard) {
		heard = b.Started
	}
	return b.Now.Sub(heard) > limit
}

// lost says that what is known of a resource with an agent of its own is old.
func (b *bench) lost(e *inventory.Entry) bool { return outOfTouch(e) || b.sourceFailed(e) }

func outOfTouch(e *inventory.Entry) bool { return e.Stale || e.Status == resource.StatusOffline }

func (b *bench) sourceFailed(e *inventory.Entry) bool {
	source, known := b.Source(e.Source)
	return known && source.Health == inventory.HealthFailed && !b.isRevived(e)
}

// hidden says that nobody wants to see the resource.
func hidden(e *inventory.Entry) bool { return e.Settings != nil && e.Settings.Hidden }

// spoken returns a duration as people say it: whole seconds below two minutes, whole minutes below two hours.
func spoken(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return counted(int(d/time.Second), "second")
	case d < 2*time.Hour:
		return counted(int(d/time.Minute), "minute")
	case d < 48*time.Hour:
		return counted(int(d/time.Hour), "hour")
	}
	return counted(int(d/(24*time.Hour)), "day")
}
