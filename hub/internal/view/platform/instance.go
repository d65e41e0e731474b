package platform

import (
	"encoding/json"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/setup"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
)

// Instance is one use of a plugin's component.
type Instance struct {
	ID        string          `json:"id"`
	Plugin    string          `json:"plugin"`
	Component string          `json:"component" description:"Kind and type: source/pve."`
	Name      string          `json:"name"`
	Enabled   bool            `json:"enabled"`
	Revision  uint64          `json:"revision"`
	Preset    bool            `json:"preset,omitempty" description:"Whether it is made up and cannot be changed."`
	Config    json.RawMessage `json:"config" description:"In the place of each secret is {\"set\": true} or {\"set\": false}."`
	State     string          `json:"state" enum:"disabled,unavailable,pending,configured,failed" description:"unavailable: its plugin does not run."`
	Message   string          `json:"message,omitempty"`
	Since     *time.Time      `json:"since,omitempty"`
	Health    *Health         `json:"health,omitempty" description:"What the plugin said of it last without being asked."`
	Events    []Event         `json:"events,omitempty" description:"What the plugin told, the oldest first."`
}

// Health is what a plugin says of an instance.
type Health struct {
	State   string     `json:"state" enum:"ok,degraded,failed,auth-failed"`
	Message string     `json:"message,omitempty"`
	At      time.Time  `json:"at"`
	LastOK  *time.Time `json:"lastOk,omitempty"`
}

// Event is what happened at an instance.
type Event struct {
	ID       string            `json:"id"`
	At       time.Time         `json:"at"`
	Severity string            `json:"severity" enum:"info,warning,critical"`
	Resource string            `json:"resource,omitempty"`
	Message  string            `json:"message"`
	Labels   map[string]string `json:"labels,omitempty"`
}

// Told adds what the plugin has said of the instance.
func (i *Instance) Told(report setup.Report) {
	if report.Health.State != "" {
		i.Health = &Health{
			State: string(report.Health.State), Message: report.Health.Message,
			At: report.At.UTC(), LastOK: unit.Known(report.Health.LastOK),
		}
	}
	for _, e := range report.Events {
		i.Events = append(i.Events, Event{e.ID, e.At.UTC(), e.Severity, e.ResourceID, e.Message, e.Labels})
	}
}

// InstanceOf returns an instance as the API shows it. The configuration has
// been cleared of secrets; status is nil if its plugin does not know it.
func InstanceOf(one instance.Instance, config json.RawMessage, status *supervise.InstanceStatus, preset bool) Instance {
	shown := Instance{
		ID: one.ID, Plugin: one.Plugin, Component: one.Component, Name: one.Name, Enabled: one.Enabled,
		Revision: one.Revision, Preset: preset, Config: config, State: "unavailable",
	}
	switch {
	case !one.Enabled:
		shown.State = "disabled"
	case status != nil:
		shown.State, shown.Message, shown.Since = string(status.State), status.Message, unit.Known(status.Since)
	}
	return shown
}
