// Package app puts the hub together out of its parts and runs them.
package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/hashicorp/go-hclog"

	description "github.com/pulse-hub/pulse/hub/api"
	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/approve"
	"github.com/pulse-hub/pulse/hub/internal/collect"
	"github.com/pulse-hub/pulse/hub/internal/condition"
	"github.com/pulse-hub/pulse/hub/internal/config"
	"github.com/pulse-hub/pulse/hub/internal/discover"
	"github.com/pulse-hub/pulse/hub/internal/download"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/nodes/setuptoken"
	"github.com/pulse-hub/pulse/hub/internal/plugin/registry"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/hub/internal/stream"
	"github.com/pulse-hub/pulse/hub/internal/wall"
	"github.com/pulse-hub/pulse/hub/web"
)

// shutdownTimeout is how long the parts together may take to end.
const shutdownTimeout = 30 * time.Second

// App is one hub. Create it with New and run it once.
type App struct {
	config  *config.Config
	build   Build
	logger  hclog.Logger
	tuning  tuning
	started time.Time

	ready   chan struct{} // closed when every route is served
	address net.Addr      // set before ready is closed
}

// Build is what the build knows of the program.
type Build struct {
	// Version has no leading "v"; "dev" for a build without one.
	Version string
	// PluginsSHA256 is the hash that the bundled plugins' program must have, in
	// lower-case hexadecimal; empty: any will do.
	PluginsSHA256 string
	// LicensePublicKey is the key that licences are checked with unless another is configured: Ed25519 in base64; empty: none.
	LicensePublicKey string
}

// tuning are numbers and places that only tests make smaller. The zero value
// means those that a hub runs with.
type tuning struct {
	Supervision supervise.Timing
	Retry       collect.Retry
	Registry    registry.Timing
	// Sockets is the folder below which plugins make their sockets.
	Sockets string
}

// New builds a hub that has not touched anything yet. The configuration must
// not be changed afterwards.
func New(config *config.Config, build Build, logger hclog.Logger) *App {
	return &App{config: config, build: build, logger: logger, ready: make(chan struct{})}
}

// Ready is closed as soon as the hub answers every route.
func (a *App) Ready() <-chan struct{} { return a.ready }

// Address returns where the API is served. It may be called once Ready is closed.
func (a *App) Address() net.Addr { return a.address }

// Run runs the hub until ctx ends or a part of it fails. It answers health
// checks at once, everything else as soon as the stores are open, and starts
// plugins after that. It returns within about thirty seconds of the end of ctx.
func (a *App) Run(ctx context.Context) error {
	a.started = time.Now()
	listener, err := listen(ctx, a.config)
	if err != nil {
		return err
	}
	a.address = listener.Addr()
	// The server is ended before the parts behind it, so that whatever it has
	// said yes to is still taken in and written.
	server, running := newParts(), newParts()
	front := &gate{started: a.started}
	server.start(ctx, "http server", func(ctx context.Context) error {
		return serve(ctx, listener, front, a.config, a.logger.Named("http"))
	})
	stores, err := a.openStores()
	if err == nil {
		err = a.assemble(ctx, running, stores, front)
	}
	if err == nil {
		close(a.ready)
		a.logger.Info("hub is ready", "address", a.address.String(), "version", a.build.Version, "duration", time.Since(a.started))
		err = wait(ctx, server, running)
	}
	if ctx.Err() != nil {
		err = nil // told to stop, perhaps before it was ready
	}
	a.logger.Info("hub is stopping")
	deadline := time.Now().Add(shutdownTimeout)
	return errors.Join(err, server.stop(deadline), running.stop(deadline), stores.close())
}

func wait(ctx context.Context, server, running *parts) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-server.failed:
		return err
	case err := <-running.failed:
		return err
	}
}

// stores are the files of the hub while they are open. The zero value has none.
type stores struct {
	settings *store.DB
	metrics  *metrics.Store
}

