package setup_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/collect"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/setup"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// form is the configuration of the fake plugin: an address, and secrets at the top and below.
const form = `{
	"type": "object", "required": ["url", "key"], "additionalProperties": false,
	"properties": {
		"url": {"type": "string", "format": "uri"},
		"key": {"type": "string", "writeOnly": true},
		"tls": {"type": "object", "properties": {
			"verify": {"type": "boolean"},
			"pass": {"type": "string", "writeOnly": true}
		}}
	}
}`

// world is a hub of which only the office and the store are real.
type world struct {
	*setup.Office
	records   *instance.Repository
	chronicle *audit.Log

	mu      sync.Mutex
	known   map[string]instance.Instance // what the host was told last
	polled  map[string]collect.Source
	refuse  func(instance.Instance) error
	forgot  []string
	missing bool // the plugin does not run
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{KeyFile: filepath.Join(dir, "pulse.key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	w := &world{
		records: instance.NewRepository(db), chronicle: audit.New(audit.Options{Records: db}),
		known: map[string]instance.Instance{}, polled: map[string]collect.Source{},
		refuse: func(instance.Instance) error { return nil },
	}
	w.Office = setup.New(setup.Options{
		Repository: w.records, Plugins: w, Host: w, Scheduler: scheduler{w}, Kept: w, Chronicle: w.chronicle,
		Presets: []instance.Instance{{ID: "preset-a", Plugin: "acme.nas", Component: "source/nas", Name: "a", Enabled: true}},
		Logger:  hclog.NewNullLogger(),
	})
	return w
}

var errNone = errors.New("none")

func (w *world) Component(_ context.Context, plugin, component string) (*manifest.Component, error) {
	if w.missing || plugin != "acme.nas" {
		return nil, errNone
	}
	switch component {
	case "source/nas":
		return &manifest.Component{
			Kind: "source", Type: "nas", Config: json.RawMessage(form), Datasets: []manifest.Dataset{{Name: "all", Interval: 1e9}},
		}, nil
	case "notifier/beep":
		return &manifest.Component{Kind: "notifier", Type: "beep", Config: json.RawMessage(`{"type":"object"}`)}, nil
	}
	return nil, errNone
}

func (w *world) Configure(_ context.Context, one instance.Instance) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.known[one.ID] = one
	return w.refuse(one)
}

func (w *world) Remove(_ context.Context, _, id string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.known, id)
	return nil
}

func (w *world) Test(_ context.Context, one instance.Instance) (supervise.TestResult, error) {
	return supervise.TestResult{OK: true, Summary: one.Secrets["/key"]}, nil
}

func (w *world) ForgetInstance(_ context.Context, _, id string) error {
	w.forgot = append(w.forgot, id)
	return nil
}

type scheduler struct{ w *world }

func (s scheduler) Add(_ context.Context, source collect.Source) error {
	s.w.polled[source.Ref.ID] = source
	return nil
}

func (s scheduler) Remove(_ context.Context, id string) error {
	delete(s.w.polled, id)
	return nil
}

func draft(config string) setup.Draft {
	return setup.Draft{Plugin: "acme.nas", Component: "source/nas", Name: "rack", Config: json.RawMessage(config), Enabled: true}
}

func (w *world) create(t *testing.T) instance.Instance {
	t.Helper()
	one, err := w.Create(t.Context(), draft(`{"url": "https://nas.lan", "key": "first", "tls": {"verify": true, "pass": "deep"}}`), "anna")
	if err != nil {
		t.Fatal(err)
	}
	return one
}

func TestCreatedIsStoredConfiguredAndPolled(t *testing.T) {
	w := newWorld(t)
	one := w.create(t)
	kept, err := w.records.Get(t.Context(), one.ID)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(kept.Config), "first") || strings.Contains(string(kept.Config), "deep") {
		t.Errorf("configuration holds secrets: %s", kept.Config)
	}
	if diff := cmp.Diff(map[string]string{"/key": "first", "/tls/pass": "deep"}, kept.Secrets); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(kept, w.known[one.ID]); diff != "" {
		t.Errorf("the plugin was told something else (-stored +told):\n%s", diff)
	}
	if got := w.polled[one.ID]; got.Ref.Address != "https://nas.lan" || len(got.Datasets) != 1 {
		t.Errorf("polled is %+v", got)
	}
	events, err := w.chronicle.About(t.Context(), "instance", one.ID, 5)
	if err != nil || len(events) != 1 || events[0].Actor != "anna" || events[0].What != "created" {
		t.Errorf("events are %+v, %v", events, err)
	}
}

