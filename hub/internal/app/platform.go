package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/collect"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/nodes"
	"github.com/pulse-hub/pulse/hub/internal/plugin/catalog"
	"github.com/pulse-hub/pulse/hub/internal/plugin/hostsvc"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/lockfile"
	"github.com/pulse-hub/pulse/hub/internal/plugin/registry"
	"github.com/pulse-hub/pulse/hub/internal/plugin/sandbox"
	"github.com/pulse-hub/pulse/hub/internal/plugin/setup"
	"github.com/pulse-hub/pulse/hub/internal/plugin/start"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/sdk/schema"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
)

// The folders within the data folder for plugins: what was approved, and what
// they keep themselves.
const (
	pluginStore = "plugin-store"
	pluginData  = "plugin-data"
)

// platform is the plugins of the hub, what they were set up for, and what is
// collected from them.
type platform struct {
	host      *supervise.Host
	services  *hostsvc.Service
	registry  *registry.Registry
	office    *setup.Office
	reports   *setup.Reports
	scheduler *collect.Scheduler
	logger    hclog.Logger
}

func (a *App) newPlatform(settings *store.DB, live *inventory.Inventory, changes *audit.Log) (*platform, error) {
	bundle, bundled, err := a.loadCatalog()
	if err != nil {
		return nil, err
	}
	lock, err := readLock(a.config.Plugins.Lock)
	if err != nil {
		return nil, err
	}
	instances := instance.NewRepository(settings)
	secrets := &knownSecrets{} // of parts that come below, and asked only when those run
	p := &platform{reports: setup.NewReports(), logger: a.logger.Named("platform")}
	p.services = hostsvc.New(hostsvc.Options{
		Store: settings, Secrets: secrets, Sink: p.reports, Logger: a.logger.Named("plugin"),
	})
	p.host = supervise.NewHost(supervise.Options{
		Launcher: a.newLauncher(bundle), Timing: a.tuning.Supervision, HubVersion: a.build.Version,
		Logger: a.logger.Named("plugin"),
		Host: func(plugin string) pluginv1.HostServiceServer {
			return p.services.For(plugin, p.registry.GrantedTo(plugin))
		},
		Changed: func(change supervise.Change) {
			p.registry.Changed(change)
			if change.Renewed {
				p.collectAnew(change)
			}
		},
	})
	p.registry, err = registry.New(a.registryOptions(settings, p, bundled, changes, lock))
	if err != nil {
		return nil, fmt.Errorf("open plugins: %w", err)
	}
	secrets.host, secrets.registry = p.host, p.registry
	p.scheduler = collect.New(collect.Options{
		Sink: live, Caller: p.host, Adaptive: a.config.Adaptive, Retry: a.tuning.Retry, Logger: a.logger.Named("collect"),
	})
	office := setup.Options{
		Repository: instances, Plugins: p.registry, Host: p.host, Scheduler: p.scheduler, Kept: p,
		Chronicle: changes, Logger: a.logger.Named("setup"),
	}
	if a.config.Mock {
		office.Presets = bundled.Presets()
	}
	p.office = setup.New(office)
	return p, nil
}

// collectAnew polls everything of a new process now. What slower datasets have
// learnt and quicker ones show went with the process before; until they were
// due again, for up to an hour, less would be shown.
func (p *platform) collectAnew(change supervise.Change) {
	for _, one := range p.scheduler.Health().Instances {
		plugin, id := one.Source.Plugin, one.Source.ID
		if plugin == change.Plugin && (change.Process == plugin || change.Process == plugin+"/"+id) {
			p.scheduler.Retry(id)
		}
	}
}

func (a *App) registryOptions(settings *store.DB, p *platform, bundled *catalog.Catalog, changes *audit.Log, lock *lockfile.File) registry.Options {
	plugins, dir := a.config.Plugins, a.config.DataDir
	options := registry.Options{
		Settings: settings, Inbox: plugins.Dir, Vault: filepath.Join(dir, pluginStore), Data: filepath.Join(dir, pluginData),
		Bundled: bundled, Host: p.host, Kept: p.services, Chronicle: changes, Mode: registry.Mode(plugins.Mode),
		Lock: lock, Runtimes: slices.Sorted(maps.Keys(plugins.Runtimes)), Highest: sandbox.Probe().Highest(), Strict: plugins.Strict,
		Timing: a.tuning.Registry, Logger: a.logger.Named("plugins"),
	}
	if plugins.Dev {
		options.Dev = plugins.Folders
	}
	if a.build.Version != "dev" {
		options.HubVersion = a.build.Version
	}
	return options
}