func (a *App) openStores() (stores, error) {
	var opened stores
	dir := a.config.DataDir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return opened, fmt.Errorf("create data folder: %w", err)
	}
	settings, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{
		KeyFile: filepath.Join(dir, "pulse.key"), CredentialsDir: os.Getenv("CREDENTIALS_DIRECTORY"),
		Logger: a.logger.Named("store"),
	})
	if err != nil {
		return opened, err
	}
	opened.settings = settings
	// It is opened when it runs: reading back what was not in blocks takes a while, and nothing has to wait for that.
	opened.metrics, err = metrics.New(metrics.Options{
		Dir: filepath.Join(dir, "metrics"), Retention: a.config.Retention, MaxBytes: a.config.Kept.Bytes,
		FineRetention: a.config.Kept.FiveMinutes, FineMaxBytes: a.config.Kept.FiveMinutesBytes,
		CoarseRetention: a.config.Kept.Hours, CoarseMaxBytes: a.config.Kept.HoursBytes,
		Logger: a.logger.Named("metrics"),
	})
	return opened, err
}

func (s stores) close() error {
	var problems []error
	if s.metrics != nil {
		problems = append(problems, s.metrics.Close())
	}
	if s.settings != nil {
		problems = append(problems, s.settings.Close())
	}
	return errors.Join(problems...)
}

// assemble builds the parts over open stores, starts them, and opens the gate.
func (a *App) assemble(ctx context.Context, running *parts, opened stores, front *gate) error {
	live := inventory.New(inventory.Options{Logger: a.logger.Named("inventory")})
	around, err := wall.New(ctx, wall.Options{
		Settings: opened.settings, DataDir: a.config.DataDir, Tokens: a.config.Tokens, SignIn: a.config.SignIn, PublicURL: a.config.PublicURL,
		Development: a.config.Plugins.Dev && a.build.Version == "dev", Logger: a.logger.Named("auth"),
	})
	if err != nil {
		return err
	}
	agents, err := a.newAgents(ctx, opened, live, around)
	if err != nil {
		return err
	}
	platform, err := a.newPlatform(opened.settings, live, around.Log)
	if err != nil {
		return err
	}
	board := condition.New(nil)
	running.start(ctx, "conditions", func(ctx context.Context) error { return watchConditions(ctx, board, opened) })
	alerting, err := a.newAlerts(ctx, opened, live, board, platform.host)
	if err != nil {
		return err
	}
	views := newViews(agents.desk, alerting.Desk)
	feed := stream.New(stream.Options{
		Inventory: live, States: views, Version: a.build.Version, AllowedOrigins: a.config.AllowedOrigins,
		Conditions: board.List, Alerts: func() (json.RawMessage, <-chan struct{}) { return views.liveAlerts(live.Snapshot()) },
		Development: a.pluginDevelopment(), Logger: a.logger.Named("stream"),
	})
	measured := a.measure(live, feed, platform, opened.metrics)

	a.startStores(ctx, running, opened, live)
	forwarding, err := a.startRemoteWrite(ctx, running, measured)
	if err != nil {
		return err
	}
	history, err := a.newPast(opened.metrics, live, measured)
	if err != nil {
		return err
	}
	if err := a.remember(ctx, running, opened.settings, live); err != nil {
		return err
	}
	for _, part := range around.Parts() {
		running.start(ctx, part.Name, part.Run)
	}
	running.start(ctx, "stream", feed.Run)
	alerting.Listen = append(alerting.Listen, func(events []alert.Event) { tellAlerts(feed.Broadcast, events) })
	telling := a.newTelling(opened.settings, platform, alerting.Desk)
	alerting.start(ctx, running)
	a.startTelemetry(ctx, running, measured)

	running.start(ctx, "fleet", agents.desk.Run)
	running.start(ctx, "agent connections", agents.remote.Run)
	discovery := a.newDiscovery(feed)
	running.start(ctx, "discovery", discovery.Run)
	needed := api.Parts{
		Build: a.description(), Security: api.Security{PublicURL: a.config.PublicURL, DataDir: a.config.DataDir},
		Inventory: live, Reports: agents.reports, HostTokens: agents.hosts, Fleet: agents.desk, Remote: agents.remote, State: views, Resources: views,
		Measurements: history.measurements, RemoteWrite: forwarding.Status, PromQL: history.queries, Values: history.values, Scheduler: platform.scheduler,
		Plugins: platform.registry, Publishers: platform.registry, PluginLogs: platform.host, Instances: platform.office, InstanceReports: platform.reports,
		Nodes: platform.nodes(opened.settings, live, a.config.Mock), Discovery: discovery,
		SetupTokens: setuptoken.NewDesk(nil), Logger: a.logger.Named("api"),
		Programs: download.New(download.Folders(a.config.AgentDir)),
		Alerts:   alerting, ChannelSettings: telling.settings, Channels: telling.channels, Notifications: telling.pipeline, Stream: feed, Broadcast: feed, Conditions: board.List, Description: description.Description(),
	}
	around.AddTo(&needed)
	transferring := a.newTransfer(opened.settings, platform, alerting, telling, around)
	approvals := approve.New(approve.Options{Audit: around.Log, Logger: a.logger.Named("approve")})
	running.start(ctx, "approvals", approvals.Run)
	licence, err := a.newLicense(ctx, opened.settings)
	if err != nil {
		return err
	}
	needed.Transfer, needed.Approvals, needed.Commands, needed.License = transferring, approvals, agents.remote, licence
	answers := api.New(needed)
	routes := route.Options{
		Routes: answers.Routes(), Auth: recognising{around.Callers}, Browsers: around.Browsers, Audit: around.Log, Page: web.Handler(), Observer: measured,
		Logger: a.logger.Named("api"), TrustedProxies: a.config.TrustedProxies,
		AllowedOrigins: a.config.AllowedOrigins, ReadOnly: a.config.Demo,
	}
	front.open(route.New(routes))
	if err := platform.start(ctx, running); err != nil {
		return err
	}
	telling.start(ctx, running)
	running.start(ctx, "first configuration", func(ctx context.Context) error {
		transferring.Begin(ctx, a.initial())
		<-ctx.Done()
		return nil
	})
	return a.serveLocal(ctx, running, routes)
}

