package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/host"

	"github.com/pulse-hub/pulse/agent/report"
)

// identityLife is how long facts about the system are kept: they change with an upgrade or a rename, not more often,
// and reading them may run a program.
const identityLife = time.Hour

// identity reads what the machine is: names, versions, ids. The ids are read once and stay for the life of the process.
type identity struct {
	hostname, agentID, reportIP string // as configured, may be empty

	system    system
	facts     report.HostInfo
	agent     string // the agent's id, fixed at the first collection
	refreshed time.Time
}

// system is where identity reads from.
type system struct {
	hostname  func() (string, error)
	machineID func(ctx context.Context) (string, error)
	platform  func(ctx context.Context) (platform, family, version string, err error)
	kernel    func(ctx context.Context) (string, error)
	arch      func() (string, error)
	cores     func(ctx context.Context) (int, error)
	uptime    func(ctx context.Context) (uint64, error)
}

func newIdentity(options Options) *identity {
	return &identity{
		hostname: options.Hostname, agentID: options.AgentID, reportIP: options.ReportIP,
		system: system{
			hostname: os.Hostname,
			machineID: func(ctx context.Context) (string, error) {
				return machineID(ctx, os.ReadFile, net.Interfaces, host.HostIDWithContext)
			},
			platform: host.PlatformInformationWithContext,
			kernel:   host.KernelVersionWithContext,
			arch:     host.KernelArch,
			cores:    func(ctx context.Context) (int, error) { return cpu.CountsWithContext(ctx, true) },
			uptime:   host.UptimeWithContext,
		},
	}
}

func (i *identity) collect(ctx context.Context, into *report.Host) error {
	var failed []error
	if i.refreshed.IsZero() || time.Since(i.refreshed) >= identityLife {
		if err := i.refresh(ctx); err != nil {
			failed = append(failed, err)
		} else {
			i.refreshed = time.Now()
		}
	}
	uptime, err := i.system.uptime(ctx)
	if err != nil {
		failed = append(failed, fmt.Errorf("read uptime: %w", err))
	}
	into.Host = i.facts
	into.Host.UptimeSeconds = size(uptime)
	into.Agent.ID, into.Agent.Hostname = i.agent, i.facts.Hostname
	return errors.Join(failed...)
}

// refresh reads all facts again. What cannot be read keeps its old value, and is tried again in the next collection.
func (i *identity) refresh(ctx context.Context) error {
	var failed []error
	keep := func(target *string, what string, read func() (string, error)) {
		value, err := read()
		if err != nil {
			failed = append(failed, fmt.Errorf("read %s: %w", what, err))
			return
		}
		*target = value
	}
	facts := &i.facts
	if facts.Hostname = i.hostname; facts.Hostname == "" {
		keep(&facts.Hostname, "hostname", i.system.hostname)
	}
	facts.DisplayName, facts.ReportIP = facts.Hostname, i.reportIP
	if facts.MachineID == "" {
		keep(&facts.MachineID, "machine id", func() (string, error) { return i.system.machineID(ctx) })
		facts.ID = facts.MachineID
	}
	keep(&facts.KernelVersion, "kernel version", func() (string, error) { return i.system.kernel(ctx) })
	keep(&facts.Architecture, "architecture", i.system.arch)
	platform, _, version, err := i.system.platform(ctx)
	if err != nil {
		failed = append(failed, fmt.Errorf("read platform: %w", err))
	} else {
		facts.Platform, facts.OSName, facts.OSVersion = platform, platform, version
	}
	if facts.CPUCount, err = i.system.cores(ctx); err != nil {
		failed = append(failed, fmt.Errorf("count processors: %w", err))
	}
	if i.agent == "" {
		i.agent = firstNonEmpty(i.agentID, facts.MachineID, facts.Hostname)
	}
	return errors.Join(failed...)
}

func firstNonEmpty(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
