// Package invoke starts a plugin as a hub does and calls one method of its
// protocol by name, for authors to see what it answers.
package invoke

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/plugin/journal"
	"github.com/pulse-hub/pulse/hub/internal/plugin/launch"
	"github.com/pulse-hub/pulse/hub/internal/plugin/runner"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/conformance"
	"github.com/pulse-hub/pulse/sdk/manifest"
	"github.com/pulse-hub/pulse/sdk/transport"
)

const (
	startLimit = 30 * time.Second // interpreters are slow
	stopLimit  = 3 * time.Second
	setupLimit = 10 * time.Second
)

var errStartTimeout = errors.New("start deadline passed")

// ErrRefused says that the plugin does not take the configuration.
var ErrRefused = errors.New("the plugin refuses the configuration")

// Instance is the id of the instance that a call is for unless it names another one.
const Instance = "cli"

// Options say what to start.
type Options struct {
	Manifest *manifest.Manifest
	// Command is the program, with an absolute path, and its arguments; Dir its working directory.
	Command []string
	Dir     string
	// LookupEnv is os.LookupEnv.
	LookupEnv func(string) (string, bool)
	// Version is what the plugin is told of the hub.
	Version string
	// Logger gets what the plugin writes.
	Logger hclog.Logger
}

// With starts the plugin, calls use, and ends the plugin.
func With(ctx context.Context, options Options, use func(*transport.Client) error) (err error) {
	folder, err := os.MkdirTemp("", "pulse-call-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer os.RemoveAll(folder)
	launcher := launch.New(launch.Options{Logger: options.Logger})
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- launcher.Run(running) }()
	defer func() {
		stop()
		err = errors.Join(err, <-ended)
	}()

	command := launch.Command{
		Command: runner.Command{
			Path: options.Command[0], Args: options.Command[1:], Dir: options.Dir,
			Env: runner.Environment(folder, options.LookupEnv),
		},
		WithoutMTLS: options.Manifest.Transport.MTLS != nil && !*options.Manifest.Transport.MTLS,
	}
	starting, cancel := context.WithTimeoutCause(ctx, startLimit, errStartTimeout)
	defer cancel()
	process, err := launcher.Launch(starting, command, journal.New(journal.Options{Logger: options.Logger}))
	if err != nil {
		return fmt.Errorf("start plugin: %w", err)
	}
	defer func() {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
		defer cancel()
		err = errors.Join(err, process.Stop(limited))
	}()
	request := &pluginv1.InitRequest{HubVersion: options.Version, DataDir: folder, LogLevel: "debug"}
	if _, err := process.Clients().Plugin.Init(starting, request); err != nil {
		return fmt.Errorf("init: %w", err)
	}
	return use(process.Clients())
}

// Configure sets up the instance that calls are for.
func Configure(ctx context.Context, plugin *transport.Client, component string, with conformance.Sample) error {
	ctx, cancel := context.WithTimeout(ctx, setupLimit)
	defer cancel()
	response, err := plugin.Plugin.Configure(ctx, &pluginv1.ConfigureRequest{
		InstanceId: Instance, Component: component, ConfigJson: string(with.Config), Secrets: with.Secrets, Revision: 1, Name: Instance,
	})
	if err != nil {
		return fmt.Errorf("configure: %w", err)
	}
	for _, fault := range response.GetErrors() {
		err = errors.Join(err, fmt.Errorf("%w: %s %s", ErrRefused, fault.GetPath(), fault.GetMessage()))
	}
	return err
}
