package api_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/fleet"
	"github.com/pulse-hub/pulse/hub/internal/fleet/hostid"
	"github.com/pulse-hub/pulse/hub/internal/fleet/remote"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/report"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// revoked notes which tokens were revoked.
type revoked struct{ ids []string }

func (r *revoked) RevokeMade(_ context.Context, id string) (auth.Token, error) {
	r.ids = append(r.ids, id)
	return auth.Token{}, nil
}

// crew is everything that deals with agents, over a real store.
type crew struct {
	hosts   *hostid.Registry
	desk    *fleet.Desk
	reports *report.Ingest
	remote  *remote.Hub
	revoked *revoked
}

func newCrew(tb testing.TB, inv *inventory.Inventory, callers *auth.Authenticator, now func() time.Time) *crew {
	tb.Helper()
	dir := tb.TempDir()
	settings, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{KeyFile: filepath.Join(dir, "pulse.key"), Logger: hclog.NewNullLogger()})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = settings.Close() })
	c := &crew{hosts: hostid.New(settings), revoked: &revoked{}}
	c.desk = fleet.New(fleet.Options{
		Records: settings, Inventory: inv, Tokens: c.revoked, Hosts: c.hosts, Logger: hclog.NewNullLogger(), Now: now,
	})
	c.reports = report.New(report.Options{Inventory: inv, Hosts: c.hosts, Fleet: c.desk, Now: now})
	c.remote = remote.New(remote.Options{Recognize: api.Recognizes(callers), Logger: hclog.NewNullLogger()})
	return c
}
