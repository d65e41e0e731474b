package keycmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/client"
	"github.com/pulse-hub/pulse/hub/internal/cli/connect"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

const rotateHelp = `A hub that runs makes a new key, seals everything with it and keeps the key
before in pulse.key.old until it starts the next time. Then make a new backup
of pulse.key: older ones do not open what is stored from now on.

A key that systemd hands to the hub as a credential cannot be replaced by the
hub. Stop the hub and name two files: that of the key it has now, and a new
one, which is made if it is not there. Then install the new one as the
credential pulse-key, and start the hub.`

func rotateCommand(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "rotate", Short: "Replace the key and seal everything anew", Long: rotateHelp, Args: usage.Args,
		Example: "  pulse key rotate\n" +
			"  pulse key rotate --data-dir /etc/pulse --key-file old.key --new-key-file new.key",
	}
	hub := connect.New(options.LookupEnv, command)
	offline := offline{options: options, command: command}
	command.Flags().StringVar(&offline.keyFile, "key-file", "", "the key of now, while the hub is stopped (default: pulse.key in the data folder)")
	command.Flags().StringVar(&offline.newKeyFile, "new-key-file", "", "replace the key by the one in this file, while the hub is stopped")
	command.RunE = func(command *cobra.Command, _ []string) error {
		if offline.newKeyFile != "" {
			return offline.rotate(command.Context())
		}
		if offline.keyFile != "" {
			return usage.Errorf("--key-file needs --new-key-file: a hub that runs knows its key")
		}
		return hub.With(func(hub *client.Client) error {
			done, err := hub.RotateKey(command.Context())
			if err != nil {
				return err
			}
			return options.tell(done.Key.ID, done.Resealed, done.Unreadable,
				"Make a new backup of pulse.key. The key before is in pulse.key.old until the hub starts the next time.")
		})
	}
	return command
}

func (o Options) tell(id string, resealed, unreadable int, next string) error {
	text := fmt.Sprintf("The key is %s now. Sealed anew: %d records.\n", id, resealed)
	if unreadable > 0 {
		text += fmt.Sprintf("Not opened, and left as they were: %d records.\n", unreadable)
	}
	_, err := fmt.Fprintf(o.Terminal.Out, "%s%s\n", text, next)
	return err
}

// offline replaces the key of a hub that is stopped.
type offline struct {
	options             Options
	command             *cobra.Command
	keyFile, newKeyFile string
}

func (o offline) rotate(ctx context.Context) (err error) {
	dir, err := o.dataDir()
	if err != nil {
		return err
	}
	keyFile := o.keyFile
	if keyFile == "" {
		keyFile = filepath.Join(dir, "pulse.key")
	}
	database := filepath.Join(dir, "pulse.db")
	// The store would make what is missing, which is not what is wanted here.
	for _, path := range []string{database, keyFile} {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return usage.Errorf("there is no %s: name the data folder with --data-dir, and the key with --key-file", path)
		}
	}
	db, err := store.Open(database, store.Options{KeyFile: keyFile})
	if errors.Is(err, store.ErrInUse) {
		return fmt.Errorf("%w: stop the hub first", err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	done, err := db.RotateTo(ctx, o.newKeyFile)
	if err != nil {
		return err
	}
	return o.options.tell(done.ID, done.Resealed, done.Unreadable, fmt.Sprintf(
		"Before the hub starts: put %s in the place of the key it has now, and keep a copy of it.", o.newKeyFile))
}

// dataDir is the folder of the hub, which has to be named: what is in it is about to be changed.
func (o offline) dataDir() (string, error) {
	dir, err := o.command.Flags().GetString("data-dir")
	if err == nil && dir == "" {
		dir, _ = o.options.LookupEnv("PULSE_DATA_DIR")
	}
	if err == nil && dir == "" {
		err = usage.Errorf("name the data folder of the hub with --data-dir")
	}
	return dir, err
}
