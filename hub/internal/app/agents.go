package app

import (
	"context"

	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/fleet"
	"github.com/pulse-hub/pulse/hub/internal/fleet/hostid"
	"github.com/pulse-hub/pulse/hub/internal/fleet/remote"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/report"
	"github.com/pulse-hub/pulse/hub/internal/wall"
)

// agents are the parts of the hub that deal with machines that report.
type agents struct {
	hosts   *hostid.Registry
	desk    *fleet.Desk
	reports *report.Ingest
	remote  *remote.Hub
}

func (a *App) newAgents(ctx context.Context, opened stores, live *inventory.Inventory, around *wall.Wall) (*agents, error) {
	settings := opened.settings
	hosts := hostid.New(settings)
	if err := hosts.Load(ctx); err != nil {
		return nil, err
	}
	desk := fleet.New(fleet.Options{
		Records: settings, Inventory: live, Tokens: around.Issuer, Hosts: hosts, Logger: a.logger.Named("fleet"),
	})
	if err := desk.Load(ctx); err != nil {
		return nil, err
	}
	return &agents{
		hosts: hosts, desk: desk,
		reports: report.New(report.Options{Inventory: live, Hosts: hosts, Fleet: desk, Blocked: opened.metrics.Blocked}),
		remote:  remote.New(remote.Options{Recognize: api.Recognizes(around.Tokens), Logger: a.logger.Named("remote")}),
	}, nil
}
