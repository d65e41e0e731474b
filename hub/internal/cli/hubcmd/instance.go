package hubcmd

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/client"
	"github.com/pulse-hub/pulse/hub/internal/cli/terminal"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
)

func instanceCommand(options Options) *cobra.Command {
	command := usage.Group(&cobra.Command{Use: "instance", Aliases: []string{"instances"}, Short: "What plugins are set up for"})
	hub := newConnection(options, command)
	command.AddCommand(
		instanceList(options, hub), instanceAdd(options, hub), instanceSet(options, hub),
		instanceRemove(options, hub), instanceTest(options, hub),
	)
	return command
}

func instanceHead() []string {
	return []string{"INSTANCE", "PLUGIN", "COMPONENT", "NAME", "STATE", "MESSAGE"}
}

func instanceRows(instances []client.Instance) [][]string {
	var rows [][]string
	for _, one := range instances {
		rows = append(rows, []string{one.ID, one.Plugin, one.Component, one.Name, one.State, one.Message})
	}
	return rows
}

func instanceList(options Options, hub *connection) *cobra.Command {
	command := &cobra.Command{Use: "ls", Aliases: []string{"list"}, Short: "List instances", Args: usage.Args}
	kind := command.Flags().String("kind", "", "only this kind: source, notifier or ai")
	plugin := command.Flags().String("plugin", "", "only this plugin")
	asJSON := command.Flags().Bool("json", false, "write JSON, with the configurations but without secrets")
	command.RunE = func(command *cobra.Command, _ []string) error {
		return hub.with(func(hub *client.Client) error {
			list, err := hub.Instances(command.Context(), *kind, *plugin)
			if err != nil {
				return err
			}
			if *asJSON {
				return writeJSON(options.Terminal.Out, list)
			}
			return options.Terminal.Table(instanceHead(), instanceRows(list))
		})
	}
	return command
}

func instanceAdd(options Options, hub *connection) *cobra.Command {
	command := &cobra.Command{
		Use: "add PLUGIN COMPONENT", Short: "Set a plugin up for something", Args: usage.Args,
		Example: "  pulse plugin instance add acme.truenas source/truenas --name nas1 --set url=https://nas1 --ask key",
	}
	command.ValidArgsFunction = hub.completePlugins
	values := newValues(options.Terminal, command)
	name := command.Flags().String("name", "", "what to call it (default: the component)")
	disabled := command.Flags().Bool("disabled", false, "do not use it yet")
	command.RunE = func(command *cobra.Command, args []string) error {
		config, err := values.apply(command.Context(), nil)
		if err != nil {
			return err
		}
		one := client.Instance{Plugin: args[0], Component: args[1], Name: *name, Enabled: !*disabled, Config: config}
		if one.Name == "" {
			one.Name = args[1]
		}
		return hub.with(func(hub *client.Client) error {
			saved, err := hub.AddInstance(command.Context(), one)
			if err != nil {
				return err
			}
			return showSaved(options.Terminal, saved)
		})
	}
	return command
}

func instanceSet(options Options, hub *connection) *cobra.Command {
	command := &cobra.Command{
		Use: "set INSTANCE", Short: "Change an instance", Args: usage.Args,
		Long: "Changes an instance. Settings that are not named stay as they are, secrets too.",
	}
	command.ValidArgsFunction = hub.completeInstances
	values := newValues(options.Terminal, command)
	name := command.Flags().String("name", "", "what to call it")
	enabled := command.Flags().Bool("enabled", true, "whether the hub uses it")
	command.RunE = func(command *cobra.Command, args []string) error {
		return hub.with(func(hub *client.Client) error {
			one, err := hub.Instance(command.Context(), args[0])
			if err != nil {
				return err
			}
			if one.Config, err = values.apply(command.Context(), one.Config); err != nil {
				return err
			}
			if *name != "" {
				one.Name = *name
			}
			if command.Flags().Changed("enabled") {
				one.Enabled = *enabled
			}
			saved, err := hub.SetInstance(command.Context(), one)
			if err != nil {
				return err
			}
			return showSaved(options.Terminal, saved)
		})
	}
	return command
}

func showSaved(out *terminal.Terminal, one client.Instance) error {
	return out.Table(instanceHead(), instanceRows([]client.Instance{one}))
}

func instanceRemove(options Options, hub *connection) *cobra.Command {
	command := &cobra.Command{Use: "rm INSTANCE", Aliases: []string{"remove"}, Short: "Remove an instance", Args: usage.Args}
	command.ValidArgsFunction = hub.completeInstances
	yes := command.Flags().BoolP("yes", "y", false, "do not ask")
	command.RunE = func(command *cobra.Command, args []string) error {
		if err := agree(command.Context(), options.Terminal, fmt.Sprintf("Remove the instance %s?", args[0]), *yes); err != nil {
			return err
		}
		return hub.with(func(hub *client.Client) error { return hub.RemoveInstance(command.Context(), args[0]) })
	}
	return command
}

func instanceTest(options Options, hub *connection) *cobra.Command {
	command := &cobra.Command{
		Use: "test INSTANCE|PLUGIN [COMPONENT]", Short: "Try a configuration without saving it", Args: usage.Args,
		Long: "Tries the configuration of an instance, with changes if any are named, or a new one of a plugin's component.",
	}
	command.ValidArgsFunction = hub.completeInstances
	values := newValues(options.Terminal, command)
	command.RunE = func(command *cobra.Command, args []string) error {
		return hub.with(func(hub *client.Client) error {
			trial := client.Trial{Plugin: args[0]}
			if len(args) == 2 {
				trial.Component = args[1]
			} else {
				one, err := hub.Instance(command.Context(), args[0])
				if err != nil {
					return err
				}
				trial = client.Trial{Plugin: one.Plugin, Component: one.Component, Config: one.Config, Instance: one.ID}
			}
			var err error
			if trial.Config, err = values.apply(command.Context(), trial.Config); err != nil {
				return err
			}
			verdict, err := hub.Try(command.Context(), trial)
			if err != nil {
				return err
			}
			return showVerdict(options.Terminal, verdict)
		})
	}
	return command
}

// showVerdict shows what came of a trial; one that went wrong is an error.
func showVerdict(out *terminal.Terminal, verdict client.Verdict) error {
	var facts [][2]string
	for _, name := range slices.Sorted(maps.Keys(verdict.Facts)) {
		facts = append(facts, [2]string{terminal.Clean(name), fmt.Sprint(verdict.Facts[name])})
	}
	if verdict.OK {
		return out.Fields(append([][2]string{{"It works", orNothing(slices.DeleteFunc([]string{verdict.Summary}, isEmpty))}}, facts...)...)
	}
	problem := &client.Problem{Detail: "it does not work: " + terminal.Clean(verdict.Summary)}
	for _, e := range verdict.Errors {
		problem.Errors = append(problem.Errors, client.FieldError{Field: strings.TrimPrefix(e.Path, "/"), Message: terminal.Clean(e.Message)})
	}
	return problem
}

func isEmpty(text string) bool { return text == "" }
