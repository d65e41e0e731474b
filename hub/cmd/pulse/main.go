// Command pulse runs the hub, and holds the commands for its plugins.
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

	"github.com/pulse-hub/pulse"
	"github.com/pulse-hub/pulse/hub/internal/app"
	"github.com/pulse-hub/pulse/hub/internal/cli"
	"github.com/pulse-hub/pulse/hub/internal/cli/terminal"
	"github.com/pulse-hub/pulse/hub/internal/config"
)

// Set at build time by -ldflags "-X main.version=… -X main.pluginsSHA256=… -X main.licensePublicKey=…".
var (
	version       = "dev"
	pluginsSHA256 = ""
	// licensePublicKey is an Ed25519 key in base64.
	licensePublicKey = ""
)

// Exit codes.
const (
	exitFailed = 1 // the hub could not run, or a part of it failed
	exitUsage  = 2 // arguments or configuration make no sense
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second signal ends the process at once, for whoever cannot wait.
	context.AfterFunc(ctx, stop)
	if args := os.Args[1:]; cli.IsCommand(args) {
		return runCommand(ctx, args)
	}
	return runHub(ctx)
}

// runCommand runs what the arguments name instead of the hub.
func runCommand(ctx context.Context, args []string) int {
	program, err := os.Executable()
	if err != nil {
		program = os.Args[0] // then it has to be found in PATH
	}
	return cli.Run(ctx, cli.Environment{
		Terminal:  terminal.New(os.Stdin, os.Stdout, os.Stderr),
		LookupEnv: os.LookupEnv, Environ: os.Environ(),
		Version: version, Program: program, Source: pulse.Source(),
		HubHelp: func(out io.Writer) {
			_, _ = config.Load(config.Source{Args: []string{"--help"}, Output: out}) // always ErrHelp
		},
	}, args)
}

func runHub(ctx context.Context) int {
	settings, err := config.Load(config.Source{Args: os.Args[1:], Environ: os.Environ(), Output: os.Stdout})
	if errors.Is(err, config.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "pulse:", err)
		return exitUsage
	}
	tuneMemory(os.Getenv("GOGC") != "")
	logger := hclog.New(&hclog.LoggerOptions{Name: "pulse", Level: settings.LogLevel, JSONFormat: settings.LogJSON, Output: os.Stderr})
	if err := app.New(settings, app.Build{Version: version, PluginsSHA256: pluginsSHA256, LicensePublicKey: licensePublicKey}, logger).Run(ctx); err != nil {
		logger.Error("hub failed", "error", err)
		return exitFailed
	}
	return 0
}

// tuneMemory collects garbage somewhat earlier than Go does by itself: what the
// hub keeps is small next to what passes through it, and a hub of a few
// machines shares its own with others. An operator's GOGC wins.
func tuneMemory(chosen bool) {
	if !chosen {
		debug.SetGCPercent(60)
	}
}
