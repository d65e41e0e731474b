// Package auditcmd is the commands that look at the audit log of a hub and check it.
package auditcmd

import (
	"errors"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/terminal"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
)

// ErrNotInOrder is returned when a log is not as it was written. What is wrong was shown before.
var ErrNotInOrder = errors.New("the audit log is not as it was written")

// Options are what the commands need.
type Options struct {
	Terminal  *terminal.Terminal
	LookupEnv func(string) (string, bool)
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Command returns the command with those beneath it.
func Command(options Options) *cobra.Command {
	if options.Now == nil {
		options.Now = time.Now
	}
	command := usage.Group(&cobra.Command{Use: "audit", Short: "See who changed what, and check that it is all there"})
	command.AddCommand(listCommand(options), verifyCommand(options), exportCommand(options))
	return command
}

// filter is the flags that say which events are wanted.
type filter struct{ since, until, actor, kind, subject, what, outcome, text string }

func newFilter(command *cobra.Command) *filter {
	f := &filter{}
	flags := command.Flags()
	flags.StringVar(&f.since, "since", "", "from this time on: RFC 3339, a date, or how long ago, as 36h")
	flags.StringVar(&f.until, "until", "", "before this time")
	flags.StringVar(&f.actor, "actor", "", "what this person, token or hub did")
	flags.StringVar(&f.kind, "kind", "", "what was done to this kind of thing")
	flags.StringVar(&f.subject, "subject", "", "what was done to this thing")
	flags.StringVar(&f.what, "what", "", "where this was done")
	flags.StringVar(&f.outcome, "outcome", "", "success or failure")
	flags.StringVar(&f.text, "text", "", "where this occurs")
	return f
}

// query returns the parameters of a call.
func (f *filter) query(now time.Time) (url.Values, error) {
	query := url.Values{}
	for name, value := range map[string]string{
		"actor": f.actor, "kind": f.kind, "subject": f.subject, "what": f.what, "outcome": f.outcome, "text": f.text,
	} {
		if value != "" {
			query.Set(name, value)
		}
	}
	for name, value := range map[string]string{"since": f.since, "until": f.until} {
		if value == "" {
			continue
		}
		at, err := parseTime(value, now)
		if err != nil {
			return nil, err
		}
		query.Set(name, at.Format(time.RFC3339))
	}
	return query, nil
}

func parseTime(text string, now time.Time) (time.Time, error) {
	if ago, err := time.ParseDuration(text); err == nil {
		return now.Add(-ago.Abs()), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateTime, "2006-01-02 15:04", time.DateOnly} {
		if at, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return at, nil
		}
	}
	return time.Time{}, usage.Errorf("%.40q is not a time; write 2026-05-04, 2026-05-04T03:02:01Z or 36h", text)
}
