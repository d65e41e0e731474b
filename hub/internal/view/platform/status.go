package platform

import (
	"time"

	"github.com/pulse-hub/pulse/hub/internal/plugin/journal"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/plugin/usage"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/sdk/launcher"
)

// running shows what the processes of a plugin do.
func (p *Plugin) running(s *supervise.Status) {
	p.State, p.Since, p.Verified = string(s.State), s.Since.UTC(), s.Verified
	p.PID, p.Restarts, p.NextStart, p.Warning = s.Pid, s.Restarts, unit.Known(s.NextStart), s.Warning
	p.LastError, p.LastExit = s.LastError, exitOf(s.LastExit)
	for i := range s.Processes {
		p.Processes = append(p.Processes, processOf(&s.Processes[i]))
	}
	p.Sandbox = leastConfined(s.Processes)
	for _, calls := range s.Calls {
		p.Calls = append(p.Calls, callsOf(calls))
	}
	for _, line := range s.Lines {
		p.Log = append(p.Log, LineOf(line))
	}
	for _, i := range s.Instances {
		p.Instances = append(p.Instances, PluginInstance{
			i.ID, i.Component, i.Name, string(i.State), i.Message, i.Since.UTC(),
		})
	}
}

func processOf(s *supervise.ProcessStatus) Process {
	p := Process{
		Name: s.Name, Instance: s.Instance, PID: s.Pid, State: string(s.State), Since: s.Since.UTC(),
		Sampled: unit.Known(s.Sampled), CPU: unit.Percent(s.CPU), Memory: s.MemoryBytes, MemoryLimit: s.MemoryLimit,
		MemoryExact: s.MemoryExact, Threads: s.Threads, FDs: s.FDs, Warning: s.Warning, Restarts: s.Restarts,
		NextStart: unit.Known(s.NextStart), LastExit: exitOf(s.LastExit), LastError: s.LastError,
	}
	if s.Pid != 0 {
		p.Sandbox = sandboxOf(s.Confinement)
	}
	return p
}

// leastConfined returns how far all running processes are confined at least;
// nil if none runs.
func leastConfined(processes []supervise.ProcessStatus) *Sandbox {
	var least *launcher.Report
	for i := range processes {
		confined := &processes[i].Confinement
		if processes[i].Pid != 0 && (least == nil || confined.Effective < least.Effective) {
			least = confined
		}
	}
	if least == nil {
		return nil
	}
	return sandboxOf(*least)
}

func exitOf(exit *supervise.Exit) *PluginExit {
	if exit == nil {
		return nil
	}
	return &PluginExit{PID: exit.Pid, Code: exit.Code, Signal: exit.Signal}
}

func callsOf(c usage.MethodStats) Calls {
	return Calls{Method: c.Method, Count: c.Count, Errors: c.Errors, P50: milliseconds(c.P50), P99: milliseconds(c.P99)}
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }

// LineOf returns a line of output as the API shows it.
func LineOf(line journal.Line) LogLine {
	return LogLine{Time: line.At.UTC(), Level: line.Level.String(), Message: line.Text}
}
