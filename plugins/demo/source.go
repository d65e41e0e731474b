package demo

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/world"
	"github.com/pulse-hub/pulse/sdk"
)

// demo is what the components of the plugin have in common.
type demo struct {
	now    func() time.Time
	worlds *worlds
}

// maxWorlds bounds how many worlds are kept for the next instance; the oldest
// is forgotten first. Instances keep their own as long as they live.
const maxWorlds = 4

// worlds lets instances with equal options share a world.
type worlds struct {
	mu    sync.Mutex
	built []builtWorld
}

type builtWorld struct {
	options world.Options
	world   *world.World
}

// of returns the world of the given size, building it if there is none yet.
func (w *worlds) of(size Size) (*world.World, error) {
	options, err := size.options()
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if i := slices.IndexFunc(w.built, func(b builtWorld) bool { return b.options == options }); i >= 0 {
		return w.built[i].world, nil
	}
	if len(w.built) == maxWorlds {
		w.built = slices.Delete(w.built, 0, 1)
	}
	made := world.New(options)
	w.built = append(w.built, builtWorld{options, made})
	return made, nil
}

// source is one instance: a view of a part of a world. It is safe for concurrent use.
type source struct {
	now      func() time.Time
	datasets map[string]func(time.Time) []sdk.Resource
	events   func(after, upTo time.Time) []sdk.Event // may be nil
	newsIn   string                                  // the dataset that tells the events

	mu   sync.Mutex
	told time.Time // events up to this moment have been told
}

// CollectDataset implements sdk.DatasetCollector.
func (s *source) CollectDataset(ctx context.Context, dataset string, out *sdk.Snapshot) error {
	look, ok := s.datasets[dataset]
	if !ok {
		return fmt.Errorf("no dataset %q", dataset)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	at := s.now()
	for _, r := range look(at) {
		out.Put(r)
	}
	if dataset == s.newsIn {
		for _, e := range s.news(at) {
			out.Event(e)
		}
	}
	return ctx.Err()
}

// news returns the events since it was last called.
func (s *source) news(at time.Time) []sdk.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	after := s.told
	s.told = at
	return s.events(after, at)
}

// Test implements sdk.Tester.
func (s *source) Test(context.Context) (sdk.TestResult, error) {
	n, at := 0, s.now()
	for _, look := range s.datasets {
		n += len(look(at))
	}
	return sdk.TestResult{Summary: fmt.Sprintf("%d made-up resources", n)}, nil
}

func (d *demo) pve(c pveConfig) (*source, error) {
	w, err := d.worlds.of(c.Size)
	if err != nil {
		return nil, err
	}
	site, ok := w.Site(c.Site)
	if !ok {
		return nil, sdk.FieldError{Path: "/site", Message: "there is no such site"}
	}
	return &source{
		now: d.now, events: site.Events, newsIn: "status",
		datasets: map[string]func(time.Time) []sdk.Resource{
			"status": site.Status, "storage": site.Storage, "backups": site.Backups, "replication": site.Replication,
		},
	}, nil
}

func (d *demo) pbs(c pbsConfig) (*source, error) {
	w, err := d.worlds.of(c.Size)
	if err != nil {
		return nil, err
	}
	server, ok := w.BackupServer(c.Server)
	if !ok {
		return nil, sdk.FieldError{Path: "/server", Message: "there is no such backup server"}
	}
	return &source{now: d.now, datasets: map[string]func(time.Time) []sdk.Resource{"status": server.Status, "backups": server.Backups}}, nil
}

func (d *demo) pmg(c pmgConfig) (*source, error) {
	w, err := d.worlds.of(c.Size)
	if err != nil {
		return nil, err
	}
	gateway, ok := w.MailGateway(c.Gateway)
	if !ok {
		return nil, sdk.FieldError{Path: "/gateway", Message: "there is no such mail gateway"}
	}
	return &source{now: d.now, datasets: map[string]func(time.Time) []sdk.Resource{"status": gateway.Status}}, nil
}

func (d *demo) agents(c agentsConfig) (*source, error) {
	w, err := d.worlds.of(c.Size)
	if err != nil {
		return nil, err
	}
	fleet := w.Fleet()
	return &source{
		now: d.now, events: fleet.Events, newsIn: "containers",
		datasets: map[string]func(time.Time) []sdk.Resource{
			"hosts": fleet.Hosts, "containers": fleet.Containers, "kubernetes": fleet.Kubernetes,
		},
	}, nil
}
