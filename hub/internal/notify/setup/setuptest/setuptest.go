// Package setuptest is a hub of which the settings of channels, the office and the store are real, and the plugins are
// played.
package setuptest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/notify/channel"
	"github.com/pulse-hub/pulse/hub/internal/notify/setup"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/registry"
	plugins "github.com/pulse-hub/pulse/hub/internal/plugin/setup"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/sdk/manifest"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// forms are the properties of the configurations of the plugins, as far as the settings know them.
func forms() map[string]string {
	return map[string]string{
		"pulse.email notifier/email": `"required":["server","from"],"properties":{"server":{"type":"string","format":"hostname"},
			"port":{"type":"integer","default":587},"tls":{"type":"boolean"},"startTLS":{"type":"boolean"},"auth":{"type":"string","default":"auto"},
			"username":{"type":"string"},"password":{"type":"string","writeOnly":true},"from":{"type":"string"},"to":{"type":"array","items":{"type":"string"}}}`,
		"pulse.apprise notifier/apprise": `"properties":{"mode":{"type":"string","enum":["cli","http"]},"targets":{"type":"string","writeOnly":true},
			"cliPath":{"type":"string"},"timeoutSeconds":{"type":"integer"},"serverUrl":{"type":"string"},"configKey":{"type":"string"},
			"apiKey":{"type":"string","writeOnly":true},"apiKeyHeader":{"type":"string"},"skipTlsVerify":{"type":"boolean"}}`,
		"pulse.webhook notifier/webhook": `"required":["url"],"properties":{"url":{"type":"string","writeOnly":true},
			"service":{"type":"string","enum":["generic","discord","ntfy"]},"method":{"type":"string","enum":["POST","PUT"]},
			"headers":{"type":"string","writeOnly":true},"customFields":{"type":"string","writeOnly":true},"template":{"type":"string"},"allowedPrivateNetworks":{"type":"string"},
			"timeoutSeconds":{"type":"integer","default":30}}`,
	}
}

// Sent is a message that a channel got, and how it was configured, with the secrets.
type Sent struct {
	To      instance.Instance
	Message *notification.Message
}

// World is such a hub. Its fields may be changed before it is used.
type World struct {
	*setup.Directory
	*channel.Channels
	Office *plugins.Office
	Store  *store.DB
	// Names are the addresses of hosts; those it does not have are in the Internet, but for names that end in ".invalid".
	Names map[string]string
	// Missing says that no plugin runs.
	Missing bool
	// Refuse says what a plugin finds wrong with a configuration; nil: nothing.
	Refuse func(one instance.Instance) []supervise.FieldError
	// Answer is what becomes of a message; nil: it is delivered.
	Answer func(one instance.Instance) (notification.Result, error)

	mu    sync.Mutex
	known map[string]instance.Instance
	sent  []Sent
}

// New returns a world in which nothing is set up.
func New(t testing.TB) *World {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{KeyFile: filepath.Join(dir, "pulse.key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w, repository := &World{Store: db, known: map[string]instance.Instance{}}, instance.NewRepository(db)
	w.Office = plugins.New(plugins.Options{
		Repository: repository, Plugins: w, Host: host{w}, Scheduler: scheduler{}, Kept: w,
		Chronicle: audit.New(audit.Options{Records: db}), Logger: hclog.NewNullLogger(),
	})
	w.Channels = channel.New(channel.Options{Instances: w.Office, Host: host{w}, Logger: hclog.NewNullLogger()})
	w.Directory = setup.New(setup.Options{Office: office{w.Office, repository}, Checker: w.Channels, Components: w, Records: db, Lookup: w.lookup})
	return w
}

// office is the real one, with ids of a caller's choice.
type office struct {
	*plugins.Office
	repository *instance.Repository
}

// CreateAs is part of setup.Office.
func (o office) CreateAs(ctx context.Context, id string, draft plugins.Draft, actor string) (instance.Instance, error) {
	empty := instance.Instance{ID: id, Plugin: draft.Plugin, Component: draft.Component, Name: "new"}
	if _, err := o.repository.Put(ctx, empty); err != nil {
		return instance.Instance{}, err
	}
	made, err := o.Update(ctx, id, draft, actor)
	if err != nil {
		return instance.Instance{}, errors.Join(err, o.repository.Delete(ctx, id))
	}
	return made, nil
}

func (w *World) lookup(_ context.Context, host string) ([]netip.Addr, error) {
	if strings.HasSuffix(host, ".invalid") {
		return nil, fmt.Errorf("lookup %s: no such host", host)
	}
	if known := w.Names[host]; known != "" {
		return []netip.Addr{netip.MustParseAddr(known)}, nil
	}
	return []netip.Addr{netip.MustParseAddr("198.51.100.1")}, nil
}

// Component is part of setup.Components.
func (w *World) Component(_ context.Context, plugin, component string) (*manifest.Component, error) {
	form, known := forms()[plugin+" "+component]
	if !known || w.Missing {
		return nil, fmt.Errorf("%w: %s of %s", registry.ErrNoComponent, component, plugin)
	}
	config := json.RawMessage(`{"type":"object","additionalProperties":false,` + form + `}`)
	return &manifest.Component{Kind: "notifier", Type: component[len("notifier/"):], Config: config}, nil
}

// Saved returns the instances of all channels, with their secrets.
func (w *World) Saved(t testing.TB) []instance.Instance {
	t.Helper()
	all, err := w.Office.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Sent returns the messages that channels got.
func (w *World) Sent() []Sent {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]Sent(nil), w.sent...)
}

// ForgetInstance is part of the office's Forgetter.
func (w *World) ForgetInstance(context.Context, string, string) error { return nil }
