package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/pulse-hub/pulse/agent/internal/host"
	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
	"github.com/pulse-hub/pulse/agent/internal/module"
	"github.com/pulse-hub/pulse/agent/report"
)

// hostModule makes a module of the collector of the machine.
type hostModule struct {
	collector *host.Collector
	self      self
	version   string
	interval  int                // seconds
	commands  bool               // this machine is configured to run commands
	collected func(*report.Host) // is told of each report; may be nil

	mu sync.Mutex // one collection at a time: other modules may read, too
}

// Info describes the module.
func (h *hostModule) Info() module.Info {
	return module.Info{
		Name: "host", Path: report.HostPath, MaxBytes: report.MaxHostBytes, UserAgent: "pulse-host-agent/" + h.version,
		DropForbidden: true,
	}
}

// Collect makes one report. A machine without a name is asked again, as one that boots may get its name late.
func (h *hostModule) Collect(ctx context.Context) (report.Report, error) {
	current, err := h.read(ctx)
	if err != nil {
		return nil, err
	}
	if h.collected != nil {
		h.collected(current)
	}
	return current, nil
}

// read makes one report.
func (h *hostModule) read(ctx context.Context) (*report.Host, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	current, err := h.collector.Collect(ctx)
	if errors.Is(err, host.ErrNoHostname) {
		return nil, fmt.Errorf("%w: %w", module.ErrUnavailable, err)
	}
	if err != nil {
		return nil, err
	}
	current.Agent.Version = h.version
	current.Agent.Type = report.AgentTypeUnified
	current.Agent.IntervalSeconds = h.interval
	current.Agent.UpdatedFrom, current.Agent.CommandsEnabled = h.self.updatedFrom, h.commands
	return current, nil
}

// Hear follows what the administrator of the first hub wants.
func (h *hostModule) Hear(answer module.Answer) error {
	if answer.Target != 0 || !answer.Accepted() || h.self.commands == nil {
		return nil
	}
	var content report.HostAnswer
	if err := json.Unmarshal(answer.Body, &content); err != nil {
		return fmt.Errorf("decode answer: %w", err)
	}
	var wanted *bool
	if content.Config != nil {
		wanted = content.Config.CommandsEnabled
	}
	h.self.commands.Override(wanted)
	return nil
}

// Run runs what the collector measures at a rhythm of its own.
func (h *hostModule) Run(ctx context.Context) error { return h.collector.Run(ctx) }

// Probe runs everything once.
func (h *hostModule) Probe(ctx context.Context) []module.Check { return checks(h.collector.Probe(ctx)) }

// Checks tells how the parts of the last collection went.
func (h *hostModule) Checks() []module.Check { return checks(h.collector.Outcomes()) }

// checks translates outcomes.
func checks(outcomes []host.Outcome) []module.Check {
	states := map[outcome.State]module.State{
		outcome.OK: module.OK, outcome.Unavailable: module.Unavailable, outcome.Denied: module.Denied, outcome.Failed: module.Failed,
	}
	list := make([]module.Check, 0, len(outcomes))
	for _, each := range outcomes {
		list = append(list, module.Check{
			Name: each.Name, State: states[each.State], Reason: each.Reason, Remedy: each.Remedy, Duration: each.Duration,
		})
	}
	return list
}
