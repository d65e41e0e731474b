package hubcmd

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/client"
	"github.com/pulse-hub/pulse/hub/internal/cli/terminal"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
)

// maxKeyFile is the most that is read of a public key file, in bytes.
const maxKeyFile = 4 << 10

func publisherCommand(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "publisher", Short: "Whose signatures of plugins count", Args: usage.Args,
		Long: "A plugin that is signed by a publisher you trust still has to be approved once. Its upgrades then come by\n" +
			"themselves, as long as they are signed with the same key and want nothing more.",
	}
	command.AddCommand(listPublishers(options), addPublisher(options), removePublisher(options))
	return command
}

func listPublishers(options Options) *cobra.Command {
	command := &cobra.Command{Use: "ls", Aliases: []string{"list"}, Short: "List the publishers", Args: usage.Args}
	hub := newConnection(options, command)
	command.RunE = func(command *cobra.Command, _ []string) error {
		return hub.with(func(hub *client.Client) error {
			publishers, err := hub.Publishers(command.Context())
			if err != nil {
				return err
			}
			var rows [][]string
			for _, one := range publishers {
				rows = append(rows, []string{one.ID, one.Name, one.AddedBy, one.Key})
			}
			return options.Terminal.Table([]string{"KEY ID", "NAME", "ADDED BY", "KEY"}, rows)
		})
	}
	return command
}

func addPublisher(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "add NAME KEY-FILE", Short: "Trust a publisher", Args: usage.Args,
		Example: "  pulse plugin publisher add Acme acme.key.pub",
	}
	hub := newConnection(options, command)
	command.RunE = func(command *cobra.Command, args []string) error {
		key, err := readKey(args[1])
		if err != nil {
			return err
		}
		return hub.with(func(hub *client.Client) error {
			added, err := hub.AddPublisher(command.Context(), args[0], key)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(options.Terminal.Out, "%s is trusted with the key %s.\n", terminal.Clean(added.Name), added.ID)
			return err
		})
	}
	return command
}

func readKey(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("open public key: %w", err)
	}
	defer file.Close()
	key, err := io.ReadAll(io.LimitReader(file, maxKeyFile))
	if err != nil {
		return "", fmt.Errorf("read public key: %w", err)
	}
	return string(key), nil
}

func removePublisher(options Options) *cobra.Command {
	command := &cobra.Command{Use: "rm KEY-ID", Aliases: []string{"remove"}, Short: "Trust a publisher no longer", Args: usage.Args}
	hub := newConnection(options, command)
	command.RunE = func(command *cobra.Command, args []string) error {
		return hub.with(func(hub *client.Client) error {
			if err := hub.RemovePublisher(command.Context(), args[0]); err != nil {
				return err
			}
			_, err := fmt.Fprintf(options.Terminal.Out, "%s is trusted no longer.\n", args[0])
			return err
		})
	}
	return command
}
