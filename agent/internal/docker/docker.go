// Package docker is the agent's module for Docker and Podman: it reports one engine's containers and Swarm, and carries
// out what the hub asks for.
//
// A collection costs the engine one list. A container is looked at closely only when an event said that something
// happened to it, and what it uses is read from the kernel where that is possible. Image updates (package updates) and
// commands (package command) have their own pace in the background. The engine is a thing outside of our hands: each call
// has a deadline, and what it does not answer is named in the report, or is the reason why there is none.
package docker

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/docker/command"
	"github.com/pulse-hub/pulse/agent/internal/docker/engine"
	"github.com/pulse-hub/pulse/agent/internal/docker/registry"
	"github.com/pulse-hub/pulse/agent/internal/docker/updates"
	"github.com/pulse-hub/pulse/agent/internal/docker/usage"
	"github.com/pulse-hub/pulse/agent/internal/module"
	"github.com/pulse-hub/pulse/agent/report"
)

// collectTimeout bounds a whole collection.
const collectTimeout = 10 * time.Second

// errCollect is the cause when that time is over.
var errCollect = errors.New("collection took too long")

// errNoChecks is the answer to an order to check for updates where that was turned off.
var errNoChecks = errors.New("update checks are turned off on this machine")

// Options configures a [Module].
type Options struct {
	// Runtime is auto, docker or podman.
	Runtime string
	// Version and Interval are the agent's, for the report.
	Version  string
	Interval time.Duration
	// Host returns the latest report about the machine, with the ids of the agent. It may wait for the first one and must
	// bound that time. The report is not changed. Required.
	Host func(ctx context.Context) (*report.Host, error)
	// Hub is the first target, to which commands are acknowledged.
	Hub command.Hub
	// StateDir is where commands are remembered; empty keeps them in memory.
	StateDir string
	// DisableUpdateChecks keeps the module from asking registries, except within an update the hub orders.
	DisableUpdateChecks bool
	// Logger is required.
	Logger hclog.Logger

	// System is where engines are looked for, Kernel where their containers' usage is, LoginFile the configuration of
	// Docker's client with logins of registries, and RegistryTransport the way to registries. [New] has the usual ones in
	// place of what is empty.
	System            engine.System
	Kernel            usage.Kernel
	LoginFile         string
	RegistryTransport http.RoundTripper
}

// Module is the module. Its methods may be called as package module says.
type Module struct {
	options  Options
	logger   hclog.Logger
	changes  *changes
	cache    *cache
	checker  *updates.Checker
	commands *command.Runner
	nudge    chan struct{}

	client atomic.Pointer[engine.Client] // nil while there is none
	facts  facts

	mu       sync.Mutex
	checks   []module.Check
	problems map[string]string // parts that did not work, by name
}

// New builds the module and touches nothing of the system.
func New(options Options) *Module {
	options = options.withDefaults()
	m := &Module{
		options: options, logger: options.Logger, changes: newChanges(), nudge: make(chan struct{}, 1),
		problems: map[string]string{},
	}
	m.cache = newCache(options.Kernel)
	logins := registry.Logins(options.LoginFile)
	m.checker = updates.New(updates.Options{
		Images:   m.images,
		Registry: registry.New(registry.Options{Login: logins, Transport: options.RegistryTransport}),
		Finished: m.soon,
	})
	m.commands = command.New(command.Options{
		Engine:   m.client.Load,
		Hub:      options.Hub,
		StateDir: options.StateDir,
		Login:    logins,
		Check:    m.checkAgain,
		Changed:  m.soon,
		Logger:   options.Logger.Named("command"),
	})
	return m
}

// Info tells how the reports are delivered.
func (m *Module) Info() module.Info {
	return module.Info{
		Name: "docker", Path: report.DockerPath, MaxBytes: report.MaxDockerBytes,
		UserAgent: "pulse-docker-agent/" + m.options.Version,
	}
}

// Nudge returns the channel by which the module asks for a collection.
func (m *Module) Nudge() <-chan struct{} { return m.nudge }

// soon asks for a collection.
func (m *Module) soon() {
	select {
	case m.nudge <- struct{}{}:
	default: // already asked
	}
}

// checkAgain makes all images be compared with their registries anew. A report follows when that is done.
func (m *Module) checkAgain() error {
	if m.options.DisableUpdateChecks {
		return errNoChecks
	}
	m.checker.Again()
	return nil
}

// images returns the engine for the checker.
func (m *Module) images() updates.Images {
	if client := m.client.Load(); client != nil {
		return client
	}
	return nil // and not an interface around a nil pointer
}

// Run follows events, checks images and carries out commands until the context ends, and returns nil then.
func (m *Module) Run(ctx context.Context) error {
	parts := []func(context.Context) error{m.follow, m.commands.Run}
	if !m.options.DisableUpdateChecks {
		parts = append(parts, m.checker.Run)
	}
	failed := make([]error, len(parts))
	var wait sync.WaitGroup
	for i, part := range parts {
		wait.Go(func() { failed[i] = part(ctx) })
	}
	wait.Wait()
	return errors.Join(failed...)
}

// Collect makes a report. It takes at most about ten seconds. Without an engine the error wraps module.ErrUnavailable;
// after the hub's order to stop, module.ErrEnded. An engine that is there and does not answer makes a report without
// containers that says so.
func (m *Module) Collect(ctx context.Context) (report.Report, error) {
	if m.commands.Stopped() {
		return nil, fmt.Errorf("stopped by the hub: %w", module.ErrEnded)
	}
	limited, cancel := context.WithTimeoutCause(ctx, collectTimeout, errCollect)
	defer cancel()
	run := &collection{module: m, began: time.Now()}
	result, err := run.do(limited)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx) // the agent ends, which is nobody's failure
	}
	m.conclude(run, err)
	if err != nil {
		return nil, err
	}
	return result, nil
}

// Probe collects once and tells how that went.
func (m *Module) Probe(ctx context.Context) []module.Check {
	_, err := m.Collect(ctx)
	if err != nil && len(m.Checks()) == 0 {
		return []module.Check{{Name: "engine", State: module.Failed, Reason: err.Error()}}
	}
	return m.Checks()
}

// Checks tells how the parts of the last collection went.
func (m *Module) Checks() []module.Check {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.checks
}

// conclude publishes how the parts went and logs what changed.
func (m *Module) conclude(run *collection, err error) {
	problems := map[string]string{}
	for _, part := range run.degraded {
		problems[part.Part] = part.Reason
	}
	if err == nil {
		m.logChanges(problems)
	}
	checks := run.checks(err)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.checks = checks
}

// logChanges logs which parts began or stopped failing. It is called by Collect only.
func (m *Module) logChanges(problems map[string]string) {
	for part, reason := range problems {
		if _, before := m.problems[part]; !before {
			m.logger.Warn("part of the collection fails", "collector", part, "error", reason)
		}
	}
	for part := range m.problems {
		if _, still := problems[part]; !still {
			m.logger.Info("part of the collection works again", "collector", part)
		}
	}
	m.problems = problems
}
