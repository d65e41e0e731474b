package authorcmd

import (
	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/devhub"
	"github.com/pulse-hub/pulse/hub/internal/cli/project"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
)

func devCommand(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "dev DIR", Short: "Run a plugin in a hub of its own and rebuild it when it changes", Args: usage.Args,
		Long: "Builds the plugin, runs it unchecked in a hub of its own, shows the logs, and builds it again when its sources change.\n" +
			"The hub switches to a new build without a gap, and stays with the old one if the new one does not start.\n" +
			"The samples are set up as instances.",
		Example: "  pulse plugin dev . --config sample.json", ValidArgsFunction: completeFiles,
	}
	wanted := devhub.Options{Program: options.Program, Out: options.Terminal.Err, Environ: options.Environ}
	command.Flags().StringVar(&wanted.Samples, "config", "", "JSON file with configurations that work, as for: pulse plugin test")
	command.Flags().StringVar(&wanted.DataDir, "data-dir", "", "folder for the hub's files, kept for the next time (default: one that is removed)")
	command.Flags().IntVar(&wanted.Port, "port", 0, "port of the page (default: a free one)")
	command.RunE = func(command *cobra.Command, args []string) error {
		plugin, err := project.Open(args[0])
		if err != nil {
			return err
		}
		wanted.Project = plugin
		return devhub.Run(command.Context(), wanted)
	}
	return command
}
