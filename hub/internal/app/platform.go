package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/collect"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/plugin/catalog"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/launch"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// platform is the plugins of the hub, and what is collected from them.
type platform struct {
	catalog   *catalog.Catalog
	host      *supervise.Host
	scheduler *collect.Scheduler
	instances *instance.Repository
	logger    hclog.Logger
	mock      bool
}

func (a *App) newPlatform(settings *store.DB, live *inventory.Inventory) (*platform, error) {
	known, err := a.loadCatalog()
	if err != nil {
		return nil, err
	}
	host := supervise.NewHost(supervise.Options{
		Plugins: known.Plugins(filepath.Join(a.config.DataDir, "plugin-data")),
		Launcher: supervise.Executables{
			Launcher:  launch.New(launch.Options{SocketBase: a.tuning.Sockets, Logger: a.logger.Named("plugin")}),
			LookupEnv: os.LookupEnv,
		},
		Timing: a.tuning.Supervision, HubVersion: a.build.Version, Logger: a.logger.Named("plugin"),
	})
	return &platform{
		catalog: known, host: host, instances: instance.NewRepository(settings), mock: a.config.Mock,
		scheduler: collect.New(collect.Options{
			Sink: live, Caller: host, Retry: a.tuning.Retry, Logger: a.logger.Named("collect"),
		}),
		logger: a.logger.Named("platform"),
	}, nil
}

// loadCatalog reads which plugins there are. A hub without plugins takes reports all the same.
func (a *App) loadCatalog() (*catalog.Catalog, error) {
	executable, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find own executable: %w", err)
	}
	bundle, err := catalog.FindBundle(a.config.BundledPlugins, executable, a.build.PluginsSHA256)
	if err != nil {
		return a.withoutPlugins(err)
	}
	known, err := catalog.Load(bundle)
	if err != nil {
		return a.withoutPlugins(err)
	}
	for _, invalid := range known.Invalid() {
		a.logger.Warn("plugin left out", "folder", invalid.Folder, "error", invalid.Err)
	}
	return known, nil
}

func (a *App) withoutPlugins(reason error) (*catalog.Catalog, error) {
	if !errors.Is(reason, catalog.ErrNoBundle) || a.config.Mock || a.config.BundledPlugins != "" {
		return nil, fmt.Errorf("load plugins: %w", reason)
	}
	a.logger.Info("no plugins found, only agents can report", "reason", reason)
	return &catalog.Catalog{}, nil
}

// start runs the plugins and polls every enabled instance.
func (p *platform) start(ctx context.Context, running *parts) error {
	if len(p.catalog.Entries()) == 0 {
		return nil // there is nothing to run, and a host of nothing ends at once
	}
	instances, err := p.wanted(ctx)
	if err != nil {
		return err
	}
	running.start(ctx, "plugins", p.host.Run)
	running.start(ctx, "collect", func(ctx context.Context) error { return p.scheduler.Run(ctx) })
	for _, one := range instances {
		if err := p.add(ctx, one); err != nil {
			p.logger.Error("instance not used", "instance", one.ID, "plugin", one.Plugin, "error", err)
		}
	}
	return nil
}

// wanted returns the enabled instances: those that were configured, and in mock mode the made-up ones.
func (p *platform) wanted(ctx context.Context) ([]instance.Instance, error) {
	stored, err := p.instances.List(ctx)
	if err != nil && stored == nil {
		return nil, err
	}
	if err != nil {
		p.logger.Error("secrets of an instance cannot be opened", "error", err)
	}
	var enabled []instance.Instance
	for _, one := range stored {
		if one.Enabled {
			enabled = append(enabled, one)
		}
	}
	if p.mock {
		enabled = append(enabled, p.catalog.Presets()...)
	}
	return enabled, nil
}

func (p *platform) add(ctx context.Context, one instance.Instance) error {
	entry, ok := p.catalog.Find(one.Plugin)
	if !ok {
		return supervise.ErrUnknownPlugin
	}
	component, ok := entry.Manifest.Component(one.Component)
	if !ok {
		return fmt.Errorf("plugin has no component %s", one.Component)
	}
	if err := p.host.Configure(ctx, one); err != nil {
		return fmt.Errorf("configure: %w", err)
	}
	if component.Kind != manifest.KindSource {
		return nil
	}
	return p.scheduler.Add(ctx, source(one, component))
}

func source(one instance.Instance, component *manifest.Component) collect.Source {
	polled := collect.Source{Ref: inventory.SourceRef{
		ID: one.ID, Type: one.Type(), Name: one.Name, Plugin: one.Plugin, Address: address(one.Config),
	}}
	for _, d := range component.Datasets {
		polled.Datasets = append(polled.Datasets, collect.Dataset{
			Name: d.Name, Interval: time.Duration(d.Interval), Timeout: time.Duration(d.Timeout),
		})
	}
	return polled
}

// address is the URL an instance looks at, where its configuration has one.
func address(config json.RawMessage) string {
	var known struct {
		URL  string `json:"url"`
		Host string `json:"host"`
	}
	if json.Unmarshal(config, &known) != nil {
		return ""
	}
	if known.URL != "" {
		return known.URL
	}
	return known.Host
}