func TestShownConfigurationCanBeSentBack(t *testing.T) {
	w := newWorld(t)
	one := w.create(t)
	component, err := w.Component(t.Context(), "acme.nas", "source/nas")
	if err != nil {
		t.Fatal(err)
	}
	shown, err := setup.Config(one, component)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"key":{"set":true},"tls":{"pass":{"set":true},"verify":true},"url":"https://nas.lan"}`
	if string(shown) != want {
		t.Errorf("shown is %s, want %s", shown, want)
	}
	changed := draft(string(shown))
	changed.Name = "cellar"
	after, err := w.Update(t.Context(), one.ID, changed, "anna")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(one.Secrets, after.Secrets); diff != "" || after.Name != "cellar" || after.Revision != 2 {
		t.Errorf("after is %+v, secrets differ:\n%s", after, diff)
	}
}

func TestSecretsChangeAndGo(t *testing.T) {
	w := newWorld(t)
	one := w.create(t)
	after, err := w.Update(t.Context(), one.ID, draft(`{"url": "https://nas.lan", "key": "second"}`), "anna")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"/key": "second"}, after.Secrets); diff != "" {
		t.Error(diff)
	}
}

func TestBadDraftsNameTheFieldAndKeepNothing(t *testing.T) {
	long := strings.Repeat("n", 201)
	tests := map[string]struct {
		config, name, field string
	}{
		"missing":                  {`{"key": "k"}`, "n", "/url"},
		"missing secret":           {`{"url": "https://a"}`, "n", "/key"},
		"secret that was never":    {`{"url": "https://a", "key": {"set": true}}`, "n", "/key"},
		"secret that is a number":  {`{"url": "https://a", "key": 5}`, "n", "/key"},
		"not a URL":                {`{"url": "nas", "key": "k"}`, "n", "/url"},
		"unknown":                  {`{"url": "https://a", "key": "k", "more": 1}`, "n", "/more"},
		"object instead of string": {`{"url": {}, "key": "k"}`, "n", "/url"},
		"not an object":            {`[]`, "n", ""},
		"not JSON":                 {`{`, "n", ""},
		"no name":                  {`{"url": "https://a", "key": "k"}`, " ", "/name"},
		"long name":                {`{"url": "https://a", "key": "k"}`, long, "/name"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			d := draft(test.config)
			d.Name = test.name
			_, err := w.Create(t.Context(), d, "anna")
			var invalid *setup.InvalidError
			if !errors.As(err, &invalid) {
				t.Fatalf("error is %v", err)
			}
			var paths []string
			for _, field := range invalid.Fields {
				paths = append(paths, field.Path)
			}
			if !slices.Contains(paths, test.field) {
				t.Errorf("fields are %q, want %q", paths, test.field)
			}
			if n, _ := w.Count(t.Context(), "acme.nas"); n != 0 || len(w.known) != 0 {
				t.Errorf("%d are stored, %d configured", n, len(w.known))
			}
		})
	}
}

func refusal(instance.Instance) error {
	return &supervise.ConfigError{Fields: []supervise.FieldError{{Path: "/key", Message: "is too weak"}}}
}

func TestWhatThePluginRefusesIsNotKept(t *testing.T) {
	w := newWorld(t)
	before := w.create(t)
	w.refuse = func(one instance.Instance) error {
		if one.Revision > 1 || one.ID != before.ID {
			return refusal(one)
		}
		return nil
	}
	for name, change := range map[string]func() error{
		"create": func() error {
			_, err := w.Create(t.Context(), draft(`{"url": "https://b", "key": "1"}`), "anna")
			return err
		},
		"update": func() error {
			_, err := w.Update(t.Context(), before.ID, draft(`{"url": "https://b", "key": "1"}`), "anna")
			return err
		},
	} {
		var invalid *setup.InvalidError
		if err := change(); !errors.As(err, &invalid) || invalid.Fields[0].Path != "/key" {
			t.Errorf("%s: error is %v", name, err)
		}
	}
	kept, err := w.records.Get(t.Context(), before.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, kept); diff != "" {
		t.Errorf("the stored one changed:\n%s", diff)
	}
	if diff := cmp.Diff(map[string]instance.Instance{before.ID: before}, w.known); diff != "" {
		t.Errorf("the plugin goes on with something else:\n%s", diff)
	}
}

func TestPluginThatIsDownDoesNotKeepInstancesFromBeingMade(t *testing.T) {
	w := newWorld(t)
	w.refuse = func(instance.Instance) error { return supervise.ErrDown }
	one := w.create(t)
	if _, err := w.records.Get(t.Context(), one.ID); err != nil {
		t.Error(err)
	}
}

func TestDisabledIsNeitherConfiguredNorPolled(t *testing.T) {
	w := newWorld(t)
	one := w.create(t)
	off := draft(`{"url": "https://nas.lan", "key": {"set": true}}`)
	off.Enabled = false
	if _, err := w.Update(t.Context(), one.ID, off, "anna"); err != nil {
		t.Fatal(err)
	}
	if len(w.known) != 0 || len(w.polled) != 0 {
		t.Errorf("configured are %v, polled %v", w.known, w.polled)
	}
}

func TestComponentCannotBeChanged(t *testing.T) {
	w := newWorld(t)
	one := w.create(t)
	moved := draft(`{}`)
	moved.Component = "notifier/beep"
	if _, err := w.Update(t.Context(), one.ID, moved, "anna"); !errors.Is(err, setup.ErrMoved) {
		t.Errorf("error is %v", err)
	}
}

func TestDeleteLeavesNothing(t *testing.T) {
	w := newWorld(t)
	one := w.create(t)
	if err := w.Delete(t.Context(), one.ID, "anna"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.records.Get(t.Context(), one.ID); !errors.Is(err, instance.ErrNotFound) {
		t.Errorf("stored: %v", err)
	}
	if len(w.known) != 0 || len(w.polled) != 0 || !slices.Equal(w.forgot, []string{one.ID}) {
		t.Errorf("configured %v, polled %v, forgotten %v", w.known, w.polled, w.forgot)
	}
}

func TestPresetsCannotBeChanged(t *testing.T) {
	w := newWorld(t)
	if err := w.Delete(t.Context(), "preset-a", "anna"); !errors.Is(err, setup.ErrPreset) {
		t.Errorf("delete: %v", err)
	}
	if _, err := w.Update(t.Context(), "preset-a", draft(`{}`), "anna"); !errors.Is(err, setup.ErrPreset) {
		t.Errorf("update: %v", err)
	}
}

func TestTestUsesTheSecretsThatStay(t *testing.T) {
	w := newWorld(t)
	one := w.create(t)
	result, err := w.Office.Test(t.Context(), draft(`{"url": "https://b", "key": {"set": true}}`), one.ID)
	if err != nil || result.Summary != "first" {
		t.Errorf("result is %+v, %v", result, err)
	}
	result, err = w.Office.Test(t.Context(), draft(`{"key": "k"}`), "")
	if err != nil || result.OK || len(result.Fields) != 1 || result.Fields[0].Path != "/url" {
		t.Errorf("a bad one gives %+v, %v", result, err)
	}
}

func TestAttachAndDetach(t *testing.T) {
	w := newWorld(t)
	one := w.create(t)
	if err := w.Detach(t.Context(), "acme.nas"); err != nil {
		t.Fatal(err)
	}
	if len(w.polled) != 0 {
		t.Errorf("still polled: %v", w.polled)
	}
	w.known = map[string]instance.Instance{}
	if err := w.Attach(t.Context(), "acme.nas"); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{one.ID, "preset-a"} {
		if _, ok := w.known[id]; !ok {
			t.Errorf("%s is not configured", id)
		}
		if _, ok := w.polled[id]; !ok {
			t.Errorf("%s is not polled", id)
		}
	}
	if w.known[one.ID].Secrets["/key"] != "first" {
		t.Error("it is configured without its secrets")
	}
}

// FuzzDraft: whatever a draft holds, no secret ends up in the configuration,
// and what was accepted can be shown and sent back.
func FuzzDraft(f *testing.F) {
	f.Add(`{"url": "https://a", "key": "geheim-7"}`)
	f.Add(`{"url": "https://a", "key": "geheim-7", "tls": {"pass": "geheim-8"}}`)
	f.Add(`{"url": "https://a", "key": {"set": true}}`)
	f.Add(`{"url": "https://a", "key": "k", "tls": []}`)
	f.Add(`{"key": [1], "url": null}`)
	f.Fuzz(func(t *testing.T, config string) {
		component := &manifest.Component{Kind: "source", Type: "nas", Config: json.RawMessage(form)}
		accepted, err := setup.Prepare(component, json.RawMessage(config), nil)
		if err != nil {
			return
		}
		for _, secret := range accepted.Secrets {
			if len(secret) > 5 && strings.Contains(string(accepted.Config), secret) && !strings.Contains(config, `"url":"`+secret) {
				var shown struct{ URL string }
				if json.Unmarshal(accepted.Config, &shown) == nil && !strings.Contains(shown.URL, secret) {
					t.Fatalf("secret %q is in %s", secret, accepted.Config)
				}
			}
		}
		shown, err := setup.Config(accepted, component)
		if err != nil {
			t.Fatal(err)
		}
		again, err := setup.Prepare(component, shown, accepted.Secrets)
		if err != nil {
			t.Fatalf("%s is not accepted again: %v", shown, err)
		}
		if diff := cmp.Diff(accepted.Secrets, again.Secrets); diff != "" {
			t.Fatal(diff)
		}
	})
}
