package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/host"

	"github.com/pulse-hub/pulse/agent/report"
)

// identityLife is how long facts about the system are kept: they change with an upgrade or a rename, not more often,
// and reading them may run a program.
const identityLife = time.Hour

// identity reads what the machine is: names and versions. The agent's id stays for the life of the process.
type identity struct {
	options Options

	system    system
	facts     report.HostInfo
	agent     string // the agent's id, fixed at the first collection
	refreshed time.Time
}

// system is where identity reads from.
type system struct {
	hostname func() (string, error)
	platform func(ctx context.Context) (platform, family, version string, err error)
	kernel   func(ctx context.Context) (string, error)
	arch     func() (string, error)
	cores    func(ctx context.Context) (int, error)
	uptime   func(ctx context.Context) (uint64, error)
}

func newIdentity(options Options) *identity {
	return &identity{
		options: options,
		system: system{
			hostname: os.Hostname,
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
	if facts.Hostname = i.options.Hostname; facts.Hostname == "" {
		keep(&facts.Hostname, "hostname", i.system.hostname)
	}
	facts.DisplayName, facts.ReportIP = facts.Hostname, i.options.ReportIP
	facts.ID, facts.MachineID = i.options.HostID, i.options.MachineID
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
		i.agent = firstNonEmpty(i.options.AgentID, facts.ID, facts.Hostname)
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
