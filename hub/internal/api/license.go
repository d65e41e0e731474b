package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/license"
)

// LicenseDesk keeps the hub's license, as license.Desk does.
type LicenseDesk interface {
	Activate(ctx context.Context, key string) (license.Status, error)
	Clear(ctx context.Context) error
	Status() license.Status
	Features() license.Overview
}

// LicenseKey is a key to activate.
type LicenseKey struct {
	LicenseKey string `json:"license_key" required:"true"`
}

// LicenseActivated says that a license is in force.
type LicenseActivated struct {
	Success bool           `json:"success"`
	Message string         `json:"message"`
	Status  license.Status `json:"status"`
}

// LicenseCleared says that there is no license any more.
type LicenseCleared struct {
	Success bool   `json:"success"`
	Message string `json:"message"`
}

// LicenseRoutes returns the routes of a license.
func LicenseRoutes(desk LicenseDesk) []route.Route {
	l := licenseCounter{desk}
	return []route.Route{
		{
			Path: "/api/license/status", Access: route.AdminOf(), Resource: auth.ResourceSettings,
			Summary: "The license", Answer: license.Status{}, Handle: l.status,
		},
		{
			Path: "/api/license/features", Access: route.Authenticated(), Resource: auth.ResourceSettings,
			Summary: "Which features are licensed", Answer: license.Overview{}, Handle: l.features,
		},
		{
			Methods: []string{http.MethodPost}, Path: "/api/license/activate", Access: route.Admin(auth.ScopeSettingsWrite),
			Resource: auth.ResourceSettings, MaxBody: license.MaxKey + 1<<10,
			Summary: "Put a license in force", Body: LicenseKey{}, Answer: LicenseActivated{}, Handle: l.activate,
		},
		{
			Methods: []string{http.MethodPost}, Path: "/api/license/clear", Access: route.Admin(auth.ScopeSettingsWrite),
			Resource: auth.ResourceSettings, Summary: "Remove the license", Answer: LicenseCleared{}, Handle: l.clear,
		},
	}
}

// licenseCounter answers the routes of a license.
type licenseCounter struct{ desk LicenseDesk }

func (l licenseCounter) status(*route.Call) (any, error) { return l.desk.Status(), nil }

func (l licenseCounter) features(*route.Call) (any, error) { return l.desk.Features(), nil }

func (l licenseCounter) activate(c *route.Call) (any, error) {
	var body LicenseKey
	if err := decode(c, &body); err != nil {
		return nil, licenseRefused("Invalid request body")
	}
	before := l.desk.Status()
	status, err := l.desk.Activate(c.Context(), body.LicenseKey)
	if err != nil {
		return nil, licenseFailure(err)
	}
	c.Changed(route.Change{Subject: "license", What: "activated", Detail: string(status.Tier), Before: before, After: status})
	return LicenseActivated{Success: true, Message: "License activated successfully", Status: status}, nil
}

func (l licenseCounter) clear(c *route.Call) (any, error) {
	before := l.desk.Status()
	if err := l.desk.Clear(c.Context()); err != nil {
		return nil, err
	}
	c.Changed(route.Change{Subject: "license", What: "removed", Before: before})
	return LicenseCleared{Success: true, Message: "License cleared"}, nil
}

func licenseFailure(err error) error {
	switch {
	case errors.Is(err, license.ErrNoKey):
		return licenseRefused("License key is required")
	case errors.Is(err, license.ErrMalformed), errors.Is(err, license.ErrSignature),
		errors.Is(err, license.ErrNoPublicKey), errors.Is(err, license.ErrExpired):
		return licenseRefused(err.Error())
	}
	return err
}

func licenseRefused(message string) error {
	return &route.Error{
		Status: http.StatusBadRequest, Code: "license_refused", Message: message, Explanation: message,
		More: map[string]any{"success": false},
	}
}
