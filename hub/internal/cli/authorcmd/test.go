package authorcmd

import (
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
	config := command.Flags().String("config", "", "JSON file with configurations that work")
	asJSON := command.Flags().Bool("json", false, "write JSON")
	asTAP := command.Flags().Bool("tap", false, "write the Test Anything Protocol")
	level := command.Flags().String("level", "standard", "how long to look for leaks: quick, standard or thorough")
	checks := command.Flags().StringSlice("check", nil, "only these checks")
	command.RunE = func(command *cobra.Command, args []string) error {
		chosen, ok := levels()[*level]
		if *asJSON && *asTAP {
			return usage.Errorf("--json and --tap cannot both be")
		}
		if !ok {
			return usage.Errorf("--level must be quick, standard or thorough")
		}
		if err := knownChecks(*checks); err != nil {
			return err
		}
		plugin, cleanUp, err := prepare(command.Context(), args[0])
		if err != nil {
			return err
		}
		defer cleanUp()
		samples, err := sample.Load(*config, plugin.Manifest)
		if err != nil {
			return err
		}
		tested := conformance.Options{
			Command: plugin.Command, Dir: plugin.Folder, ManifestPath: filepath.Join(plugin.Folder, manifest.FileName),
			Samples: samples, Level: chosen, Checks: *checks,
		}
		if plugin.Interpreter == "" {
			tested.Confine = confine.With(options.Program)
		}
		report := conformance.Run(command.Context(), tested)
		switch {
		case *asJSON:
			err = report.WriteJSON(options.Terminal.Out)
		case *asTAP:
			err = report.WriteTAP(options.Terminal.Out)
		default:
			err = showReport(options.Terminal, report)
		}
		if err == nil && !report.Conforms {
			err = errConformance
		}
		return err
	}
	return command
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
