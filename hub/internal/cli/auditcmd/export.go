package auditcmd

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/cli/client"
	"github.com/pulse-hub/pulse/hub/internal/cli/connect"
	"github.com/pulse-hub/pulse/hub/internal/cli/terminal"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
)

func exportCommand(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "export [FILE]", Short: "Write the audit log to a file, the oldest event first", Args: usage.Args,
		Long:    "Without a file, the log goes to the standard output. Only ndjson can be verified; csv is for spreadsheets.",
		Example: "  pulse audit export audit.ndjson\n  pulse audit export --format csv --since 2026-01-01 > audit.csv",
	}
	hub, filter := connect.New(options.LookupEnv, command), newFilter(command)
	format := ""
	command.Flags().StringVar(&format, "format", audit.NDJSON, "ndjson or csv")
	command.RunE = func(command *cobra.Command, args []string) error {
		query, err := filter.query(options.Now())
		if err != nil {
			return err
		}
		query.Set("format", format)
		return hub.With(func(hub *client.Client) error {
			write := func(to io.Writer) error { return hub.ExportAudit(command.Context(), query, to) }
			if len(args) == 0 {
				return write(options.Terminal.Out)
			}
			return intoFile(args[0], write)
		})
	}
	return command
}

// intoFile writes a new file that only its owner may read, and leaves none that is not whole.
func intoFile(path string, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("create export: %w", err)
	}
	if err := errors.Join(write(file), file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

func verifyCommand(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "verify", Short: "Check that nothing in the audit log was altered or removed", Args: usage.Args,
		Long: "The number and hash of the newest event, which are printed, prove later that nothing before it was written anew:\n" +
			"keep them in another place. An exported file is checked without a hub.",
		Example: "  pulse audit verify\n  pulse audit verify --file audit.ndjson",
	}
	hub := connect.New(options.LookupEnv, command)
	path := ""
	command.Flags().StringVar(&path, "file", "", "check an export in ndjson; - for the standard input")
	command.RunE = func(command *cobra.Command, _ []string) error {
		if path != "" {
			report, err := options.verifyFile(path)
			return options.tell(report, err)
		}
		return hub.With(func(hub *client.Client) error {
			report, err := hub.VerifyAudit(command.Context())
			return options.tell(report, err)
		})
	}
	return command
}

func (o Options) verifyFile(path string) (audit.Report, error) {
	if path == "-" {
		return audit.VerifyFile(o.Terminal.In)
	}
	file, err := os.Open(path)
	if err != nil {
		return audit.Report{}, fmt.Errorf("open export: %w", err)
	}
	defer file.Close()
	return audit.VerifyFile(file)
}

// tell shows what a check has found.
func (o Options) tell(report audit.Report, err error) error {
	if err != nil {
		return err
	}
	out := o.Terminal.Out
	if report.Problem != "" {
		fmt.Fprintf(out, "Event %d: %s\n", report.At, terminal.Clean(report.Problem))
		return ErrNotInOrder
	}
	if report.Checked == 0 {
		_, err := fmt.Fprintln(out, "There are no events.")
		return err
	}
	fmt.Fprintf(out, "%d events, %d to %d, are as they were written.\n", report.Checked, report.First, report.Last)
	if report.Partial {
		fmt.Fprintln(out, "They are a selection: whether events are missing cannot be told.")
	}
	_, err = fmt.Fprintf(out, "Newest: %d %s\n", report.Last, terminal.Clean(report.Head))
	return err
}