func (a *App) newLauncher(bundle catalog.Bundle) supervise.Launcher {
	dir := a.config.DataDir
	return start.New(start.Options{
		// What is in the data folder is closed to others by its own mode.
		Passages:   []string{dir, filepath.Join(dir, pluginStore), filepath.Join(dir, pluginData)},
		SocketBase: a.tuning.Sockets, Program: bundle.Binary, ProgramSHA256: bundle.SHA256,
		Runtimes: a.config.Plugins.Runtimes, LookupEnv: os.LookupEnv, Logger: a.logger.Named("plugin"),
	})
}

func readLock(path string) (*lockfile.File, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read plugin lock file: %w", err)
	}
	lock, err := lockfile.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return lock, nil
}

// loadCatalog reads which plugins come with the hub. A hub without any takes
// reports, and runs what was put into its inbox, all the same.
func (a *App) loadCatalog() (catalog.Bundle, *catalog.Catalog, error) {
	executable, err := os.Executable()
	if err != nil {
		return catalog.Bundle{}, nil, fmt.Errorf("find own executable: %w", err)
	}
	bundle, err := catalog.FindBundle(a.config.Plugins.Bundled, executable, a.build.PluginsSHA256)
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
	return bundle, known, nil
}

func (a *App) withoutPlugins(reason error) (catalog.Bundle, *catalog.Catalog, error) {
	if !errors.Is(reason, catalog.ErrNoBundle) || a.config.Mock || a.config.Plugins.Bundled != "" {
		return catalog.Bundle{}, nil, fmt.Errorf("load plugins: %w", reason)
	}
	a.logger.Info("the hub comes with no plugins", "reason", reason)
	return catalog.Bundle{}, &catalog.Catalog{}, nil
}

// start runs the plugins and polls every enabled instance.
func (p *platform) start(ctx context.Context, running *parts) error {
	running.start(ctx, "plugin services", p.services.Run)
	running.start(ctx, "plugins", p.host.Run)
	running.start(ctx, "collect", func(ctx context.Context) error { return p.scheduler.Run(ctx) })
	if err := p.registry.Start(ctx, p.office); err != nil {
		return fmt.Errorf("start plugins: %w", err)
	}
	running.start(ctx, "plugin registry", p.registry.Run)
	return nil
}

// nodes is the list of Proxmox servers among what plugins were set up for.
func (p *platform) nodes(settings *store.DB, live *inventory.Inventory, mock bool) *nodes.Directory {
	return nodes.New(nodes.Options{
		Office: p.office, Components: p.registry, Scheduler: p.scheduler, Inventory: live, Records: settings,
		Mock: mock, Logger: p.logger.Named("nodes"),
	})
}

// ForgetInstance is part of setup.Forgetter.
func (p *platform) ForgetInstance(ctx context.Context, plugin, instance string) error {
	p.reports.Forget(instance)
	return p.services.ForgetInstance(ctx, plugin, instance)
}

// knownSecrets is what the hub knows about secrets besides their values.
type knownSecrets struct {
	host     *supervise.Host
	registry *registry.Registry
}

// Paths is part of hostsvc.Secrets.
func (k *knownSecrets) Paths(plugin, component string) []string {
	described, err := k.registry.Component(context.Background(), plugin, component)
	if err != nil {
		return nil
	}
	form, err := schema.Parse(described.Config)
	if err != nil {
		return nil
	}
	return form.SecretPaths()
}

// Renewed is part of hostsvc.Secrets.
func (k *knownSecrets) Renewed(one instance.Instance) { k.host.Renew(one) }

// Mask is part of hostsvc.Secrets.
func (k *knownSecrets) Mask(plugin, text string) string { return k.host.Mask(plugin, text) }
