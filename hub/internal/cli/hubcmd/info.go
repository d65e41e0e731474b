package hubcmd

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/client"
	"github.com/pulse-hub/pulse/hub/internal/cli/terminal"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
)

func infoCommand(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "info ID", Aliases: []string{"inspect"}, Short: "Show everything about a plugin", Args: usage.Args,
	}
	hub := newConnection(options, command)
	command.ValidArgsFunction = hub.completePlugins
	asJSON := command.Flags().Bool("json", false, "write JSON")
	command.RunE = func(command *cobra.Command, args []string) error {
		return hub.with(func(hub *client.Client) error {
			plugin, err := hub.Plugin(command.Context(), args[0])
			if err != nil {
				return err
			}
			if *asJSON {
				return writeJSON(options.Terminal.Out, plugin)
			}
			return showPlugin(options.Terminal, &plugin)
		})
	}
	return command
}

func showPlugin(out *terminal.Terminal, p *client.Plugin) error {
	previous := ""
	if p.Previous != nil {
		previous = p.Previous.Version + " " + p.Previous.SHA256
	}
	sandbox := p.Sandbox.Effective
	if p.Sandbox.Requested != "" && p.Sandbox.Requested != p.Sandbox.Effective {
		sandbox += " (requested: " + p.Sandbox.Requested + ")"
	}
	err := out.Fields(
		[2]string{"Plugin", p.ID}, [2]string{"Name", p.Name}, [2]string{"Description", p.Description},
		[2]string{"Version", p.Version}, [2]string{"State", since(p.State, p.Since)}, [2]string{"Reason", p.Reason},
		[2]string{"Trust", p.Trust}, [2]string{"Publisher", p.Publisher}, [2]string{"SHA-256", p.SHA256}, [2]string{"Previous", previous},
		[2]string{"Wants", strings.Join(describeNeeds(p.Wants), "; ")}, [2]string{"Granted", strings.Join(describeNeeds(p.Granted), "; ")},
		[2]string{"Sandbox", sandbox}, [2]string{"Confined", p.Sandbox.Summary}, [2]string{"Missing", strings.Join(p.Sandbox.Missing, "; ")},
		[2]string{"Not confined", strings.Join(p.Sandbox.Open, "; ")},
		[2]string{"Process", number(p.PID)}, [2]string{"Restarts", number(p.Restarts)}, [2]string{"Last error", p.LastError},
		[2]string{"Warning", p.Warning},
	)
	if err != nil {
		return err
	}
	return showParts(out, p)
}

// showParts shows the tables of a plugin that have something in them.
func showParts(out *terminal.Terminal, p *client.Plugin) error {
	var offers, processes, calls, instances [][]string
	for _, o := range p.Offers {
		offers = append(offers, []string{o.Version, o.SHA256, o.Signature, o.Publisher, o.Problem})
	}
	for _, one := range p.Processes {
		processes = append(processes, []string{
			one.Name, number(one.PID), one.State, fmt.Sprintf("%.1f%%", one.CPU), bytes(one.Memory), strconv.Itoa(one.Restarts), one.LastError,
		})
	}
	for _, one := range p.Instances {
		instances = append(instances, []string{one.ID, one.Component, one.Name, one.State, one.Message})
	}
	for _, one := range p.Calls {
		calls = append(calls, []string{
			one.Method, strconv.FormatUint(one.Count, 10), strconv.FormatUint(one.Errors, 10),
			fmt.Sprintf("%.1f ms", one.P50), fmt.Sprintf("%.1f ms", one.P99),
		})
	}
	tables := []struct {
		head []string
		rows [][]string
	}{
		{[]string{"OFFERED", "SHA-256", "SIGNATURE", "PUBLISHER", "PROBLEM"}, offers},
		{[]string{"PROCESS", "PID", "STATE", "CPU", "MEMORY", "RESTARTS", "LAST ERROR"}, processes},
		{[]string{"INSTANCE", "COMPONENT", "NAME", "STATE", "MESSAGE"}, instances},
		{[]string{"CALL", "COUNT", "ERRORS", "MEDIAN", "99 OF 100"}, calls},
	}
	for _, table := range tables {
		if len(table.rows) == 0 {
			continue
		}
		fmt.Fprintln(out.Out)
		if err := out.Table(table.head, table.rows); err != nil {
			return err
		}
	}
	return nil
}

func since(state string, at time.Time) string {
	if at.IsZero() {
		return state
	}
	return state + " since " + at.Local().Format(time.DateTime)
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
