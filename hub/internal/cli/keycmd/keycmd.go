// Package keycmd is the commands that look at the key a hub seals its secrets with, and replace it.
package keycmd

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/client"
	"github.com/pulse-hub/pulse/hub/internal/cli/connect"
	"github.com/pulse-hub/pulse/hub/internal/cli/terminal"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
)

// Options are what the commands need.
type Options struct {
	Terminal  *terminal.Terminal
	LookupEnv func(string) (string, bool)
}

// Command returns the command with those beneath it.
func Command(options Options) *cobra.Command {
	command := usage.Group(&cobra.Command{Use: "key", Short: "See and replace the key that secrets are sealed with"})
	command.AddCommand(infoCommand(options), rotateCommand(options))
	return command
}

func infoCommand(options Options) *cobra.Command {
	command := &cobra.Command{Use: "info", Short: "Say which key the hub uses, and nothing of the key itself", Args: usage.Args}
	hub := connect.New(options.LookupEnv, command)
	command.RunE = func(command *cobra.Command, _ []string) error {
		return hub.With(func(hub *client.Client) error {
			key, err := hub.SealingKey(command.Context())
			if err != nil {
				return err
			}
			return options.show(key)
		})
	}
	return command
}

func (o Options) show(key client.SealingKey) error {
	since, former := "unknown", "no"
	if key.Since != nil {
		since = key.Since.Local().Format(time.DateTime)
	}
	if key.FormerKept {
		former = "yes, until the hub starts the next time"
	}
	return o.Terminal.Table([]string{"KEY", key.ID}, [][]string{
		{"from a", key.Source}, {"since", since},
		{"sealed records", fmt.Sprint(key.Sealed)}, {"of other keys", fmt.Sprint(key.Others)},
		{"former key kept", former},
	})
}
