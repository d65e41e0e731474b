package authorcmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/invoke"
	"github.com/pulse-hub/pulse/hub/internal/cli/project"
	"github.com/pulse-hub/pulse/hub/internal/cli/sample"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
	"github.com/pulse-hub/pulse/sdk/conformance"
	"github.com/pulse-hub/pulse/sdk/transport"
)

var errCallTimeout = errors.New("the call takes too long; see --timeout")

func callCommand(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "call DIR|BINARY METHOD [JSON]", Short: "Call one method of a plugin and print the answer", Args: usage.Args,
		Long: "Starts the plugin, sets it up with the configuration, calls a method of the protocol and prints each message of the answer as JSON.\n" +
			"What the plugin logs goes to standard error.",
		Example: "  pulse plugin call . Collect --config sample.json\n  pulse plugin call . Notifier/Send '{\"title\": \"Hello\", \"text\": \"It works\"}' --config sample.json",
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 1 {
				return invoke.Methods(), cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveDefault
		},
	}
	var call pluginCall
	command.Flags().StringVar(&call.config, "config", "", "JSON file with configurations that work, as for: pulse plugin test")
	command.Flags().StringVar(&call.component, "component", "", "component to set up, such as source/tcp (default: the one there is)")
	command.Flags().DurationVar(&call.timeout, "timeout", 30*time.Second, "how long the call may take")
	command.RunE = func(command *cobra.Command, args []string) error {
		call.path, call.method = args[0], args[1]
		if len(args) == 3 {
			call.request = args[2]
		}
		return call.perform(command.Context(), options)
	}
	return command
}

// pluginCall is what the arguments and flags say.
type pluginCall struct {
	path, method, request string
	config, component     string
	timeout               time.Duration
}

func (c *pluginCall) perform(ctx context.Context, options Options) error {
	method, err := invoke.Find(c.method)
	if err != nil {
		return &usage.Error{Err: err}
	}
	request, err := method.Request(c.request)
	if err != nil {
		return &usage.Error{Err: err}
	}
	plugin, cleanUp, err := prepare(ctx, c.path)
	if err != nil {
		return err
	}
	defer cleanUp()
	samples, err := sample.Load(c.config, plugin.Manifest)
	if err != nil {
		return err
	}
	key, with, err := choose(samples, c.component)
	if err != nil {
		return err
	}
	return invoke.With(ctx, invocation(options, plugin), func(client *transport.Client) error {
		if with != nil && method.NeedsInstance() {
			if err := invoke.Configure(ctx, client, key, *with); err != nil {
				return err
			}
		}
		limited, cancel := context.WithTimeoutCause(ctx, c.timeout, errCallTimeout)
		defer cancel()
		err := method.Call(limited, client.Conn, request, func(json []byte) error {
			_, err := fmt.Fprintf(options.Terminal.Out, "%s\n", json)
			return err
		})
		if err != nil && limited.Err() != nil {
			return context.Cause(limited)
		}
		return err
	})
}

// invocation says how a plugin is started to be called. What it logs goes to standard error.
func invocation(options Options, plugin *project.Runnable) invoke.Options {
	return invoke.Options{
		Manifest: plugin.Manifest, Command: plugin.Command, Dir: plugin.Folder, LookupEnv: options.LookupEnv, Version: options.Version,
		Logger: hclog.New(&hclog.LoggerOptions{Name: plugin.Manifest.ID, Output: options.Terminal.Err, Level: hclog.Debug}),
	}
}

// choose returns the component to set up, the only one if none is named, and
// its configuration; nil if there are no samples.
func choose(samples map[string]conformance.Sample, component string) (string, *conformance.Sample, error) {
	if component == "" && len(samples) > 1 {
		return "", nil, usage.Errorf("there are samples of %d components; choose one with --component", len(samples))
	}
	for key, with := range samples {
		if component == "" || component == key {
			return key, &with, nil
		}
	}
	if component != "" {
		return "", nil, usage.Errorf("there is no sample of the component %.60q", component)
	}
	return "", nil, nil
}
