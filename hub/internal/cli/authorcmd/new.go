package authorcmd

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/scaffold"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
)

func newCommand(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "new KIND ID", Short: "Begin a plugin with an example that works", Args: usage.Args,
		Long: "Writes a small plugin that works, with a test. KIND is source, notifier or ai; ID is <publisher>.<name>.\n" +
			"In Go, the SDK is written beside it, so that it builds without this repository.",
		Example: "  pulse plugin new source acme.truenas\n  pulse plugin new source acme.truenas --lang python --dir ~/src/truenas",
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return scaffold.Kinds(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	dir := command.Flags().String("dir", "", "folder to write to (default: the second part of the id)")
	language := command.Flags().String("lang", scaffold.Go, "language: "+strings.Join(scaffold.Languages(), ", "))
	sdk := command.Flags().String("sdk", "", "checkout of Pulse to build against, instead of writing the SDK beside the plugin")
	command.RunE = func(_ *cobra.Command, args []string) error {
		wanted := scaffold.Options{Kind: args[0], ID: args[1], Dir: *dir, Language: *language, SDK: *sdk, Source: options.Source}
		if wanted.Dir == "" {
			_, wanted.Dir, _ = strings.Cut(wanted.ID, ".")
		}
		names, err := scaffold.Write(wanted)
		if errors.Is(err, scaffold.ErrID) || errors.Is(err, scaffold.ErrChoice) {
			return &usage.Error{Err: err}
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(options.Terminal.Out, "%s has %s.\nNext: cd %s, and read README.md.\n",
			wanted.Dir, strings.Join(names, ", "), wanted.Dir)
		return err
	}
	return command
}
