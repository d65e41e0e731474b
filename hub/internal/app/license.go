package app

import (
	"cmp"
	"context"

	"github.com/pulse-hub/pulse/hub/internal/license"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// newLicense makes what keeps the licence, and brings back the one that is in force.
func (a *App) newLicense(ctx context.Context, settings *store.DB) (*license.Desk, error) {
	key, err := license.ParsePublicKey(cmp.Or(a.config.Licence.PublicKey, a.build.LicensePublicKey))
	if err != nil {
		return nil, err
	}
	desk := license.New(license.Options{
		Records: settings, PublicKey: key, Mock: a.config.Mock, Logger: a.logger.Named("license"),
		Development: a.config.Licence.Development && a.build.Version == "dev",
	})
	return desk, desk.Load(ctx)
}
