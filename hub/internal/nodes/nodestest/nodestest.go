// Package nodestest is a hub of which the list of nodes, the office and the
// store are real, and the plugins are played.
package nodestest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/collect"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/nodes"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/registry"
	"github.com/pulse-hub/pulse/hub/internal/plugin/setup"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/sdk/manifest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// The properties of the configurations that the three plugins share, and what
// single ones have more.
const (
	server = `"url":{"type":"string","format":"uri","maxLength":300},"endpoints":{"type":"array","items":{"type":"string"},"maxItems":2},
		"user":{"type":"string"},"password":{"type":"string","writeOnly":true},
		"verify":{"type":"boolean","default":true},"fingerprint":{"type":"string","format":"fingerprint"},"guest_url":{"type":"string"}`
	token = `,"token_id":{"type":"string"},"token_secret":{"type":"string","writeOnly":true}`
	what  = `,"backups":{"type":"boolean","default":true},"storage":{"type":"boolean","default":true}`
)

func form(properties string) json.RawMessage {
	return json.RawMessage(`{"type":"object","required":["url"],"additionalProperties":false,"properties":{` + properties + `}}`)
}

// Down is the result of looking at a server that is not there.
func Down() supervise.TestResult {
	return supervise.TestResult{
		Summary: "127.0.0.1: connection refused", Fields: []supervise.FieldError{{Path: "/url", Message: "connection refused"}},
	}
}

// World is such a hub. Its fields may be changed before it is used.
type World struct {
	*nodes.Directory
	Office    *setup.Office
	Inventory *inventory.Inventory
	Store     *store.DB
	// Missing says that no plugin runs.
	Missing bool
	// Answer is what plugins say of a server; nil: it is down.
	Answer func(one instance.Instance) supervise.TestResult
	// Names are the addresses of hosts.
	Names map[string][]string

	mu     sync.Mutex
	health collect.Health
	tested []instance.Instance
}

// New returns a world without nodes. In mock mode it has one of each made-up
// kind.
func New(t testing.TB, mock bool) *World {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{KeyFile: filepath.Join(dir, "pulse.key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w := &World{Store: db, Inventory: inventory.New(inventory.Options{})}
	options := setup.Options{
		Repository: instance.NewRepository(db), Plugins: w, Host: host{w}, Scheduler: scheduler{}, Kept: w,
		Chronicle: audit.New(audit.Options{Records: db}), Logger: hclog.NewNullLogger(),
	}
	if mock {
		for _, typ := range []string{"pve", "pbs", "pmg"} {
			options.Presets = append(options.Presets, instance.Instance{
				ID: "preset-" + typ, Plugin: "pulse.demo", Component: "source/" + typ, Name: "mock-" + typ, Enabled: true,
				Config: json.RawMessage(`{"host":"https://10.20.0.11:8006"}`),
			})
		}
	}
	w.Office = setup.New(options)
	w.Directory = nodes.New(nodes.Options{
		Office: w.Office, Components: w, Scheduler: w, Inventory: w.Inventory, Records: db, Mock: mock,
		Lookup: w.lookup, Logger: hclog.NewNullLogger(),
	})
	return w
}

func (w *World) lookup(_ context.Context, name string) ([]string, error) {
	if found := w.Names[name]; found != nil {
		return found, nil
	}
	return nil, errors.New("no such host")
}

// Component is part of nodes.Components.
func (w *World) Component(_ context.Context, plugin, component string) (*manifest.Component, error) {
	forms := map[string]json.RawMessage{
		"pulse.proxmox source/pve": form(server + token + what),
		"pulse.pbs source/pbs":     form(server + token),
		"pulse.pmg source/pmg":     form(server),
	}
	config, known := forms[plugin+" "+component]
	if !known || w.Missing {
		return nil, fmt.Errorf("%w: %s of %s", registry.ErrNoComponent, component, plugin)
	}
	return &manifest.Component{Kind: "source", Type: component[len("source/"):], Config: config}, nil
}

// Health is part of nodes.Scheduler.
func (w *World) Health() collect.Health {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.health
}

// Polled says how the newest poll of an instance went: well, or with an error.
func (w *World) Polled(id string, failure error) {
	one := collect.InstanceHealth{Source: inventory.SourceRef{ID: id}}
	dataset := collect.DatasetHealth{Name: "status", LastSuccess: time.Now()}
	if failure != nil {
		dataset.Failures, dataset.LastError = 3, &collect.PollError{At: time.Now(), Message: failure.Error()}
	}
	// A dataset that is switched off brings nothing, and so never fails.
	one.Datasets = []collect.DatasetHealth{{Name: "backups", LastSuccess: time.Now()}, dataset}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.health.Instances = append(w.health.Instances, one)
}

// Members puts the nodes of a cluster into the inventory, as polling an instance would.
func (w *World) Members(t testing.TB, id, cluster string, names ...string) {
	t.Helper()
	seen := inventory.Observation{Source: inventory.SourceRef{ID: id, Type: "pve"}, Dataset: "status", At: time.Now(), Complete: true}
	for i, name := range names {
		seen.Resources = append(seen.Resources, resource.Resource{
			ID: "node/" + name, Kind: resource.KindNode, Name: name, Status: resource.StatusRunning,
			Detail: &resource.Node{ClusterName: cluster, Host: fmt.Sprintf("https://10.0.0.%d:8006", i+1), Connection: "healthy"},
		})
	}
	if _, err := w.Inventory.Apply(t.Context(), seen); err != nil {
		t.Fatal(err)
	}
}

// Saved returns the instances of the nodes, with their secrets.
func (w *World) Saved(t testing.TB) []instance.Instance {
	t.Helper()
	all, err := w.Office.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Tested returns what plugins were asked to look at, with the secrets.
func (w *World) Tested() []instance.Instance {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]instance.Instance(nil), w.tested...)
}

// ForgetInstance is part of setup.Forgetter.
func (w *World) ForgetInstance(context.Context, string, string) error { return nil }

// host plays the plugins.
type host struct{ *World }

func (host) Configure(context.Context, instance.Instance) error { return nil }
func (host) Remove(context.Context, string, string) error       { return nil }
func (h host) Test(_ context.Context, one instance.Instance) (supervise.TestResult, error) {
	h.mu.Lock()
	h.tested = append(h.tested, one)
	h.mu.Unlock()
	if h.Answer == nil {
		return Down(), nil
	}
	return h.Answer(one), nil
}

// scheduler polls nothing.
type scheduler struct{}

func (scheduler) Add(context.Context, collect.Source) error { return nil }
func (scheduler) Remove(context.Context, string) error      { return nil }
