package transfercmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/client"
	"github.com/pulse-hub/pulse/hub/internal/cli/connect"
	"github.com/pulse-hub/pulse/hub/internal/cli/terminal"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
	"github.com/pulse-hub/pulse/hub/internal/transfer"
	"github.com/pulse-hub/pulse/hub/internal/transfer/bundle"
)

// importFlags are the flags of an import.
type importFlags struct{ dryRun, yes, asJSON bool }

func importCommand(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "import FILE", Short: "Replace the configuration of the hub by that in a file", Args: usage.Args,
		Long: "The file is one that pulse export has written, or that a hub of version 5 has exported.\n" +
			"What would change is shown first, and done when it is agreed to: all of it, or nothing. - reads the standard input.",
		Example: "  pulse import --dry-run pulse.bundle\n  pulse import --yes --passphrase-file secret.txt /backup/pulse.bundle",
	}
	hub, secret := connect.New(options.LookupEnv, command), newPassphrase(options, command)
	var flags importFlags
	command.Flags().BoolVar(&flags.dryRun, "dry-run", false, "only show what would change")
	command.Flags().BoolVarP(&flags.yes, "yes", "y", false, "do not ask")
	command.Flags().BoolVar(&flags.asJSON, "json", false, "show what would change as JSON")
	command.RunE = func(command *cobra.Command, args []string) error {
		saved, err := readFile(args[0], options.Terminal.In, bundle.MaxSaved)
		if err != nil {
			return fmt.Errorf("read bundle: %w", err)
		}
		words, err := secret.read(command.Context(), false)
		if err != nil {
			return err
		}
		return hub.With(func(hub *client.Client) error {
			return options.bring(command.Context(), hub, flags, bundle.Text(saved), words)
		})
	}
	return command
}

// bring shows what an import changes, asks, and does it.
func (o Options) bring(ctx context.Context, hub *client.Client, flags importFlags, data, words string) error {
	outcome, err := hub.PreviewImport(ctx, data, words)
	if err != nil {
		return err
	}
	if err := o.show(outcome, flags.asJSON); err != nil || flags.dryRun {
		return err
	}
	if !flags.yes {
		agreed, err := o.Terminal.Confirm(ctx, "Replace the configuration?")
		if errors.Is(err, terminal.ErrNobody) {
			return usage.Errorf("there is nobody to ask: agree with --yes, or look with --dry-run")
		}
		if err != nil {
			return err
		}
		if !agreed {
			fmt.Fprintln(o.Terminal.Err, "Nothing was changed.")
			return nil
		}
	}
	if err := hub.ImportConfiguration(ctx, data, words); err != nil {
		return err
	}
	fmt.Fprintln(o.Terminal.Err, "The configuration is imported.")
	return nil
}

func (o Options) show(outcome *transfer.Outcome, asJSON bool) error {
	out := o.Terminal.Out
	if asJSON {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		return encoder.Encode(outcome)
	}
	var rows [][]string
	add := func(what string, changes []transfer.Change) {
		for i := range changes {
			one := &changes[i]
			rows = append(rows, []string{what, one.Section, one.ID, one.Name, "", "", ""})
			for _, field := range one.Fields {
				rows = append(rows, []string{"", "", "", "", field.Field, field.Before, field.After})
			}
		}
	}
	add("add", outcome.Added)
	add("change", outcome.Changed)
	add("remove", outcome.Removed)
	if len(rows) > 0 {
		if err := o.Terminal.Table([]string{"WHAT", "SECTION", "ID", "NAME", "FIELD", "BEFORE", "AFTER"}, blank(rows)); err != nil {
			return err
		}
	}
	for _, warning := range outcome.Warnings {
		fmt.Fprintf(out, "Warning: %s\n", terminal.Clean(warning))
	}
	_, err := fmt.Fprintf(out, "%d added, %d changed, %d removed, %d unchanged.\n",
		len(outcome.Added), len(outcome.Changed), len(outcome.Removed), len(outcome.Unchanged))
	return err
}

// blank has cells that say nothing shown as such, and not as something that is missing.
func blank(rows [][]string) [][]string {
	for _, row := range rows {
		for i, cell := range row {
			if cell == "" {
				row[i] = " "
			}
		}
	}
	return rows
}
