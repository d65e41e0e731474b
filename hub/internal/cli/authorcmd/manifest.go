package authorcmd

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/project"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

func manifestCommand(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "manifest DIR|BINARY|FILE", Short: "Print plugin.json", Args: usage.Args, ValidArgsFunction: completeFiles,
		Long: "Prints the plugin.json of a folder, of a program, which is started for that, or of a .pulseplugin file, of which nothing is run.",
	}
	command.RunE = func(command *cobra.Command, args []string) error {
		m, err := manifestOf(command.Context(), args[0])
		if err != nil {
			return err
		}
		text, err := m.Encode()
		if err != nil {
			return err
		}
		_, err = options.Terminal.Out.Write(text)
		return err
	}
	return command
}

func manifestOf(ctx context.Context, path string) (*manifest.Manifest, error) {
	if strings.HasSuffix(path, archive.Extension) {
		content, err := project.ReadPackage(ctx, path)
		if err != nil {
			return nil, err
		}
		return content.Manifest, nil
	}
	plugin, cleanUp, err := prepare(ctx, path)
	if err != nil {
		return nil, err
	}
	defer cleanUp()
	return plugin.Manifest, nil
}
