package supervise

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// start starts a process and introduces the hub to it. It takes one of the slots for that time.
func (s *supervisor) start(ctx context.Context) (Process, error) {
	s.enter(StateStarting, "")
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { <-s.slots }()

	starting, cancel := context.WithTimeoutCause(ctx, s.startTime(), errStartTimeout)
	defer cancel()
	instances := s.assigned()
	process, err := s.launcher.Launch(starting, s.launchOf(instances))
	if err != nil {
		return nil, err
	}
	if err := s.introduce(starting, process); err != nil {
		return nil, errors.Join(err, s.stop(process))
	}
	s.mu.Lock()
	s.process, s.launched = process, instances
	s.enterLocked(StateConfiguring, "")
	s.mu.Unlock()
	s.logger.Info("plugin started", "version", s.plugin.Manifest.Version, "pid", process.Pid())
	return process, nil
}

// startTime returns how long a start may take.
func (s *supervisor) startTime() time.Duration {
	exec := s.plugin.Manifest.Exec
	for _, platform := range []string{runtime.GOOS + "-" + runtime.GOARCH, "any"} {
		if exec[platform].Interpreter != "" {
			return s.timing.StartInterpreted
		}
	}
	return s.timing.Start
}

// assigned counts a start and returns the instances that the process will serve.
func (s *supervisor) assigned() []*instance.Instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.starts++
	var instances []*instance.Instance
	for _, m := range s.instances {
		instances = append(instances, m.desired)
	}
	return instances
}

func (s *supervisor) launchOf(instances []*instance.Instance) Launch {
	launch := Launch{
		Plugin: s.plugin, Name: s.name(), DataDir: s.dataDir(), Journal: s.journal, Calls: s.calls,
	}
	for _, one := range instances {
		launch.Instances = append(launch.Instances, *one)
	}
	if s.services != nil {
		launch.Host = s.services(s.plugin.ID())
	}
	return launch
}

// introduce makes the first calls: what the hub is, and whether the plugin is the expected one.
func (s *supervisor) introduce(ctx context.Context, process Process) error {
	plugin := process.Clients().Plugin
	_, err := plugin.Init(ctx, &pluginv1.InitRequest{
		HubVersion: s.hubVersion, HostServiceId: process.HostService(), DataDir: s.dataDir(),
		Granted: capabilities(s.plugin.Manifest.Needs, s.plugin.Granted), LogLevel: s.logLevel().String(),
	})
	if err != nil {
		return fmt.Errorf("introduce hub: %w", because(ctx, err))
	}
	described, err := plugin.Describe(ctx, &pluginv1.DescribeRequest{})
	if err != nil {
		return fmt.Errorf("ask who it is: %w", because(ctx, err))
	}
	if described.GetId() != s.plugin.ID() {
		return fmt.Errorf("%w: %q instead of %q", ErrWrongPlugin, described.GetId(), s.plugin.ID())
	}
	return nil
}

// logLevel is the level that the plugin is told: its own, or else the hub's.
func (s *supervisor) logLevel() hclog.Level {
	if level := hclog.Level(s.tenant.level.Load()); level != hclog.NoLevel {
		return level
	}
	return s.logger.GetLevel()
}

// capabilities names what a plugin both needs and is allowed, in the words of InitRequest.granted.
func capabilities(needs, granted manifest.Needs) []string {
	var names []string
	add := func(prefix string, needs, granted []string) {
		for _, need := range needs {
			if slices.Contains(granted, need) {
				names = append(names, prefix+need)
			}
		}
	}
	add("", needs.Host, granted.Host)
	add("net:", needs.Network, granted.Network)
	add("read:", needs.Read, granted.Read)
	if needs.Exec && granted.Exec {
		names = append(names, "exec")
	}
	return names
}

// because replaces the error of a call by the cause for which its context ended, if it did.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}
