// Command pulse runs the hub.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/app"
	"github.com/pulse-hub/pulse/hub/internal/config"
)

// Set at build time by -ldflags "-X main.version=… -X main.pluginsSHA256=…".
var (
	version       = "dev"
	pluginsSHA256 = ""
)

// Exit codes.
const (
	exitFailed = 1 // the hub could not run, or a part of it failed
	exitUsage  = 2 // arguments or configuration make no sense
)

func main() { os.Exit(run()) }

func run() int {
	if len(os.Args) == 2 && (os.Args[1] == "version" || os.Args[1] == "--version") {
		fmt.Println("pulse " + version)
		return 0
	}
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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second signal ends the process at once, for whoever cannot wait.
	context.AfterFunc(ctx, stop)
	if err := app.New(settings, app.Build{Version: version, PluginsSHA256: pluginsSHA256}, logger).Run(ctx); err != nil {
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
