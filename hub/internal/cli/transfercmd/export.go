package transfercmd

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/client"
	"github.com/pulse-hub/pulse/hub/internal/cli/connect"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
	"github.com/pulse-hub/pulse/hub/internal/transfer"
)

func exportCommand(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "export FILE", Short: "Write the configuration of the hub to an encrypted file", Args: usage.Args,
		Long: "The file holds every secret of the hub: passwords and tokens of what it watches and of how it tells people.\n" +
			"Whoever has the file and the passphrase has them all. - writes to the standard output.",
		Example: "  pulse export pulse.bundle\n  pulse export --users --passphrase-file secret.txt /backup/pulse.bundle",
	}
	hub, secret := connect.New(options.LookupEnv, command), newPassphrase(options, command)
	users := false
	command.Flags().BoolVar(&users, "users", false, "also people who may sign in, with the hashes of their passwords")
	command.RunE = func(command *cobra.Command, args []string) error {
		words, err := secret.read(command.Context(), true)
		if err != nil {
			return err
		}
		if len(words) < transfer.MinPassphrase {
			return usage.Errorf("the passphrase must be at least %d characters long", transfer.MinPassphrase)
		}
		return hub.With(func(hub *client.Client) error {
			data, err := hub.ExportConfiguration(command.Context(), words, users)
			if err != nil {
				return err
			}
			if args[0] == "-" {
				_, err := fmt.Fprintln(options.Terminal.Out, data)
				return err
			}
			return writeFile(args[0], data)
		})
	}
	return command
}

// writeFile writes a new file that only its owner may read, and leaves none that is not whole.
func writeFile(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("create file: %w", err)
	}
	_, err = file.WriteString(text + "\n")
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(fmt.Errorf("write file: %w", err), os.Remove(path))
	}
	return nil
}
