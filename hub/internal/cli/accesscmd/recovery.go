package accesscmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/client"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
)

func recoveryCommand(options Options) *cobra.Command {
	command := usage.Group(&cobra.Command{Use: "recovery", Short: "Get back in to a hub that you are locked out of"})
	command.AddCommand(
		recoveryMode(options, "on", "Let callers on this machine in without credentials, for one hour", client.RecoveryOn),
		recoveryMode(options, "off", "Have everybody need credentials again", client.RecoveryOff),
		recoveryToken(options),
	)
	return command
}

func recoveryMode(options Options, use, short, action string) *cobra.Command {
	command := &cobra.Command{Use: use, Short: short, Args: usage.Args}
	return options.act(command, func(ctx context.Context, hub *client.Client, _ []string) error {
		done, err := hub.Recover(ctx, action, 0)
		if err != nil {
			return err
		}
		return options.say("%s", done.Message)
	})
}

func recoveryToken(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "token", Short: "Make a token that sets the hub up anew from another machine, once", Args: usage.Args,
		Long: "The token is written to the standard output, this once. It is sent in the header X-Recovery-Token.",
	}
	minutes := 0
	command.Flags().IntVar(&minutes, "minutes", 15, "how long it is valid, 1 to 60")
	return options.act(command, func(ctx context.Context, hub *client.Client, _ []string) error {
		if minutes < 1 || minutes > 60 {
			return usage.Errorf("--minutes must be 1 to 60")
		}
		done, err := hub.Recover(ctx, client.RecoveryToken, minutes)
		if err != nil {
			return err
		}
		fmt.Fprintf(options.Terminal.Err, "Valid for %d minutes, and for one use:\n", done.Minutes)
		return options.say("%s", done.Token)
	})
}

const (
	// bootstrapName is the file in the data folder that holds the token for the first set-up.
	bootstrapName = ".bootstrap_token"
	// maxBootstrap is the most that is read of it, in bytes.
	maxBootstrap = 256
)

// errNoBootstrap is returned where no first set-up is expected.
var errNoBootstrap = errors.New("no token for a first set-up: the hub is set up, has not been started yet, or has its data elsewhere (--data-dir)")

func bootstrapCommand(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "bootstrap-token", Short: "Show the token that the first set-up asks for", Args: usage.Args,
		Long: "It is read from the data folder of the hub, which need not run.",
	}
	folder := ""
	command.Flags().StringVar(&folder, "data-dir", "", "data folder of the hub (PULSE_DATA_DIR; default /etc/pulse, /data or ./data)")
	command.RunE = func(*cobra.Command, []string) error {
		token, err := options.bootstrapToken(folder)
		if err != nil {
			return err
		}
		return options.say("%s", token)
	}
	return command
}

// bootstrapToken reads the token from the folder, or from the usual ones if none is named.
func (o Options) bootstrapToken(folder string) (string, error) {
	folders := []string{folder}
	if folder == "" {
		folders[0], _ = o.LookupEnv("PULSE_DATA_DIR")
	}
	if folders[0] == "" {
		folders = []string{"/etc/pulse", "/data", "data"}
	}
	for _, one := range folders {
		token, err := readBootstrap(filepath.Join(one, bootstrapName))
		if err != nil || token != "" {
			return token, err
		}
	}
	return "", errNoBootstrap
}

// readBootstrap returns what a file holds; empty: nothing, or there is none.
func readBootstrap(path string) (string, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("open set-up token: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxBootstrap))
	if err != nil {
		return "", fmt.Errorf("read set-up token: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}
