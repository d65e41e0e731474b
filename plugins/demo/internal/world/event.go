package world

import (
	"fmt"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// longestNews is how far back events are told, however long nobody asked.
const longestNews = time.Hour

// Events returns what happened on the site after one moment and up to another,
// the oldest first; nothing that is more than an hour old.
func (s *Site) Events(after, upTo time.Time) []resource.Event {
	after = news(after, upTo)
	var out []resource.Event
	for _, g := range s.guests {
		if g.away != "" {
			for _, start := range within(g.moves, after.Add(-migration), upTo.Add(-migration)) {
				out = append(out, g.moved(start.Add(migration)))
			}
		}
		if run := g.nightly(upTo); !g.noBackup && !g.template && run.failure != "" && run.end.After(after) && !run.end.After(upTo) {
			out = append(out, resource.Event{
				ID: "backup-failed/" + g.id() + "/" + run.start.Format(time.RFC3339), At: run.end, Severity: "warning", ResourceID: g.id(),
				Message: fmt.Sprintf("backup of %s failed: %s", g.name, run.failure), Labels: map[string]string{"node": g.nodeAt(run.start)},
			})
		}
	}
	return sorted(out)
}

func (g *guest) moved(at time.Time) resource.Event {
	from, to := g.nodeAt(at.Add(-time.Second)), g.nodeAt(at)
	return resource.Event{
		ID: "migrated/" + g.id() + "/" + at.Format(time.RFC3339), At: at, Severity: "info", ResourceID: g.id(),
		Message: fmt.Sprintf("%s moved from %s to %s", g.name, from, to), Labels: map[string]string{"node": to},
	}
}

// Events returns what happened to the containers after one moment and up to
// another, the oldest first; nothing that is more than an hour old.
func (f *Fleet) Events(after, upTo time.Time) []resource.Event {
	after = news(after, upTo)
	var out []resource.Event
	for _, e := range f.engines {
		for _, c := range e.containers {
			if c.state != "running" {
				continue
			}
			for _, start := range within(c.starts, after, upTo) {
				out = append(out, resource.Event{
					ID: "restarted/" + e.name + "/" + c.id + "/" + start.Format(time.RFC3339), At: start, Severity: "warning",
					ResourceID: e.name + "/" + c.id, Message: fmt.Sprintf("%s on %s has restarted", c.name, e.name),
					Labels: map[string]string{"image": c.spec.image},
				})
			}
		}
	}
	return sorted(out)
}

func news(after, upTo time.Time) time.Time {
	if oldest := upTo.Add(-longestNews); after.Before(oldest) {
		return oldest
	}
	return after
}

// within returns the runs of a cycle after one moment and up to another.
func within(c signal.Cycle, after, upTo time.Time) []time.Time {
	var runs []time.Time
	for i := c.Index(after) + 1; i <= c.Index(upTo); i++ {
		runs = append(runs, c.Run(i))
	}
	return runs
}

func sorted(events []resource.Event) []resource.Event {
	slices.SortFunc(events, func(a, b resource.Event) int { return a.At.Compare(b.At) })
	return events
}
