package hubcmd

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/client"
	"github.com/pulse-hub/pulse/hub/internal/cli/terminal"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
)

func listCommand(options Options) *cobra.Command {
	command := &cobra.Command{Use: "ls", Aliases: []string{"list"}, Short: "List the plugins of the hub", Args: usage.Args}
	hub := newConnection(options, command)
	asJSON := command.Flags().Bool("json", false, "write JSON")
	command.RunE = func(command *cobra.Command, _ []string) error {
		return hub.with(func(hub *client.Client) error {
			list, err := hub.Plugins(command.Context())
			if err != nil {
				return err
			}
			if *asJSON {
				return writeJSON(options.Terminal.Out, list)
			}
			return showList(options.Terminal, list)
		})
	}
	return command
}

func showList(out *terminal.Terminal, list client.PluginList) error {
	var rows [][]string
	for _, plugin := range list.Plugins {
		var cpu float64
		var memory uint64
		for _, process := range plugin.Processes {
			cpu, memory = cpu+process.CPU, memory+process.Memory
		}
		used, taken := "", ""
		if memory > 0 {
			used, taken = fmt.Sprintf("%.1f%%", cpu), bytes(memory)
		}
		rows = append(rows, []string{
			plugin.ID, plugin.Version, plugin.State, plugin.Trust, plugin.Sandbox.Effective,
			strconv.Itoa(len(plugin.Instances)), used, taken, strconv.Itoa(plugin.Restarts), plugin.Reason,
		})
	}
	head := []string{"ID", "VERSION", "STATE", "TRUST", "SANDBOX", "INSTANCES", "CPU", "MEMORY", "RESTARTS", "REASON"}
	if err := out.Table(head, rows); err != nil || len(list.Inbox) == 0 {
		return err
	}
	rows = nil
	for _, item := range list.Inbox {
		rows = append(rows, []string{item.Name, item.State, item.Reason})
	}
	fmt.Fprintln(out.Out)
	return out.Table([]string{"IN THE INBOX", "STATE", "REASON"}, rows)
}

// bytes writes a number of bytes for people.
func bytes(n uint64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	value, prefix := float64(n)/unit, 0
	for value >= unit && prefix < 4 {
		value, prefix = value/unit, prefix+1
	}
	return fmt.Sprintf("%.1f %ciB", value, "KMGTP"[prefix])
}

func writeJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}
