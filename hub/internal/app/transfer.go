package app

import (
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/hub/internal/transfer"
	"github.com/pulse-hub/pulse/hub/internal/wall"
)

// newTransfer makes what takes the configuration out and in.
func (a *App) newTransfer(settings *store.DB, platform *platform, alerting *alerting, telling *telling, around *wall.Wall) *transfer.Desk {
	return transfer.New(transfer.Options{
		Records: settings, Plugins: platform.registry, Checker: telling.channels, Host: platform.host, Scheduler: platform.scheduler,
		Kept: platform, Alerts: alerting.Desk, Version: a.build.Version, Logger: a.logger.Named("transfer"),
		Parts: []transfer.Part{
			{Name: "users", Reload: around.Users.Load},
			{Name: "tokens", Reload: around.Tokens.Reload},
			{Name: "identity providers", Reload: around.SSO.Load},
			{Name: "SAML provider", Reload: around.SAML.Load},
		},
	})
}

// initial is the bundle that is imported at the first start.
func (a *App) initial() transfer.Initial {
	wanted := a.config.Initial
	return transfer.Initial{Data: wanted.Data, File: wanted.File, URL: wanted.URL, Passphrase: wanted.Passphrase}
}
