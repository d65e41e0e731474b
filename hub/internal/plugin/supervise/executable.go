package supervise

import (
	"context"
	"fmt"
	"os"
	"strconv"

	"github.com/pulse-hub/pulse/hub/internal/plugin/journal"
	"github.com/pulse-hub/pulse/hub/internal/plugin/launch"
	"github.com/pulse-hub/pulse/hub/internal/plugin/runner"
)

// Executables is the Launcher that runs the plugins' executables.
type Executables struct {
	Launcher *launch.Launcher
	// LookupEnv reads the hub's environment (os.LookupEnv); plugins get the few harmless variables of it.
	LookupEnv func(name string) (string, bool)
}

// Run is part of Launcher.
func (e Executables) Run(ctx context.Context) error { return e.Launcher.Run(ctx) }

// Launch is part of Launcher. It makes the plugin's data folder if there is none.
func (e Executables) Launch(ctx context.Context, plugin Plugin, log *journal.Journal) (Process, error) {
	if err := os.MkdirAll(plugin.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("create data folder: %w", err)
	}
	env := runner.Environment(plugin.DataDir, e.LookupEnv)
	if plugin.MemoryBytes > 0 {
		// Go's collector works harder in the last fifth, instead of the system ending the process.
		env = append(env, "GOMEMLIMIT="+strconv.FormatUint(plugin.MemoryBytes/5*4, 10))
	}
	process, err := e.Launcher.Launch(ctx, launch.Command{
		Command: runner.Command{
			Path: plugin.Path, Args: plugin.Args, SHA256: plugin.SHA256, Dir: plugin.DataDir,
			Env: env,
		},
		WithoutMTLS: plugin.WithoutMTLS,
	}, log)
	if err != nil {
		return nil, err
	}
	return process, nil
}
