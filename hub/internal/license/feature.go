package license

import "slices"

// Feature is something that a license pays for. The names are part of the public API.
type Feature string

// The features. The first five are asked about by clients.
const (
	Patrol        Feature = "ai_patrol"
	AlertAnalysis Feature = "ai_alerts"
	AutoFix       Feature = "ai_autofix"
	KubernetesAI  Feature = "kubernetes_ai"
	UpdateAlerts  Feature = "update_alerts"
	Unlimited     Feature = "unlimited"
	MultiUser     Feature = "multi_user"
	WhiteLabel    Feature = "white_label"
	MultiTenant   Feature = "multi_tenant"
)

// displayed returns the features that clients are told of.
func displayed() []Feature {
	return []Feature{Patrol, AlertAnalysis, AutoFix, KubernetesAI, UpdateAlerts}
}

// Title returns the name of a feature for people.
func (f Feature) Title() string {
	switch f {
	case Patrol:
		return "AI Patrol (Background Health Checks)"
	case AlertAnalysis:
		return "AI Alert Analysis"
	case AutoFix:
		return "AI Auto-Fix"
	case KubernetesAI:
		return "Kubernetes AI Analysis"
	case UpdateAlerts:
		return "Update Alerts (Container/Package Updates)"
	}
	return string(f)
}

// Tier is what was bought. The names are part of the public API.
type Tier string

// The tiers. Free is what a hub without a license has.
const (
	Free       Tier = "free"
	Pro        Tier = "pro"
	ProAnnual  Tier = "pro_annual"
	Lifetime   Tier = "lifetime"
	MSP        Tier = "msp"
	Enterprise Tier = "enterprise"
)

// Features returns what a tier holds; nothing for one that is not known here. The slice is the caller's.
func (t Tier) Features() []Feature {
	switch t {
	case Free:
		return []Feature{UpdateAlerts}
	case Pro, ProAnnual, Lifetime:
		return displayed()
	case MSP:
		return append(displayed(), Unlimited)
	case Enterprise:
		return append(displayed(), Unlimited, MultiUser, WhiteLabel, MultiTenant)
	}
	return nil
}

// features returns those of the tier and of the key itself, each once.
func (c Claims) features() []Feature {
	all := c.Tier.Features()
	for _, feature := range c.Features {
		if !slices.Contains(all, feature) {
			all = append(all, feature)
		}
	}
	return all
}

// Required says that a feature needs a license that is not there.
type Required struct {
	Feature Feature
	// Message is for people.
	Message string
	// UpgradeURL is where licenses are sold.
	UpgradeURL string
}

// Error returns the message.
func (r *Required) Error() string { return r.Message }
