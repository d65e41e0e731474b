package app

import (
	"context"

	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/fleet"
	"github.com/pulse-hub/pulse/hub/internal/fleet/hostid"
	"github.com/pulse-hub/pulse/hub/internal/fleet/remote"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/report"
)

// agents are the parts of the hub that deal with machines that report.
type agents struct {
	issuer  *auth.Issuer
	hosts   *hostid.Registry
	desk    *fleet.Desk
	reports *report.Ingest
	remote  *remote.Hub
}

func (a *App) newAgents(ctx context.Context, opened stores, live *inventory.Inventory, callers *auth.Authenticator) (*agents, error) {
	settings := opened.settings
	issuer := a.newIssuer(settings, callers)
	hosts := hostid.New(settings)
	if err := hosts.Load(ctx); err != nil {
		return nil, err
	}
	desk := fleet.New(fleet.Options{
		Records: settings, Inventory: live, Tokens: issuer, Hosts: hosts, Logger: a.logger.Named("fleet"),
	})
	if err := desk.Load(ctx); err != nil {
		return nil, err
	}
	return &agents{
		issuer: issuer, hosts: hosts, desk: desk,
		reports: report.New(report.Options{Inventory: live, Hosts: hosts, Fleet: desk, Blocked: opened.metrics.Blocked}),
		remote:  remote.New(remote.Options{Recognize: api.Recognizes(callers), Logger: a.logger.Named("remote")}),
	}, nil
}
