package hubcmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/client"
	"github.com/pulse-hub/pulse/hub/internal/cli/terminal"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
)

func actCommand(options Options, action client.Action, short string) *cobra.Command {
	command := &cobra.Command{Use: string(action) + " ID", Short: short, Args: usage.Args}
	hub := newConnection(options, command)
	command.ValidArgsFunction = hub.completePlugins
	command.RunE = func(command *cobra.Command, args []string) error {
		return hub.with(func(hub *client.Client) error {
			plugin, err := hub.Act(command.Context(), args[0], action)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(options.Terminal.Out, "%s %s is %s.\n", plugin.ID, terminal.Clean(plugin.Version), terminal.Clean(plugin.State))
			return err
		})
	}
	return command
}

func removeCommand(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "rm ID", Aliases: []string{"remove"}, Short: "Remove a plugin", Args: usage.Args,
		Long: "Removes a plugin. Its instances have to be removed before.",
	}
	hub := newConnection(options, command)
	command.ValidArgsFunction = hub.completePlugins
	data := command.Flags().String("data", "keep", "what becomes of what it has stored: keep or delete")
	yes := command.Flags().BoolP("yes", "y", false, "do not ask")
	command.RunE = func(command *cobra.Command, args []string) error {
		if *data != "keep" && *data != "delete" {
			return usage.Errorf("--data must be keep or delete")
		}
		question := fmt.Sprintf("Remove %s and %s its data?", args[0], *data)
		if err := agree(command.Context(), options.Terminal, question, *yes); err != nil {
			return err
		}
		return hub.with(func(hub *client.Client) error {
			if err := hub.Remove(command.Context(), args[0], *data == "delete"); err != nil {
				return err
			}
			_, err := fmt.Fprintf(options.Terminal.Out, "%s is removed.\n", args[0])
			return err
		})
	}
	return command
}

var errKept = errors.New("nothing was removed")

// agree asks before something is removed, unless it was agreed to beforehand.
func agree(ctx context.Context, out *terminal.Terminal, question string, already bool) error {
	if already {
		return nil
	}
	agreed, err := out.Confirm(ctx, question)
	switch {
	case errors.Is(err, terminal.ErrNobody):
		return usage.Errorf("%w; with --yes nobody is asked", err)
	case err != nil:
		return err
	case !agreed:
		return errKept
	}
	return nil
}

func logsCommand(options Options) *cobra.Command {
	command := &cobra.Command{Use: "logs ID", Short: "Show what a plugin has written", Args: usage.Args}
	hub := newConnection(options, command)
	command.ValidArgsFunction = hub.completePlugins
	var query client.LogQuery
	follow := command.Flags().BoolP("follow", "f", false, "go on showing what comes, until Ctrl-C")
	command.Flags().IntVarP(&query.Lines, "lines", "n", 200, "how many of the last lines")
	command.Flags().StringVar(&query.Level, "level", "", "the least they have: debug, info, warn or error")
	command.RunE = func(command *cobra.Command, args []string) error {
		show := func(line client.LogLine) error {
			_, err := fmt.Fprintf(options.Terminal.Out, "%s %-5s %s\n",
				line.Time.Local().Format(time.DateTime), terminal.Clean(line.Level), terminal.Clean(line.Message))
			return err
		}
		return hub.with(func(hub *client.Client) error {
			if *follow {
				return hub.FollowLogs(command.Context(), args[0], query, show)
			}
			lines, err := hub.Logs(command.Context(), args[0], query)
			for _, line := range lines {
				if err := show(line); err != nil {
					return err
				}
			}
			return err
		})
	}
	return command
}

func logLevelCommand(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "log-level ID LEVEL", Short: "Say from which level on a plugin's lines are kept", Args: usage.Args,
	}
	hub := newConnection(options, command)
	command.ValidArgsFunction = hub.completePlugins
	command.RunE = func(command *cobra.Command, args []string) error {
		return hub.with(func(hub *client.Client) error { return hub.SetLogLevel(command.Context(), args[0], args[1]) })
	}
	return command
}

func lockCommand(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "lock", Short: "Write which plugins the hub runs, for another one to run the same", Args: usage.Args,
		Example: "  pulse plugin lock > plugins.lock.json",
	}
	hub := newConnection(options, command)
	command.RunE = func(command *cobra.Command, _ []string) error {
		return hub.with(func(hub *client.Client) error {
			text, err := hub.Lock(command.Context())
			if err != nil {
				return err
			}
			_, err = options.Terminal.Out.Write(text)
			return err
		})
	}
	return command
}
