// Package cli is the commands of the hub's program besides running the hub.
package cli

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/accesscmd"
	"github.com/pulse-hub/pulse/hub/internal/cli/auditcmd"
	"github.com/pulse-hub/pulse/hub/internal/cli/authorcmd"
	"github.com/pulse-hub/pulse/hub/internal/cli/hubcmd"
	"github.com/pulse-hub/pulse/hub/internal/cli/keycmd"
	"github.com/pulse-hub/pulse/hub/internal/cli/licensecmd"
	"github.com/pulse-hub/pulse/hub/internal/cli/terminal"
	"github.com/pulse-hub/pulse/hub/internal/cli/transfercmd"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
)

// Exit codes of commands.
const (
	ExitFailed = 1 // what was asked for did not work, or a plugin under test failed
	ExitUsage  = 2 // the arguments make no sense
)

// Environment is what commands need of the process they run in.
type Environment struct {
	Terminal *terminal.Terminal
	// LookupEnv is os.LookupEnv.
	LookupEnv func(string) (string, bool)
	// Environ has the form of os.Environ.
	Environ []string
	// Version is that of the program, Program its path.
	Version, Program string
	// Source holds the files of the repository that this program was built from.
	Source fs.FS
	// HubHelp writes how the hub itself is run.
	HubHelp func(io.Writer)
}

// IsCommand tells whether the arguments, without the program's name, are for
// Run. Otherwise they are flags of the hub.
func IsCommand(args []string) bool {
	if len(args) == 0 {
		return false
	}
	switch args[0] {
	case "-h", "-help", "--help", "-version", "--version":
		return true
	}
	return !strings.HasPrefix(args[0], "-")
}

// Run runs the command that the arguments name and returns the exit code.
func Run(ctx context.Context, environment Environment, args []string) int {
	root := newRoot(environment)
	root.SetArgs(args)
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintf(environment.Terminal.Err, "pulse: %s\n", clean(err))
	if usage.Is(err) {
		fmt.Fprintf(environment.Terminal.Err, "See: %s --help\n", command.CommandPath())
		return ExitUsage
	}
	return ExitFailed
}

// clean returns the text of an error, which may repeat what a plugin or a hub has said.
func clean(err error) string {
	lines := strings.Split(err.Error(), "\n")
	for i, line := range lines {
		lines[i] = terminal.Clean(line)
	}
	return strings.Join(lines, "\n")
}

func newRoot(environment Environment) *cobra.Command {
	root := usage.Group(&cobra.Command{
		Use:   "pulse",
		Short: "Pulse watches servers, guests and containers",
		Long:  "Without a command, pulse runs the hub.\n\nExit codes: 0 done, 1 failed, 2 wrong arguments.",

		Version: environment.Version, SilenceUsage: true, SilenceErrors: true,
	})
	root.SetIn(environment.Terminal.In)
	root.SetOut(environment.Terminal.Out)
	root.SetErr(environment.Terminal.Err)
	root.SetVersionTemplate("pulse {{.Version}}\n")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usage.Error{Err: err} })
	help := root.HelpFunc()
	root.SetHelpFunc(func(command *cobra.Command, args []string) {
		help(command, args)
		if command == root {
			fmt.Fprintln(environment.Terminal.Out)
			environment.HubHelp(environment.Terminal.Out)
		}
	})
	root.AddCommand(versionCommand(environment), pluginCommand(environment),
		auditcmd.Command(auditcmd.Options{Terminal: environment.Terminal, LookupEnv: environment.LookupEnv}),
		keycmd.Command(keycmd.Options{Terminal: environment.Terminal, LookupEnv: environment.LookupEnv}),
		licensecmd.Command(licensecmd.Options{Terminal: environment.Terminal, LookupEnv: environment.LookupEnv}))
	root.AddCommand(transfercmd.Commands(transfercmd.Options{Terminal: environment.Terminal, LookupEnv: environment.LookupEnv})...)
	root.AddCommand(accesscmd.Commands(accesscmd.Options{Terminal: environment.Terminal, LookupEnv: environment.LookupEnv})...)
	return root
}

func versionCommand(environment Environment) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Say which version this is", Args: usage.Args,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(environment.Terminal.Out, "pulse "+environment.Version)
			return err
		},
	}
}

func pluginCommand(environment Environment) *cobra.Command {
	command := usage.Group(&cobra.Command{Use: "plugin", Short: "Run, make and test plugins"})
	operate := &cobra.Group{ID: "operate", Title: "Plugins of a hub:"}
	write := &cobra.Group{ID: "write", Title: "Writing plugins:"}
	command.AddGroup(operate, write)
	for _, one := range hubcmd.Commands(hubcmd.Options{Terminal: environment.Terminal, LookupEnv: environment.LookupEnv}) {
		one.GroupID = operate.ID
		command.AddCommand(one)
	}
	for _, one := range authorcmd.Commands(authorcmd.Options{
		Terminal: environment.Terminal, LookupEnv: environment.LookupEnv, Environ: environment.Environ,
		Program: environment.Program, Version: environment.Version, Source: environment.Source,
	}) {
		one.GroupID = write.ID
		command.AddCommand(one)
	}
	return command
}
