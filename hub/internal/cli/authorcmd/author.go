// Package authorcmd is the commands for people who write plugins. They need no
// hub, dev aside, which runs one.
package authorcmd

import (
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/terminal"
)

// Options are what the commands need.
type Options struct {
	Terminal  *terminal.Terminal
	LookupEnv func(string) (string, bool)
	// Environ is the environment in the form of os.Environ, for the hub of dev.
	Environ []string
	// Program is the path of this program, which is also the hub; Version is its version.
	Program, Version string
	// Source holds the files of the repository.
	Source fs.FS
}

// Commands returns the commands.
func Commands(options Options) []*cobra.Command {
	return []*cobra.Command{
		newCommand(options), testCommand(options), devCommand(options), callCommand(options), recordCommand(options),
		replayCommand(options), manifestCommand(options),
		packCommand(options), keygenCommand(options), verifyCommand(options),
	}
}

// completeFiles offers files for all arguments.
func completeFiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}
