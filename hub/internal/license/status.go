package license

import (
	"slices"
	"time"
)

// Status is how it is with the license, as the public API tells it.
type Status struct {
	// Valid says that features are on, also during the days of grace.
	Valid bool `json:"valid"`
	// Tier is Free without a license. That of an expired license is still told.
	Tier  Tier   `json:"tier"`
	Email string `json:"email,omitempty"`
	// ExpiresAt is missing for one that never expires.
	ExpiresAt  *time.Time `json:"expires_at,omitempty"`
	IsLifetime bool       `json:"is_lifetime"`
	// DaysRemaining is how many whole days are left; -1: it never expires.
	DaysRemaining int `json:"days_remaining"`
	// Features are null without a license.
	Features []Feature `json:"features"`
	// MaxNodes and MaxGuests are told and not enforced; missing: any number.
	MaxNodes  int `json:"max_nodes,omitempty"`
	MaxGuests int `json:"max_guests,omitempty"`
	// InGracePeriod says that it has expired and features are still on until GracePeriodEnd.
	InGracePeriod  bool       `json:"in_grace_period,omitempty"`
	GracePeriodEnd *time.Time `json:"grace_period_end,omitempty"`
}

// Overview is which features are on, as the public API tells it.
type Overview struct {
	// LicenseStatus is none, active, expired or grace_period.
	LicenseStatus string           `json:"license_status" enum:"none,active,expired,grace_period"`
	Features      map[Feature]bool `json:"features"`
	UpgradeURL    string           `json:"upgrade_url"`
}

// standing is how it is with a license at a time.
type standing string

const (
	none    standing = "none"
	active  standing = "active"
	grace   standing = "grace_period"
	expired standing = "expired"
)

func (d *Desk) standing(claims *Claims) standing {
	if claims == nil {
		return none
	}
	expires, now := claims.expires(), d.options.Now()
	switch {
	case expires.IsZero() || now.Before(expires):
		return active
	case now.Before(expires.Add(Grace)):
		return grace
	}
	return expired
}

// Status returns how it is with the license.
func (d *Desk) Status() Status { return d.statusOf(d.current.Load()) }

func (d *Desk) statusOf(claims *Claims) Status {
	if claims == nil {
		return Status{Tier: Free}
	}
	is := d.standing(claims)
	status := Status{
		Valid: is == active || is == grace, Tier: claims.Tier, Email: claims.Email, Features: claims.features(),
		MaxNodes: claims.MaxNodes, MaxGuests: claims.MaxGuests,
	}
	expires := claims.expires()
	if expires.IsZero() {
		status.IsLifetime, status.DaysRemaining = true, -1
		return status
	}
	status.ExpiresAt = &expires
	status.DaysRemaining = wholeDays(d.options.Now(), claims.Expires)
	if is == grace {
		end := expires.Add(Grace)
		status.InGracePeriod, status.GracePeriodEnd = true, &end
	}
	return status
}

// wholeDays returns how many days are left until a time in Unix seconds. A time.Duration would not hold them all.
func wholeDays(now time.Time, until int64) int {
	left := until - now.Unix()
	if now.Nanosecond() > 0 {
		left--
	}
	return int(max(left/(24*60*60), 0))
}

// Features returns which features are on.
func (d *Desk) Features() Overview {
	overview := Overview{
		LicenseStatus: string(d.standing(d.current.Load())), Features: map[Feature]bool{}, UpgradeURL: d.options.UpgradeURL,
	}
	for _, feature := range displayed() {
		overview.Features[feature] = d.Has(feature)
	}
	return overview
}

// Has reports whether a feature is on. Without a license none is.
func (d *Desk) Has(feature Feature) bool {
	if d.options.Mock {
		return true
	}
	claims := d.current.Load()
	is := d.standing(claims)
	return (is == active || is == grace) && slices.Contains(claims.features(), feature)
}

// Gate returns nil when a feature is on, and a *Required when it is not.
func (d *Desk) Gate(feature Feature) error {
	if d.Has(feature) {
		return nil
	}
	return &Required{
		Feature: feature, Message: "feature not included in license: " + feature.Title() + " requires Pulse Pro", UpgradeURL: d.options.UpgradeURL,
	}
}
