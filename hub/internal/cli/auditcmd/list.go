package auditcmd

import (
	"encoding/json"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/cli/client"
	"github.com/pulse-hub/pulse/hub/internal/cli/connect"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
)

func listCommand(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "list", Aliases: []string{"ls"}, Short: "List who changed what, the newest first", Args: usage.Args,
		Example: "  pulse audit list --since 36h --kind user\n  pulse audit list --outcome failure --limit 20",
	}
	hub, filter := connect.New(options.LookupEnv, command), newFilter(command)
	limit, asJSON := 0, false
	command.Flags().IntVar(&limit, "limit", audit.DefaultLimit, "how many at most")
	command.Flags().BoolVar(&asJSON, "json", false, "write each event as a line of JSON")
	command.RunE = func(command *cobra.Command, _ []string) error {
		query, err := filter.query(options.Now())
		if err != nil {
			return err
		}
		if limit < 1 {
			return usage.Errorf("--limit must be at least 1")
		}
		return hub.With(func(hub *client.Client) error {
			events, err := pages(query, limit, func(query url.Values) (client.AuditPage, error) {
				return hub.Audit(command.Context(), query)
			})
			if err != nil {
				return err
			}
			return options.show(events, asJSON)
		})
	}
	return command
}

// pages reads as many pages as it takes.
func pages(query url.Values, limit int, read func(url.Values) (client.AuditPage, error)) ([]audit.Event, error) {
	var events []audit.Event
	for {
		query.Set("limit", strconv.Itoa(min(limit-len(events), audit.MaxLimit)))
		page, err := read(query)
		if err != nil {
			return nil, err
		}
		events = append(events, page.Events...)
		if page.Next == 0 || len(page.Events) == 0 || len(events) >= limit {
			return events, nil
		}
		query.Set("before", strconv.FormatUint(page.Next, 10))
	}
}

func (o Options) show(events []audit.Event, asJSON bool) error {
	if asJSON {
		encoder := json.NewEncoder(o.Terminal.Out)
		for i := range events {
			if err := encoder.Encode(&events[i]); err != nil {
				return err
			}
		}
		return nil
	}
	rows := make([][]string, 0, len(events))
	for i := range events {
		e := &events[i]
		what := e.What
		if e.Outcome != audit.Success {
			what += " (" + e.Outcome + ")"
		}
		rows = append(rows, []string{
			strconv.FormatUint(e.Seq, 10), e.At.In(o.Now().Location()).Format(time.DateTime), e.Actor, e.Via, e.From,
			e.Kind, e.Subject, what, e.Detail,
		})
	}
	return o.Terminal.Table([]string{"NO", "TIME", "WHO", "VIA", "FROM", "KIND", "THING", "WHAT", "DETAIL"}, rows)
}
