package api

import (
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
)

// Plugins says what is known of the plugins.
type Plugins interface {
	// Status returns one entry per plugin, ordered by id. The caller owns them.
	Status() []supervise.Status
}

// PluginList is every plugin.
type PluginList struct {
	Plugins []Plugin `json:"plugins"`
}

// Plugin is the state of one plugin and its process.
type Plugin struct {
	ID        string           `json:"id"`
	Version   string           `json:"version"`
	State     string           `json:"state" enum:"idle,starting,configuring,healthy,degraded,backoff,crash-loop,stopping,stopped"`
	Since     time.Time        `json:"since"`
	Verified  bool             `json:"verified" description:"Whether the executable is checked against an expected hash."`
	PID       int              `json:"pid,omitempty"`
	Restarts  int              `json:"restarts"`
	NextStart *time.Time       `json:"nextStart,omitempty"`
	LastExit  *PluginExit      `json:"lastExit,omitempty"`
	LastError string           `json:"lastError,omitempty"`
	Log       []PluginLogLine  `json:"log" description:"The last lines of output, the oldest first."`
	Instances []PluginInstance `json:"instances"`
}

// PluginExit is how the last process of a plugin ended.
type PluginExit struct {
	PID    int    `json:"pid"`
	Code   int    `json:"code" description:"-1 when a signal ended it."`
	Signal string `json:"signal,omitempty"`
}

// PluginLogLine is one line that a plugin wrote.
type PluginLogLine struct {
	Time    time.Time `json:"time"`
	Level   string    `json:"level"`
	Message string    `json:"message"`
}

// PluginInstance is one thing that a plugin was set up for.
type PluginInstance struct {
	ID        string    `json:"id"`
	Component string    `json:"component"`
	Name      string    `json:"name"`
	State     string    `json:"state"`
	Message   string    `json:"message,omitempty"`
	Since     time.Time `json:"since"`
}

func (a *API) pluginRoutes() []route.Route {
	return []route.Route{{
		Path: "/api/plugins", Access: route.Admin(auth.ScopeSettingsRead),
		Summary: "Plugins, their processes and instances", Answer: PluginList{}, Handle: a.plugins,
	}}
}

func (a *API) plugins(*route.Call) (any, error) {
	list := PluginList{Plugins: []Plugin{}}
	for _, status := range a.Plugins.Status() {
		list.Plugins = append(list.Plugins, pluginOf(&status))
	}
	return list, nil
}

func pluginOf(s *supervise.Status) Plugin {
	plugin := Plugin{
		ID: s.ID, Version: s.Version, State: string(s.State), Since: s.Since.UTC(), Verified: s.Verified, PID: s.Pid,
		Restarts: s.Restarts, NextStart: known(s.NextStart), LastError: s.LastError,
		Log: []PluginLogLine{}, Instances: []PluginInstance{},
	}
	if s.LastExit != nil {
		plugin.LastExit = &PluginExit{PID: s.LastExit.Pid, Code: s.LastExit.Code, Signal: s.LastExit.Signal}
	}
	for _, line := range s.Lines {
		plugin.Log = append(plugin.Log, PluginLogLine{line.At.UTC(), line.Level.String(), line.Text})
	}
	for _, i := range s.Instances {
		plugin.Instances = append(plugin.Instances, PluginInstance{
			i.ID, i.Component, i.Name, string(i.State), i.Message, i.Since.UTC(),
		})
	}
	return plugin
}

// known returns nil for the zero time.
func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
