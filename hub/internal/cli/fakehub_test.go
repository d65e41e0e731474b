package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/cli/client"
	"github.com/pulse-hub/pulse/hub/internal/config"
	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// fakeHub is a hub that keeps plugins and instances in memory and runs nothing.
type fakeHub struct {
	publishers []client.Publisher
	mu         sync.Mutex
	plugins    map[string]*client.Plugin
	inbox      []client.InboxItem
	instances  map[string]client.Instance
	approved   map[string]client.Approval
	// removedWith is what became of the data of each plugin that was removed.
	removedWith map[string]string
	levels      map[string]string
	token       string // asked for if not empty
}

// startHub serves a fake hub on the socket of a data folder until the test ends.
func startHub(t *testing.T) (*fakeHub, string) {
	t.Helper()
	hub := &fakeHub{
		plugins: map[string]*client.Plugin{}, instances: map[string]client.Instance{}, approved: map[string]client.Approval{},
		removedWith: map[string]string{}, levels: map[string]string{},
	}
	folder, err := os.MkdirTemp("", "hub") // t.TempDir may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	hub.serve(t, "unix", config.AdminSocket(folder))
	return hub, folder
}

// serve returns the address it serves on.
func (h *fakeHub) serve(t *testing.T, network, address string) string {
	t.Helper()
	listener, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: h.handler()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		server.Serve(listener)
	}()
	t.Cleanup(func() {
		server.Close()
		<-done
	})
	return listener.Addr().String()
}

func (h *fakeHub) handler() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, answer func(r *http.Request) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			h.mu.Lock()
			defer h.mu.Unlock()
			if h.token != "" && r.Header.Get("Authorization") != "Bearer "+h.token {
				refuse(w, &client.Problem{Status: http.StatusUnauthorized, Detail: "a token is needed"})
				return
			}
			value, err := answer(r)
			if problem, ok := errors.AsType[*client.Problem](err); ok {
				refuse(w, problem)
				return
			}
			if value == nil {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			json.NewEncoder(w).Encode(value)
		})
	}
	handle("GET /api/plugins", h.list)
	handle("POST /api/plugins", h.upload)
	handle("GET /api/plugins/lock", func(*http.Request) (any, error) { return map[string]any{"lock": 1, "plugins": []string{}}, nil })
	handle("GET /api/plugins/publishers", h.listPublishers)
	handle("POST /api/plugins/publishers", h.addPublisher)
	handle("DELETE /api/plugins/publishers/{id}", h.removePublisher)
	handle("GET /api/plugins/{id}", func(r *http.Request) (any, error) { return h.plugin(r) })
	handle("DELETE /api/plugins/{id}", h.remove)
	handle("POST /api/plugins/{id}/approve", h.approve)
	handle("POST /api/plugins/{id}/{action}", h.act)
	handle("PUT /api/plugins/{id}/log-level", h.logLevel)
	mux.HandleFunc("GET /api/plugins/{id}/logs", h.logs)
	handle("GET /api/instances", h.listInstances)
	handle("POST /api/instances", h.addInstance)
	handle("POST /api/instances/test", h.try)
	handle("GET /api/instances/{id}", func(r *http.Request) (any, error) { return h.instance(r) })
	handle("PUT /api/instances/{id}", h.setInstance)
	handle("DELETE /api/instances/{id}", h.removeInstance)
	return mux
}

func refuse(w http.ResponseWriter, problem *client.Problem) {
	w.WriteHeader(problem.Status)
	json.NewEncoder(w).Encode(problem)
}

func (h *fakeHub) list(*http.Request) (any, error) {
	list := client.PluginList{Inbox: h.inbox}
	for _, id := range []string{"acme.bad", "acme.tcp", "pulse.proxmox"} {
		if plugin := h.plugins[id]; plugin != nil {
			list.Plugins = append(list.Plugins, *plugin)
		}
	}
	return list, nil
}

func (h *fakeHub) plugin(r *http.Request) (*client.Plugin, error) {
	if plugin := h.plugins[r.PathValue("id")]; plugin != nil {
		return plugin, nil
	}
	return nil, &client.Problem{Status: http.StatusNotFound, Code: "unknown_plugin", Detail: "no such plugin"}
}

func (h *fakeHub) upload(r *http.Request) (any, error) {
	content, err := archive.ReadPackage(r.Context(), r.Body, archive.DefaultLimits(), archive.Discard{})
	if err != nil {
		return nil, &client.Problem{Status: http.StatusUnprocessableEntity, Detail: err.Error()}
	}
	m := content.Manifest
	if known := h.plugins[m.ID]; known == nil || known.SHA256 != string(content.Digest) {
		h.plugins[m.ID] = &client.Plugin{ID: m.ID, State: "unapproved", Offers: []client.Offer{{
			Name: r.Header.Get("X-Pulse-File-Name"), Version: m.Version, SHA256: string(content.Digest), Wants: m.Needs, Signature: "unsigned",
		}}}
	}
	return client.Installed{ID: m.ID, Version: m.Version, SHA256: string(content.Digest)}, nil
}

func (h *fakeHub) approve(r *http.Request) (any, error) {
	plugin, err := h.plugin(r)
	if err != nil {
		return nil, err
	}
	var wanted client.Approval
	if err := strictly(r, &wanted); err != nil {
		return nil, err
	}
	h.approved[plugin.ID] = wanted
	plugin.SHA256, plugin.Version, plugin.State = wanted.SHA256, plugin.Offers[0].Version, "healthy"
	return plugin, nil
}

