// Command pulse-agent reports the machine it runs on to a Pulse hub.
//
// "pulse-agent doctor" prints what it can and cannot see instead, and why. "pulse-agent update" brings the program up to
// date once, and "pulse-agent register" makes Proxmox known to the hub.
//
// Exit codes: 0 after a signal to end, --version, --help and --self-test; 1 for a configuration that cannot be used, such
// as a missing token, for a failure while running, and when the doctor finds something that ought to work and does not.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/app"
	"github.com/pulse-hub/pulse/agent/internal/config"
)

// version is set when releases are linked, with -ldflags "-X main.version=…".
var version = "dev"

const (
	// gcPercent trades a little processor time for memory: a cycle allocates about 0.1 MB, so the heap is collected every
	// few minutes either way, and starts over at 2 MB instead of 4.
	gcPercent = 50
	// memoryLimit is a soft ceiling in bytes, several times what the agent needs. Should something make it grow, the
	// collector works harder before the machine that is watched has to suffer.
	memoryLimit = 64 << 20
)

func main() {
	tuneMemory()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	source := config.Source{Args: os.Args[1:], LookupEnv: os.LookupEnv, Usage: os.Stdout}
	os.Exit(serve(ctx, func(ctx context.Context) int { return run(ctx, source, os.Stdout, os.Stderr) }))
}

// tuneMemory sets the collector's knobs, unless the administrator did so in the environment.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}

// run is the program without its process: it returns the exit code.
func run(ctx context.Context, source config.Source, stdout, stderr io.Writer) int {
	cfg, err := config.Load(source)
	switch {
	case errors.Is(err, config.ErrHelp):
		return 0
	case err != nil:
		_, _ = fmt.Fprintln(stderr, "pulse-agent:", err) // nowhere else to complain
		return 1
	case cfg.ShowVersion:
		_, _ = fmt.Fprintln(stdout, version)
		return 0
	}
	logger := hclog.New(&hclog.LoggerOptions{Name: "pulse-agent", Level: cfg.LogLevel, Output: stderr})
	if cfg.SelfTest {
		logger.Info("self-test passed", "version", version)
		return 0
	}
	agent := app.New(cfg, version, logger)
	if cfg.Doctor {
		return examine(ctx, agent, stdout, stderr)
	}
	if err := work(ctx, agent, cfg, source.Args); err != nil {
		logger.Error("agent stops", "error", err)
		return 1
	}
	return 0
}

// work runs the agent, or the one thing that is asked for instead.
func work(ctx context.Context, agent *app.App, cfg config.Config, args []string) error {
	program, err := app.OwnProgram(args)
	if err != nil {
		return err
	}
	switch {
	case cfg.Register:
		return agent.Register(ctx)
	case cfg.Update:
		return agent.Update(ctx, program)
	}
	err = agent.RunProgram(ctx, program)
	if errors.Is(err, app.ErrReplaced) {
		return runInstead(program)
	}
	return err
}

// examine prints the doctor's findings and returns the exit code.
func examine(ctx context.Context, agent *app.App, stdout, stderr io.Writer) int {
	healthy, err := agent.Doctor(ctx, stdout)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "pulse-agent:", err) // nowhere else to complain
	}
	if err != nil || !healthy {
		return 1
	}
	return 0
}
