package authorcmd

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/confine"
	"github.com/pulse-hub/pulse/hub/internal/cli/sample"
	"github.com/pulse-hub/pulse/hub/internal/cli/terminal"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
	"github.com/pulse-hub/pulse/sdk/conformance"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

var errConformance = errors.New("the plugin does not keep all promises")

func levels() map[string]conformance.Level {
	return map[string]conformance.Level{
		"quick": conformance.LevelQuick, "standard": conformance.LevelStandard, "thorough": conformance.LevelThorough,
	}
}

func testCommand(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "test DIR|BINARY", Short: "Check that a plugin keeps the promises of every plugin", Args: usage.Args,
		Long: "Starts the plugin the way a hub does and checks what every plugin promises, in whatever language it is written.\n" +
			"A folder of Go sources is built before. The sample configurations are one JSON object:\n" +
			`  {"source/tcp": {"config": {…}, "secrets": {"/token": "…"}, "variants": [{…}], "panic": {…}, "idempotent": true}}` + "\n" +
			"Only config is needed. For a plugin with one component the object may be the configuration itself.",
		Example: "  pulse plugin test . --config sample.json", ValidArgsFunction: completeFiles,
	}
	var t testFlags
	flags := command.Flags()
	flags.StringVar(&t.config, "config", "", "JSON file with configurations that work")
	flags.BoolVar(&t.json, "json", false, "write JSON")
	flags.BoolVar(&t.tap, "tap", false, "write the Test Anything Protocol")
	flags.StringVar(&t.level, "level", "standard", "how long to look for leaks: quick, standard or thorough")
	flags.StringSliceVar(&t.checks, "check", nil, "only these checks")
	command.RunE = func(command *cobra.Command, args []string) error {
		if err := t.validate(); err != nil {
			return err
		}
		report, err := t.perform(command.Context(), options, args[0])
		if err != nil {
			return err
		}
		if err := t.show(options.Terminal, report); err != nil {
			return err
		}
		if !report.Conforms {
			return errConformance
		}
		return nil
	}
	return command
}

// testFlags are what the flags of test say.
type testFlags struct {
	config, level string
	json, tap     bool
	checks        []string
}

func (t *testFlags) validate() error {
	if _, ok := levels()[t.level]; !ok {
		return usage.Errorf("--level must be quick, standard or thorough")
	}
	if t.json && t.tap {
		return usage.Errorf("--json and --tap cannot both be")
	}
	return knownChecks(t.checks)
}

func (t *testFlags) perform(ctx context.Context, options Options, path string) (conformance.Report, error) {
	plugin, cleanUp, err := prepare(ctx, path)
	if err != nil {
		return conformance.Report{}, err
	}
	defer cleanUp()
	samples, err := sample.Load(t.config, plugin.Manifest)
	if err != nil {
		return conformance.Report{}, err
	}
	tested := conformance.Options{
		Command: plugin.Command, Dir: plugin.Folder, ManifestPath: filepath.Join(plugin.Folder, manifest.FileName),
		Samples: samples, Level: levels()[t.level], Checks: t.checks,
	}
	if plugin.Interpreter == "" {
		tested.Confine = confine.With(options.Program)
	}
	return conformance.Run(ctx, tested), nil
}

func (t *testFlags) show(out *terminal.Terminal, report conformance.Report) error {
	switch {
	case t.json:
		return report.WriteJSON(out.Out)
	case t.tap:
		return report.WriteTAP(out.Out)
	}
	return showReport(out, report)
}

func knownChecks(ids []string) error {
	for _, id := range ids {
		if !slices.ContainsFunc(conformance.Checks(), func(c conformance.Check) bool { return c.ID == id }) {
			var known []string
			for _, check := range conformance.Checks() {
				known = append(known, check.ID)
			}
			return usage.Errorf("--check %.40q is none of %s", id, strings.Join(known, ", "))
		}
	}
	return nil
}

func showReport(out *terminal.Terminal, report conformance.Report) error {
	counts := map[conformance.Outcome]int{}
	var rows [][]string
	for _, result := range report.Results {
		counts[result.Outcome]++
		rows = append(rows, []string{string(result.Outcome), result.ID, fmt.Sprintf("%.1f s", result.Seconds), result.Reason})
	}
	if err := out.Table([]string{"OUTCOME", "CHECK", "TIME", "REASON"}, rows); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out.Out, "\n%s %s: %d passed, %d failed, %d not applicable.\n", report.Plugin, report.Version,
		counts[conformance.Passed], counts[conformance.Failed], counts[conformance.NotApplicable])
	return err
}
