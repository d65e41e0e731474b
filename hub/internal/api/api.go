// Package api declares the routes of the hub's public API and answers them.
package api

import (
	"net/http"
	"slices"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/sso"
	"github.com/pulse-hub/pulse/hub/internal/auth/sso/saml"
	"github.com/pulse-hub/pulse/hub/internal/condition"
	"github.com/pulse-hub/pulse/hub/internal/fleet"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics/remote/write"
)

// Snapshots gives the present.
type Snapshots interface {
	// Snapshot returns the newest snapshot without blocking.
	Snapshot() *inventory.Snapshot
}

// Tokens says what is known of the ways to sign in, for display.
type Tokens interface {
	Configured() bool
	Newest() (auth.Token, bool)
}

// Build says which program this is and how it runs.
type Build struct {
	// Version has no leading "v"; "dev" for a build from a working tree.
	Version string
	// Deployment is how it was installed: "systemd", "docker", "manual", ….
	Deployment string
	// Development says that it is a build from a working tree.
	Development bool
	// PluginDevelopment says that plugins may run unchecked from their authors' folders.
	PluginDevelopment bool
	// Container says that it runs inside of one.
	Container bool
	// Started is when the hub started.
	Started time.Time
}

// Security is where the hub is found.
type Security struct {
	// PublicURL is the address people and agents reach the hub at; empty: as they asked for it.
	PublicURL string
	// DataDir is where the hub keeps its files.
	DataDir string
}

// API answers the routes. It is safe for concurrent use.
type API struct {
	Parts
	documents *route.Documents
}

// Parts are what the API is made of. Each is needed.
type Parts struct {
	Build      Build
	Security   Security
	Inventory  Snapshots
	Reports    Reports
	HostTokens HostTokens
	// Fleet is where machines with agents are managed.
	Fleet *fleet.Desk
	// Remote serves the agents that run commands.
	Remote       Remote
	State        StateView
	Resources    ResourceView
	Measurements Measurements
	// RemoteWrite says how it is with those that samples are passed on to, as write.Writer.Status; nil: there are none.
	RemoteWrite func() []write.Status
	// Alerts is where alerts are decided about and remembered.
	Alerts Alerts
	// ChannelSettings is what is set up to tell people, Channels what they can be told by, Notifications what tells them.
	ChannelSettings ChannelSettings
	Channels        Channels
	Notifications   Notifications
	// PromQL answers queries of Prometheus' clients, Values serves scrapers.
	PromQL     PromQL
	Values     http.Handler
	Scheduler  Scheduler
	Plugins    Plugins
	Publishers Publishers
	PluginLogs PluginLogs
	Instances  Instances
	// InstanceReports is what plugins said of Instances.
	InstanceReports InstanceReports
	Nodes           Nodes
	Discovery       Discovery
	SetupTokens     SetupTokens
	// Programs are what machines download.
	Programs Programs
	// Callers recognises API tokens that come in a body, Issuer makes them.
	Callers Recognizer
	Issuer  TokenIssuer
	// Wall is how the hub is protected, SignIn lets people in, and the others are what that takes.
	Wall     Wall
	SignIn   SignIn
	Sessions SessionDesk
	Cookies  Cookies
	Browsers route.Browsers
	Recovery RecoveryDesk
	// Attempts are those to sign in, Factors what proves who somebody is besides a password.
	Attempts interface{ Reset(identifier string) }
	Factors  FactorDesk
	// SSO are the identity providers, and ProviderSessions the sessions that hang on theirs.
	SSO              *sso.Desk
	ProviderSessions ProviderSessions
	// SAML is one more.
	SAML *saml.Desk
	// Keys seals what is secret in the store.
	Keys KeyKeeper
	// License says which features are paid for, and Transfer takes the configuration out and in.
	License  LicenseDesk
	Transfer TransferDesk
	// Approvals keeps commands that wait for somebody to agree to them, Commands runs them.
	Approvals Approvals
	Commands  Commands
	// Audit is where it is written down who changed what, AuditLog where that is looked up.
	Audit    route.Audit
	AuditLog AuditLog
	// Broadcast tells those who are connected to Stream.
	Broadcast Broadcaster
	// Stream serves the websocket; the request is authenticated.
	Stream http.Handler
	// Conditions returns what is wrong with the hub, as condition.Board.List; nil: nothing ever.
	Conditions func() ([]condition.Condition, <-chan struct{})
	// Description is the OpenAPI document of the routes.
	Description []byte
	Logger      hclog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// keptDocuments bounds how many prepared bodies are kept: the state, and the
// charts and lists by their parameters.
const keptDocuments = 32

// New builds an API.
func New(parts Parts) *API {
	if parts.Now == nil {
		parts.Now = time.Now
	}
	nonce := parts.Now().UTC().Format("20060102150405.000000")
	return &API{Parts: parts, documents: route.NewDocuments(route.DocumentsOptions{
		Nonce: nonce, Limit: keptDocuments, Now: parts.Now,
	})}
}

// Routes returns every route, by area.
func (a *API) Routes() []route.Route {
	var all []route.Route
	for _, area := range []struct {
		name     string
		resource auth.Resource
		routes   []route.Route
	}{
		{"System", auth.ResourceMonitoring, a.systemRoutes()},
		{"Security", auth.ResourceSettings, slices.Concat(a.securityRoutes(), a.identityRoutes(), AuditRoutes(a.AuditLog), KeyRoutes(a.Keys))},
		{"License", auth.ResourceSettings, LicenseRoutes(a.License)},
		{"Export and import", auth.ResourceSettings, TransferRoutes(a.Transfer)},
		{"Commands", auth.ResourceCommands, (&CommandApprovals{Approvals: a.Approvals, Commands: a.Commands, Audit: a.Audit, Logger: a.Logger}).Routes()},
		{"State", auth.ResourceMonitoring, a.stateRoutes()},
		{"Resources", auth.ResourceMonitoring, a.resourceRoutes()},
		{"History", auth.ResourceMonitoring, a.historyRoutes()},
		{"Alerts", auth.ResourceAlerts, a.alertRoutes()},
		{"Notifications", auth.ResourceNotifications, a.notificationRoutes()},
		{"Prometheus", auth.ResourceMonitoring, slices.Concat(PromRoutes(a.PromQL), ScrapeRoutes(a.Values))},
		{"Storage and backups", auth.ResourceMonitoring, a.storageRoutes()},
		{"Agents", auth.ResourceHosts, slices.Concat(a.agentRoutes(), a.engineRoutes(), a.clusterRoutes(), a.engineTokenRoutes(), a.remoteRoutes())},
		{"Plugins", auth.ResourcePlugins, a.pluginRoutes()},
		{"Instances", auth.ResourcePlugins, a.instanceRoutes()},
		{"Nodes", auth.ResourceNodes, slices.Concat(a.nodeRoutes(), a.discoverRoutes(), a.setupRoutes(), a.installRoutes(), a.broadcastRoutes())},
		{"Downloads", auth.ResourceMonitoring, a.downloadRoutes()},
		{"Description", auth.ResourceMonitoring, a.descriptionRoutes()},
	} {
		for _, r := range area.routes {
			r.Area = area.name
			if r.Resource == "" {
				r.Resource = area.resource
			}
			all = append(all, r)
		}
	}
	return all
}

// getHead are the methods of routes that can also be asked for their header alone.
func getHead() []string { return []string{http.MethodGet, http.MethodHead} }
