package authorcmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/capture"
	"github.com/pulse-hub/pulse/hub/internal/cli/invoke"
	"github.com/pulse-hub/pulse/hub/internal/cli/sample"
	"github.com/pulse-hub/pulse/hub/internal/cli/terminal"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
	"github.com/pulse-hub/pulse/sdk/manifest"
	"github.com/pulse-hub/pulse/sdk/recording"
	"github.com/pulse-hub/pulse/sdk/transport"
)

// errDifferent says that a plugin answers otherwise than when it was recorded.
var errDifferent = errors.New("the plugin answers differently")

func recordCommand(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "record DIR|BINARY", Short: "Record what a plugin is asked and answers, without secrets", Args: usage.Args,
		Long: "Starts the plugin, sets it up with the sample configuration and has it look at everything. What it says to its other side\n" +
			"is recorded as well if a setting of the component is the URL of that. Secrets are left out: the recording can be given to others,\n" +
			"who play it with: pulse plugin replay. A notifier sends one message in each round.",
		Example: "  pulse plugin record . --config sample.json --out bug.pulserec", ValidArgsFunction: completeFiles,
	}
	var r recordFlags
	flags := command.Flags()
	flags.StringVar(&r.config, "config", "", "JSON file with configurations that work, as for: pulse plugin test (required)")
	flags.StringVar(&r.component, "component", "", "component to set up, such as source/pve (default: the one there is)")
	flags.StringVar(&r.out, "out", "", "file to write (default: <id>_<version>"+recording.Extension+")")
	flags.IntVar(&r.rounds, "rounds", 2, "how often to collect everything")
	flags.StringVar(&r.ca, "ca", "", "file with the certificate authority of the other side in PEM")
	flags.StringVar(&r.trust.Fingerprint, "fingerprint", "", "SHA-256 of the other side's certificate")
	flags.BoolVar(&r.trust.Unverified, "insecure", false, "take any certificate from the other side")
	command.RunE = func(command *cobra.Command, args []string) error {
		if r.config == "" || r.rounds < 1 || r.rounds > 1000 {
			return usage.Errorf("--config is needed, and --rounds must be 1 to 1000")
		}
		return r.perform(command.Context(), options, args[0])
	}
	return command
}

// recordFlags are what the flags of record say.
type recordFlags struct {
	config, component, out, ca string
	rounds                     int
	trust                      recording.Trust
}

func (r *recordFlags) perform(ctx context.Context, options Options, path string) error {
	if r.ca != "" {
		var err error
		if r.trust.CA, err = os.ReadFile(r.ca); err != nil {
			return fmt.Errorf("read certificate authority: %w", err)
		}
	}
	plugin, cleanUp, err := prepare(ctx, path)
	if err != nil {
		return err
	}
	defer cleanUp()
	samples, err := sample.Load(r.config, plugin.Manifest)
	if err != nil {
		return err
	}
	key, with, err := choose(samples, r.component)
	if err != nil {
		return err
	}
	if with == nil {
		return usage.Errorf("there is no configuration in %s", r.config)
	}
	var recorded *recording.Recording
	proxied := false
	err = invoke.With(ctx, invocation(options, plugin), func(client *transport.Client) error {
		recorded, proxied, err = capture.Record(ctx, client, capture.Options{
			Manifest: plugin.Manifest, Component: key, Sample: *with, Rounds: r.rounds, Trust: r.trust,
		})
		return err
	})
	if err != nil {
		return err
	}
	if !proxied {
		fmt.Fprintf(options.Terminal.Err, "No setting of %s is the URL of the other side: only the calls are recorded.\n", key)
	}
	return r.keep(options.Terminal, plugin.Manifest, recorded)
}

// keep writes the recording to its file.
func (r *recordFlags) keep(out *terminal.Terminal, m *manifest.Manifest, recorded *recording.Recording) error {
	if r.out == "" {
		r.out = m.ID + "_" + m.Version + recording.Extension
	}
	if err := writeRecording(r.out, recorded); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out.Out, "%s has %d calls and %d exchanges with the other side.\n",
		r.out, len(recorded.Calls), len(recorded.Exchanges))
	return err
}

// writeRecording writes a recording, or nothing.
func writeRecording(path string, recorded *recording.Recording) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".record-*")
	if err != nil {
		return fmt.Errorf("write recording: %w", err)
	}
	defer os.Remove(file.Name())
	defer file.Close()
	if err := errors.Join(recorded.Write(file), file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("write recording: %w", err)
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return fmt.Errorf("write recording: %w", err)
	}
	return nil
}

func replayCommand(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "replay FILE DIR|BINARY", Short: "Play a recording to a plugin and tell what it answers differently", Args: usage.Args,
		Example: "  pulse plugin replay bug.pulserec .", ValidArgsFunction: completeFiles,
	}
	command.RunE = func(command *cobra.Command, args []string) error {
		ctx := command.Context()
		file, err := os.Open(args[0])
		if err != nil {
			return fmt.Errorf("open recording: %w", err)
		}
		defer file.Close()
		recorded, err := recording.Read(file)
		if err != nil {
			return err
		}
		plugin, cleanUp, err := prepare(ctx, args[1])
		if err != nil {
			return err
		}
		defer cleanUp()
		var outcome *recording.Outcome
		err = invoke.With(ctx, invocation(options, plugin), func(client *transport.Client) error {
			outcome, err = recording.Play(ctx, recorded, client.Conn)
			return err
		})
		if err != nil {
			return err
		}
		return showOutcome(options.Terminal, outcome)
	}
	return command
}

func showOutcome(out *terminal.Terminal, outcome *recording.Outcome) error {
	var text strings.Builder
	for _, difference := range outcome.Differences {
		fmt.Fprintln(&text, terminal.Clean(difference.String()))
	}
	for _, missed := range outcome.Missed {
		fmt.Fprintln(&text, "not in the recording: "+terminal.Clean(missed))
	}
	fmt.Fprintf(&text, "%d calls, %d differences, %d requests that were not recorded.\n",
		outcome.Calls, len(outcome.Differences)+outcome.More, len(outcome.Missed))
	if _, err := out.Out.Write([]byte(text.String())); err != nil {
		return err
	}
	if !outcome.Same() {
		return errDifferent
	}
	return nil
}