// newDiscovery looks for servers and tells everybody who is connected.
func (a *App) newDiscovery(feed *stream.Stream) *discover.Watch {
	scanner := discover.New(discover.Options{Tell: func(e discover.Event) { api.TellDiscovery(feed, e) }})
	return discover.NewWatch(scanner, a.config.Discovery, a.logger.Named("discover"))
}

// serveLocal serves the same routes to administrators of this machine.
func (a *App) serveLocal(ctx context.Context, running *parts, routes route.Options) error {
	if a.config.AdminSocket == "" {
		return nil
	}
	listener, err := listenLocal(ctx, a.config.AdminSocket)
	if err != nil {
		return err
	}
	routes.Auth, routes.Browsers, routes.ReadOnly, routes.TrustedProxies = localCallers{}, nil, false, nil
	handler := route.New(routes)
	running.start(ctx, "admin socket", func(ctx context.Context) error {
		plain := *a.config
		plain.HTTPS = false // the system says who is on the other side
		return serve(ctx, listener, handler, &plain, a.logger.Named("admin"))
	})
	return nil
}

func (a *App) description() api.Build {
	return api.Build{
		Version: a.build.Version, Deployment: a.deployment(), Development: a.build.Version == "dev",
		PluginDevelopment: a.pluginDevelopment(),
		Container:         inContainer(), Started: a.started,
	}
}

// pluginDevelopment says that plugins run unchecked from their authors' folders.
func (a *App) pluginDevelopment() bool {
	return a.config.Plugins.Dev && len(a.config.Plugins.Folders) > 0
}

// deployment says how the hub was installed.
func (a *App) deployment() string {
	switch {
	case a.config.Mock:
		return "mock"
	case a.build.Version == "dev":
		return "development"
	case inContainer():
		return "docker"
	case os.Getenv("INVOCATION_ID") != "": // set by systemd
		return "systemd"
	}
	return "manual"
}

func inContainer() bool {
	for _, mark := range []string{"/.dockerenv", "/run/.containerenv"} {
		if _, err := os.Stat(mark); err == nil {
			return true
		}
	}
	return false
}
