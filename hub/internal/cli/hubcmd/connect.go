// Package hubcmd is the commands that look at and change the plugins of a hub
// that is running.
package hubcmd

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/client"
	"github.com/pulse-hub/pulse/hub/internal/cli/connect"
	"github.com/pulse-hub/pulse/hub/internal/cli/terminal"
)

// completionLimit is how long the shell waits for the names of plugins.
const completionLimit = 2 * time.Second

// Options are what the commands need.
type Options struct {
	Terminal  *terminal.Terminal
	LookupEnv func(string) (string, bool)
}

// Commands returns the commands.
func Commands(options Options) []*cobra.Command {
	return []*cobra.Command{
		listCommand(options), infoCommand(options), installCommand(options), approveCommand(options),
		actCommand(options, client.Enable, "Let a plugin run"),
		actCommand(options, client.Disable, "Stop a plugin and keep it stopped"),
		actCommand(options, client.Restart, "Stop a plugin and start it again"),
		actCommand(options, client.Rollback, "Return to the version before"),
		removeCommand(options), logsCommand(options), logLevelCommand(options), lockCommand(options), publisherCommand(options),
		instanceCommand(options),
	}
}

// connection is where a command finds the hub.
type connection struct{ *connect.Connection }

// newConnection adds the flags of a connection to a command.
func newConnection(options Options, command *cobra.Command) *connection {
	return &connection{connect.New(options.LookupEnv, command)}
}

// with runs a function with a client of the hub.
func (c *connection) with(do func(*client.Client) error) error { return c.With(do) }

// completePlugins offers the ids of the hub's plugins to the shell.
func (c *connection) completePlugins(command *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	return c.complete(command, args, func(ctx context.Context, hub *client.Client) ([]string, error) {
		list, err := hub.Plugins(ctx)
		var ids []string
		for _, plugin := range list.Plugins {
			ids = append(ids, plugin.ID+"\t"+terminal.Clean(plugin.Name))
		}
		return ids, err
	})
}

// completeInstances offers the ids of the hub's instances to the shell.
func (c *connection) completeInstances(command *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	return c.complete(command, args, func(ctx context.Context, hub *client.Client) ([]string, error) {
		list, err := hub.Instances(ctx, "", "")
		var ids []string
		for _, one := range list {
			ids = append(ids, one.ID+"\t"+terminal.Clean(one.Name))
		}
		return ids, err
	})
}

func (c *connection) complete(
	command *cobra.Command, args []string, ask func(context.Context, *client.Client) ([]string, error),
) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(command.Context(), completionLimit)
	defer cancel()
	var ids []string
	err := c.with(func(hub *client.Client) (err error) {
		ids, err = ask(ctx, hub)
		return err
	})
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}
