// Package hubcmd is the commands that look at and change the plugins of a hub
// that is running.
package hubcmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/client"
	"github.com/pulse-hub/pulse/hub/internal/cli/terminal"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
	"github.com/pulse-hub/pulse/hub/internal/config"
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
type connection struct {
	options             Options
	dataDir, url, token string
}

// newConnection adds the flags of a connection to a command.
func newConnection(options Options, command *cobra.Command) *connection {
	c := &connection{options: options}
	flags := command.PersistentFlags()
	flags.StringVar(&c.dataDir, "data-dir", "", "data folder of the hub (PULSE_DATA_DIR; default /etc/pulse or ./data)")
	flags.StringVar(&c.url, "url", "", "address of a hub elsewhere (PULSE_URL)")
	flags.StringVar(&c.token, "token", "", "API token for --url; better given as PULSE_TOKEN")
	return c
}

func (c *connection) setting(flag, variable string) string {
	if flag != "" {
		return flag
	}
	value, _ := c.options.LookupEnv(variable)
	return value
}

// open returns a client of the hub; the caller closes it.
func (c *connection) open() (*client.Client, error) {
	address := c.setting(c.url, "PULSE_URL")
	if c.dataDir != "" && c.url == "" {
		address = "" // who names a folder means that hub
	}
	if address != "" {
		remote, err := client.Remote(address, c.setting(c.token, "PULSE_TOKEN"))
		if err != nil {
			return nil, &usage.Error{Err: err}
		}
		return remote, nil
	}
	socket, err := c.socket()
	if err != nil {
		return nil, err
	}
	return client.Local(socket), nil
}

// socket returns where the socket of the hub on this machine is.
func (c *connection) socket() (string, error) {
	if c.dataDir != "" {
		return config.AdminSocket(c.dataDir), nil
	}
	if named, ok := c.options.LookupEnv("PULSE_ADMIN_SOCKET"); ok && named != "" && named != "off" {
		return named, nil
	}
	if folder, ok := c.options.LookupEnv("PULSE_DATA_DIR"); ok && folder != "" {
		return config.AdminSocket(folder), nil
	}
	folders := []string{"/etc/pulse", "data"}
	for _, folder := range folders {
		socket := config.AdminSocket(folder)
		if _, err := os.Stat(socket); !errors.Is(err, fs.ErrNotExist) {
			return socket, nil // one that may not be looked at is there
		}
	}
	return "", fmt.Errorf("%w for the folders %s; name the hub's folder with --data-dir, or its address with --url",
		client.ErrNoHub, strings.Join(folders, " or "))
}

// with runs a function with a client of the hub.
func (c *connection) with(do func(*client.Client) error) error {
	hub, err := c.open()
	if err != nil {
		return err
	}
	defer hub.Close()
	return do(hub)
}

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