func (h *fakeHub) act(r *http.Request) (any, error) {
	plugin, err := h.plugin(r)
	if err != nil {
		return nil, err
	}
	switch r.PathValue("action") {
	case "enable", "restart":
		plugin.State = "starting"
	case "disable":
		plugin.State = "disabled"
	case "rollback":
		if plugin.Previous == nil {
			return nil, &client.Problem{Status: http.StatusConflict, Detail: "there is no version before"}
		}
		plugin.Version, plugin.Previous = plugin.Previous.Version, nil
	}
	return plugin, nil
}

func (h *fakeHub) remove(r *http.Request) (any, error) {
	for _, one := range h.instances {
		if one.Plugin == r.PathValue("id") {
			return nil, &client.Problem{Status: http.StatusConflict, Code: "in_use", Detail: "it has instances"}
		}
	}
	plugin, err := h.plugin(r)
	if err != nil {
		return nil, err
	}
	h.removedWith[plugin.ID] = r.URL.Query().Get("data")
	delete(h.plugins, plugin.ID)
	return nil, nil
}

func (h *fakeHub) logLevel(r *http.Request) (any, error) {
	var body map[string]string
	if err := strictly(r, &body); err != nil {
		return nil, err
	}
	h.levels[r.PathValue("id")] = body["level"]
	return nil, nil
}

// logs has two lines, and as a stream ends after a third.
func (h *fakeHub) logs(w http.ResponseWriter, r *http.Request) {
	const line = `{"time":"2026-01-02T03:04:05Z","level":"info","message":"line %d\u001b[31m of %s"}`
	one, two := fmt.Sprintf(line, 1, r.URL.Query().Get("lines")), fmt.Sprintf(line, 2, r.URL.Query().Get("level"))
	if r.URL.Query().Get("follow") == "" {
		fmt.Fprintf(w, `{"lines":[%s,%s]}`, one, two)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprintf(w, ": hello\n\ndata: %s\n\ndata:%s\n\nevent: x\ndata: %s\n\n", one, two, fmt.Sprintf(line, 3, "following"))
}

func (h *fakeHub) listInstances(r *http.Request) (any, error) {
	list := []client.Instance{}
	for i := range 100 {
		one, ok := h.instances[fmt.Sprintf("i%d", i)]
		if wanted := r.URL.Query().Get("plugin"); ok && (wanted == "" || wanted == one.Plugin) {
			list = append(list, one)
		}
	}
	return map[string]any{"instances": list}, nil
}

func (h *fakeHub) instance(r *http.Request) (client.Instance, error) {
	if one, ok := h.instances[r.PathValue("id")]; ok {
		return one, nil
	}
	return client.Instance{}, &client.Problem{Status: http.StatusNotFound, Detail: "no such instance"}
}

// draft is what a hub takes of an instance, and nothing else.
type draft struct {
	Plugin, Component, Name string
	Config                  json.RawMessage
	Enabled                 *bool
	Instance                string
}

func strictly(r *http.Request, into any) error {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return &client.Problem{Status: http.StatusBadRequest, Detail: err.Error()}
	}
	return nil
}

func (h *fakeHub) save(r *http.Request, id string) (any, error) {
	var body draft
	if err := strictly(r, &body); err != nil {
		return nil, err
	}
	if !bytes.Contains(body.Config, []byte(`"address"`)) {
		return nil, &client.Problem{
			Status: http.StatusUnprocessableEntity, Detail: "the configuration is not valid",
			Errors: []client.FieldError{{Field: "/address", Message: "is required"}},
		}
	}
	h.instances[id] = client.Instance{
		ID: id, Plugin: body.Plugin, Component: body.Component, Name: body.Name, Enabled: *body.Enabled, Config: body.Config, State: "pending",
	}
	return h.instances[id], nil
}

func (h *fakeHub) addInstance(r *http.Request) (any, error) {
	return h.save(r, fmt.Sprintf("i%d", len(h.instances)))
}

func (h *fakeHub) setInstance(r *http.Request) (any, error) {
	if _, err := h.instance(r); err != nil {
		return nil, err
	}
	return h.save(r, r.PathValue("id"))
}

func (h *fakeHub) removeInstance(r *http.Request) (any, error) {
	one, err := h.instance(r)
	if err != nil {
		return nil, err
	}
	delete(h.instances, one.ID)
	return nil, nil
}

func (h *fakeHub) try(r *http.Request) (any, error) {
	var body draft
	if err := strictly(r, &body); err != nil {
		return nil, err
	}
	if bytes.Contains(body.Config, []byte("10.0.0.1")) {
		return client.Verdict{OK: true, Summary: "it answers", Facts: map[string]any{"instance": body.Instance}}, nil
	}
	return client.Verdict{Summary: "wrong", Errors: []client.PointError{{Path: "/address", Message: "nobody there"}}}, nil
}

// someNeeds is what the plugins of the tests want.
func someNeeds() manifest.Needs {
	return manifest.Needs{Network: []string{"instance:address", "tcp:443"}, Host: []string{"kv"}, Read: []string{"/etc/ssl"}}
}

// packageOf packs a folder into a file in a folder of its own.
func packageOf(t *testing.T, dir string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "some.pulseplugin")
	run(t, "plugin", "pack", dir, "--out", out).must(t)
	return out
}
