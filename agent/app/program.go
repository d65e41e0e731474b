package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/sender"
	"github.com/pulse-hub/pulse/agent/internal/update"
)

// ErrReplaced means that the program was replaced, and that the new one should run in the place of this process.
var ErrReplaced = update.ErrReplaced

// Program is the program that an agent is.
type Program struct {
	// Path is where it is. Empty: the agent is a part of another program, and updates are none of its business.
	Path string
	// Args is its command line without its name.
	Args []string
}

// unraidCopy is where Unraid, which runs from memory, keeps the program.
const unraidCopy = "/boot/config/plugins/pulse-agent/pulse-agent"

// follower returns the part that notices updates, and starts them if this process may replace the program.
func (a *App) follower(program Program, delivered func() bool) *update.Follower {
	options := update.FollowerOptions{
		Version: a.version, Program: program.Path, StateDir: a.config.StateDir, Delivered: delivered, Logger: a.logger.Named("update"),
	}
	if !a.config.DisableAutoUpdate && len(a.config.Targets) > 0 && update.CanReplace(program.Path, a.version) {
		args := slices.Concat([]string{"update"}, program.Args)
		options.Update = func(ctx context.Context) error { return update.Start(ctx, program.Path, args) }
	}
	return update.NewFollower(options)
}

// Update brings the program up to date, if the first hub has a newer one, and waits until that one has reported.
func (a *App) Update(ctx context.Context, program Program) error {
	if _, detach := os.LookupEnv(update.Detached); detach {
		return update.Detach(program.Path, program.Args)
	}
	if len(a.config.Targets) == 0 {
		return errors.New("no hub is configured")
	}
	client := sender.NewClient(sender.ClientOptions{Insecure: a.config.Insecure})
	client.Timeout = 5 * time.Minute // a program is larger than a report
	updater := update.New(update.Options{
		URL: a.config.Targets[0].URL, Client: client, Version: a.version, Program: program.Path, StateDir: a.config.StateDir,
		Copy: unraidCopy, Logger: a.logger.Named("update"),
	})
	version, err := updater.Run(ctx)
	if err != nil {
		return fmt.Errorf("update: %w", err)
	}
	if version == "" {
		a.logger.Info("there is no newer version", "version", a.version)
	}
	return nil
}

// OwnProgram returns the program of this process.
func OwnProgram(args []string) (Program, error) {
	path, err := os.Executable()
	if err != nil {
		return Program{}, fmt.Errorf("find own program: %w", err)
	}
	if real, err := filepath.EvalSymlinks(path); err == nil { // else it is not a link
		path = real
	}
	return Program{Path: path, Args: args}, nil
}
