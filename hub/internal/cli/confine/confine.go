// Package confine puts plugins under test into the sandbox of a hub.
package confine

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/pulse-hub/pulse/hub/internal/plugin/catalog"
	"github.com/pulse-hub/pulse/hub/internal/plugin/sandbox"
	"github.com/pulse-hub/pulse/sdk/conformance"
	"github.com/pulse-hub/pulse/sdk/launcher"
)

// With returns what confines a native plugin with the sandbox launcher that
// lies beside the hub's program, nil if there is none. What an interpreter
// needs to run is for the operator of a hub to know: plugins in need of one
// cannot be confined here.
func With(program string) conformance.Confine {
	bundle, err := catalog.FindBundle("", program, "")
	if err != nil {
		return nil // without the bundled plugins there is no launcher either
	}
	return func(start conformance.ConfinedStart) (conformance.Confinement, error) {
		return confine(start, bundle.Binary)
	}
}

// confinement is one confined start.
type confinement struct {
	start               *sandbox.Start
	program, executable *os.File
}

func confine(start conformance.ConfinedStart, launcherPath string) (conformance.Confinement, error) {
	command, host := start.Command, sandbox.Probe()
	if !host.Launcher {
		return nil, launcher.ErrUnavailable
	}
	c := &confinement{}
	var err error
	if c.program, err = os.Open(launcherPath); err != nil {
		return nil, fmt.Errorf("open sandbox launcher: %w", err)
	}
	if c.executable, err = os.Open(command.Path); err != nil {
		return nil, errors.Join(fmt.Errorf("open program: %w", err), c.Close())
	}
	needs, err := sandbox.RuntimeOf(c.executable)
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	needs.Read = append(needs.Read, start.Folder)
	plan, err := sandbox.Plan(sandbox.Options{
		Level: launcher.Confined, Needs: start.Manifest.Needs, Granted: start.Manifest.Needs, Limits: start.Manifest.Limits,
		Instances: start.Configs, Args: command.Args, Env: command.Env, Runtime: needs,
		DataDir: start.DataDir, SocketDir: start.DataDir,
	}, host)
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	if c.start, err = sandbox.NewStart(&plan.Spec, c.program, c.executable); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	c.start.Configure(command)
	return c, nil
}

// Effective waits until the process has become the plugin.
func (c *confinement) Effective(ctx context.Context) (launcher.Report, error) {
	return c.start.Effective(ctx)
}

// Close releases what the start holds. It may be called twice.
func (c *confinement) Close() error {
	var err error
	if c.start != nil {
		err = c.start.Close()
	}
	for _, file := range []*os.File{c.program, c.executable} {
		if file != nil {
			_ = file.Close() // only read from
		}
	}
	return err
}
