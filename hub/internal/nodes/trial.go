package nodes

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
)

// errTestTimeout is why a trial ended that took too long.
var errTestTimeout = errors.New("the server did not answer in time")

// Trial is what was found at a server that answered.
type Trial struct {
	Type string
	// Version is that of the product, Release the part of it before the first
	// dot and what follows that: "8.2" of "8.2.4".
	Version, Release string
	// Cluster is empty for a server that stands alone.
	Cluster string
	// Nodes is how many nodes there are, NodeNames are their names if they were told.
	Nodes     int
	NodeNames []string
	// Datastores is how many a backup server has.
	Datastores int
	// Warnings say what the account may not see.
	Warnings []string
	// Summary is for people, Facts are what else was told.
	Summary string
	Facts   map[string]string
	// Latency is how long all of it took.
	Latency time.Duration
}

// FailedError says that a server could not be used. Its text is for people.
type FailedError struct {
	// Initial says that nothing was asked: the configuration is not valid, or the plugin does not run.
	Initial bool
	Summary string
	Fields  []supervise.FieldError
}

// Error says the reason, by the first field that is blamed if there is one.
func (e *FailedError) Error() string {
	if e.Summary == "" && len(e.Fields) > 0 {
		return e.Fields[0].Message
	}
	return e.Summary
}

// Try asks a node that is configured whether it can be used. What keeps it
// from that is a *FailedError; other errors are ErrID, ErrUnknown or inner ones.
func (d *Directory) Try(ctx context.Context, id string) (Trial, error) {
	one, _, err := d.find(ctx, id)
	if err != nil {
		return Trial{}, err
	}
	if d.Mock {
		return Trial{Type: one.product.typ, Nodes: 1, Summary: "made up"}, nil
	}
	return d.trySaved(ctx, &one)
}

// TryDraft asks a server that is not configured. Beside those of Try there are
// the errors of drafts; a name is not needed.
func (d *Directory) TryDraft(ctx context.Context, n *Draft) (Trial, error) {
	p, err := n.checkConnection()
	if err != nil {
		return Trial{}, err
	}
	var kept record
	filled, err := d.fill(ctx, p, instance.Instance{}, n, &kept)
	if err != nil {
		return Trial{}, initial(err)
	}
	return d.try(ctx, filled, "")
}

func (d *Directory) trySaved(ctx context.Context, one *entry) (Trial, error) {
	component, err := d.Components.Component(ctx, one.product.plugin, one.product.component)
	if err != nil {
		return Trial{}, initial(err)
	}
	filled, err := newForm(one.product, component.Config, one.instance)
	if err != nil {
		return Trial{}, err
	}
	return d.try(ctx, filled, one.instance.ID)
}

// try has the plugin look. With the id of an instance, secrets come from that.
func (d *Directory) try(ctx context.Context, f *form, id string) (Trial, error) {
	limit := testTimeout
	if f.product.typ == "pmg" {
		limit = testTimeoutPMG
	}
	limited, cancel := context.WithTimeoutCause(ctx, limit, errTestTimeout)
	defer cancel()
	draft, err := f.draft("", true)
	if err != nil {
		return Trial{}, err
	}
	start := time.Now()
	result, err := d.Office.Test(limited, draft, id)
	switch {
	case ctx.Err() != nil:
		return Trial{}, context.Cause(ctx)
	case limited.Err() != nil:
		return Trial{}, &FailedError{Summary: errTestTimeout.Error()}
	case err != nil:
		return Trial{}, initial(err)
	case !result.OK:
		return Trial{}, &FailedError{Summary: result.Summary, Fields: result.Fields}
	}
	tried := trialOf(f.product.typ, result)
	tried.Latency = time.Since(start)
	return tried, nil
}

// initial makes a *FailedError of what kept the plugin from being asked.
func initial(err error) error {
	if errors.Is(err, ErrCredentials) {
		return err
	}
	return &FailedError{Initial: true, Summary: err.Error()}
}

// trialOf reads the facts that the three plugins tell: "version", "cluster",
// "nodes" (their names, or how many there are), "datastores", and what they
// may not see as "missing_privileges" and "limits".
func trialOf(typ string, result supervise.TestResult) Trial {
	facts := result.Facts
	tried := Trial{
		Type: typ, Version: facts["version"], Release: facts["release"], Cluster: facts["cluster"],
		Summary: result.Summary, Facts: facts,
	}
	if tried.Release == "" {
		if major, minor, found := strings.Cut(tried.Version, "."); found {
			minor, _, _ = strings.Cut(minor, ".")
			tried.Release = major + "." + minor
		}
	}
	tried.Nodes, tried.NodeNames = members(facts["nodes"])
	tried.Datastores, _ = strconv.Atoi(facts["datastores"]) // absent: none were seen
	if missing := facts["missing_privileges"]; missing != "" {
		tried.Warnings = append(tried.Warnings, fmt.Sprintf("The account lacks privileges: %s", missing))
	}
	if ahead := facts["clock_ahead_of_hub"]; ahead != "" {
		tried.Warnings = append(tried.Warnings, fmt.Sprintf("The server's clock is %s ahead of Pulse's", ahead))
	}
	if limits := facts["limits"]; limits != "" {
		tried.Warnings = append(tried.Warnings, limits)
	}
	return tried
}

// members reads a number of nodes, or their names with commas between.
func members(fact string) (int, []string) {
	if n, err := strconv.Atoi(fact); err == nil {
		return max(n, 1), nil
	}
	var names []string
	for name := range strings.SplitSeq(fact, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return max(len(names), 1), names
}
