// Package hubcheck finds out what is wrong with the hub itself and with its plugins.
package hubcheck

import (
	"fmt"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/condition"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
)

// instance is what the hub calls itself in alerts.
const instance = "hub"

// crashLoopDelay is how long a plugin must go on failing: one that is being replaced by a better version is not news.
const crashLoopDelay = 30 * time.Second

// Conditions is a desk.Finder of what is wrong with the hub itself.
type Conditions struct {
	// List is that of a condition.Board.
	List func() ([]condition.Condition, <-chan struct{})
}

// Prefix implements desk.Finder.
func (c Conditions) Prefix() string { return "hub/" }

// Find implements desk.Finder.
func (c Conditions) Find(now time.Time, p *policy.Policy) []alert.Checked {
	list, _ := c.List()
	out := make([]alert.Checked, 0, len(list))
	for _, one := range list {
		level := alert.Warning
		if one.Severity == condition.Critical {
			level = alert.Critical
		}
		f := finding(c.Prefix()+string(one.Code), alert.HubHealth, "Pulse", now)
		f.AlertID, f.Level, f.Message = "hub-"+string(one.Code), level, one.Message
		f.Metadata = map[string]any{"condition": string(one.Code), "resourceType": "Hub"}
		out = append(out, checked(f, p))
	}
	return out
}

// Plugins is a desk.Finder of plugins that end again and again.
type Plugins struct {
	// Status is that of a supervise.Host.
	Status func() []supervise.Status
}

// Prefix implements desk.Finder.
func (l Plugins) Prefix() string { return "plugin/" }

// Find implements desk.Finder.
func (l Plugins) Find(now time.Time, p *policy.Policy) []alert.Checked {
	var out []alert.Checked
	for _, one := range l.Status() {
		f := finding(l.Prefix()+one.ID, alert.PluginCrashLoop, one.ID, now)
		f.AlertID, f.Delay = "plugin-crash-loop-"+one.ID, crashLoopDelay
		f.Metadata = map[string]any{"plugin": one.ID, "version": one.Version, "restarts": one.Restarts, "resourceType": "Plugin"}
		switch one.State {
		case supervise.StateCrashLoop:
			f.Level = alert.Critical
			f.Message = fmt.Sprintf("Plugin %s ends again and again: %s", one.ID, orUnknown(one.LastError))
		case supervise.StateHealthy, supervise.StateIdle, supervise.StateStopped, supervise.StateDegraded:
			f.Verdict = alert.Good
			f.Message = fmt.Sprintf("Plugin %s does not end any more", one.ID)
		default: // on its way to one or the other
			f.Verdict = alert.Unknown
		}
		out = append(out, checked(f, p))
	}
	return out
}

func orUnknown(reason string) string {
	if reason == "" {
		return "it does not say why"
	}
	return reason
}

func finding(key string, kind alert.Type, name string, now time.Time) alert.Finding {
	return alert.Finding{
		Identity: alert.IdentityOf(key, kind, ""), Type: kind, Verdict: alert.Bad,
		Subject: alert.Subject{Key: key, ID: key, Name: name, Instance: instance},
		Rule:    "defaults", At: now, ByClock: true, Category: policy.CategoryOf(kind),
	}
}

// checked is the finding, unless its type is not wanted.
func checked(f alert.Finding, p *policy.Policy) alert.Checked {
	out := alert.Checked{Key: f.Subject.Key}
	if !p.TypeDisabled(f.Type) {
		out.Findings = []alert.Finding{f}
	}
	return out
}
