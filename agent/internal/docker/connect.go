package docker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/docker/engine"
	"github.com/pulse-hub/pulse/agent/internal/docker/usage"
	"github.com/pulse-hub/pulse/agent/internal/module"
)

// errNoSocket means that nothing that looks like an engine exists here.
var errNoSocket = errors.New("no socket of Docker or Podman found")

// infoLife is how long what the engine says about itself is believed.
const infoLife = time.Minute

// facts are what the engine said about itself. They belong to Collect.
type facts struct {
	info engine.Info
	at   time.Time
}

func (o Options) withDefaults() Options {
	if o.System.Getenv == nil {
		o.System.Getenv = os.Getenv
	}
	if o.System.Glob == nil {
		o.System.Glob = filepath.Glob
	}
	if o.Kernel == (usage.Kernel{}) {
		o.Kernel = usage.Kernel{Proc: "/proc", Groups: "/sys/fs/cgroup"}
	}
	if o.LoginFile == "" {
		folder := o.System.Getenv("DOCKER_CONFIG")
		if folder == "" {
			folder = filepath.Join(o.System.Getenv("HOME"), ".docker")
		}
		o.LoginFile = filepath.Join(folder, "config.json")
	}
	return o
}

// connect returns the engine in use, or else looks for one. The error wraps module.ErrUnavailable.
func (m *Module) connect(ctx context.Context) (*engine.Client, error) {
	if client := m.client.Load(); client != nil {
		return client, nil
	}
	var cause error
	for _, endpoint := range engine.Endpoints(m.options.Runtime, m.options.System) {
		client, err := engine.Dial(ctx, endpoint)
		if err == nil && m.options.Runtime != "auto" && m.options.Runtime != "" && string(client.Runtime()) != m.options.Runtime {
			client.Close()
			err = fmt.Errorf("is %s", client.Runtime())
		}
		if err == nil {
			m.logger.Info("engine found", "endpoint", endpoint.String(), "runtime", string(client.Runtime()))
			m.facts = facts{}
			m.client.Store(client)
			m.changes.connected()
			return client, nil
		}
		if cause == nil {
			cause = fmt.Errorf("%s: %w", endpoint, err)
		}
	}
	return nil, fmt.Errorf("%w: %w", module.ErrUnavailable, cmp.Or(cause, errNoSocket))
}

// lose forgets an engine that has gone.
func (m *Module) lose(client *engine.Client) {
	if m.client.CompareAndSwap(client, nil) {
		client.Close()
		m.cache.clear()
	}
}

// checks says how the parts went, for people.
func (c *collection) checks(err error) []module.Check {
	overall := module.Check{Name: "engine", State: module.OK, Duration: time.Since(c.began)}
	switch {
	case errors.Is(err, fs.ErrPermission):
		overall.State, overall.Reason = module.Denied, err.Error()
		overall.Remedy = "run the agent as root, or add its user to the group of the socket (docker)"
	case errors.Is(err, module.ErrUnavailable):
		overall.State, overall.Reason = module.Unavailable, err.Error()
	case err != nil:
		overall.State, overall.Reason = module.Failed, err.Error()
	}
	checks := []module.Check{overall}
	for _, part := range c.degraded {
		checks = append(checks, module.Check{Name: part.Part, State: module.Failed, Reason: part.Reason})
	}
	return checks
}
