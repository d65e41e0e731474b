package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/plugin/approval"
	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/hub/internal/plugin/inbox"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/journal"
	"github.com/pulse-hub/pulse/hub/internal/plugin/lockfile"
	"github.com/pulse-hub/pulse/hub/internal/plugin/registry"
	"github.com/pulse-hub/pulse/hub/internal/plugin/setup"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/plugin/trust"
	"github.com/pulse-hub/pulse/sdk/manifest"
	"github.com/pulse-hub/pulse/sdk/schema"
)

// described is the manifest of the one plugin that the fakes know.
func described() *manifest.Manifest {
	return &manifest.Manifest{ID: "acme.nas", Version: "1.0.0", Name: "NAS", Components: []manifest.Component{{
		Kind: "source", Type: "nas", Name: "NAS",
		Config: json.RawMessage(`{"type":"object","properties":{"url":{"type":"string"},"key":{"type":"string","writeOnly":true}}}`),
	}}}
}

// plugins is a registry with one plugin that is enabled, and one that is only offered.
type plugins struct{}

func (plugins) List(context.Context) ([]registry.Entry, error) {
	return []registry.Entry{
		{
			Record: approval.Record{ID: "acme.nas", State: approval.Enabled, Current: &approval.Version{
				Version: "1.0.0", Level: approval.Pinned, Digest: archive.Digest(strings.Repeat("a", 64)),
			}},
			Manifest: described(), Status: &supervise.Status{ID: "acme.nas", State: supervise.StateHealthy,
				Instances: []supervise.InstanceStatus{{ID: "1", State: supervise.InstanceConfigured}}},
		},
		{Record: approval.Record{ID: "acme.ups", State: approval.Unapproved, Offers: []approval.Offer{{
			Name: "ups", Version: "2.0.0", Digest: archive.Digest(strings.Repeat("b", 64)), Wants: manifest.Needs{Exec: true},
		}}}},
	}, nil
}

func (p plugins) Get(ctx context.Context, id string) (registry.Entry, error) {
	all, _ := p.List(ctx)
	for _, entry := range all {
		if entry.ID == id {
			return entry, nil
		}
	}
	return registry.Entry{}, fmt.Errorf("%w: %s", approval.ErrUnknown, id)
}

func (plugins) Refused() []inbox.Candidate {
	return []inbox.Candidate{{Name: "broken", State: inbox.Invalid, Reason: archive.ErrNoManifest}}
}

func (plugins) Components(context.Context) ([]registry.Offered, error) {
	return []registry.Offered{{Plugin: "acme.nas", PluginName: "NAS", Component: described().Components[0]}}, nil
}

func (plugins) Events(context.Context, string) ([]audit.Event, error) {
	return []audit.Event{{Actor: "anna", What: "approved"}}, nil
}

func (plugins) Upload(_ context.Context, body io.Reader) (*archive.Content, error) {
	if data, _ := io.ReadAll(body); string(data) != "good" {
		return nil, fmt.Errorf("%w: plugin.json", archive.ErrNoManifest)
	}
	return &archive.Content{Manifest: described(), Digest: archive.Digest(strings.Repeat("a", 64))}, nil
}

func (plugins) Approve(_ context.Context, wanted approval.Approval, _ bool) error {
	switch {
	case wanted.Actor == "":
		return fmt.Errorf("nobody approves")
	case wanted.Granted.Exec:
		return approval.ErrNeeds
	case wanted.Digest != archive.Digest(strings.Repeat("a", 64)):
		return approval.ErrNotOffered
	}
	return nil
}

func (plugins) Enable(context.Context, string, string) error { return nil }
func (plugins) Disable(context.Context, string, string) error {
	return fmt.Errorf("%w: it is unapproved", approval.ErrState)
}
func (plugins) Restart(context.Context, string, string) error  { return nil }
func (plugins) Rollback(context.Context, string, string) error { return approval.ErrNoPrevious }
func (plugins) Remove(context.Context, string, approval.DataFate, string) error {
	return registry.ErrInUse
}

func (plugins) SetPolicy(_ context.Context, _ string, policy registry.Policy, _ string) error {
	if policy.Isolation == "jail" {
		return registry.ErrPolicy
	}
	return nil
}

func (plugins) ExportLock(context.Context) (*lockfile.File, error) {
	return &lockfile.File{Lock: lockfile.FormatVersion}, nil
}

// publishers are nobody yet.
type publishers struct{}

func (publishers) Publishers(context.Context) ([]trust.Publisher, error) {
	return []trust.Publisher{{Name: "Pulse", Project: true}}, nil
}

func (publishers) AddPublisher(_ context.Context, name, key, actor string) (trust.Publisher, error) {
	if key == "bad" {
		return trust.Publisher{}, trust.ErrKey
	}
	return trust.Publisher{Name: name, Key: trust.Key(key), AddedBy: actor}, nil
}

func (publishers) RemovePublisher(_ context.Context, id, _ string) error {
	if id != "1" {
		return trust.ErrUnknown
	}
	return nil
}

// pluginLogs has said three lines.
type pluginLogs struct{}

func lines() []journal.Line {
	return []journal.Line{
		{At: time.Unix(1, 0), Level: hclog.Debug, Text: "one"},
		{At: time.Unix(2, 0), Level: hclog.Warn, Text: "two"},
		{At: time.Unix(3, 0), Level: hclog.Error, Text: "three"},
	}
}

func (pluginLogs) Lines(plugin string, _ int) ([]journal.Line, error) {
	if plugin != "acme.nas" {
		return nil, supervise.ErrUnknownPlugin
	}
	return lines(), nil
}

func (pluginLogs) Follow(_ context.Context, _ string, _ int) (iter.Seq[journal.Followed], error) {
	return func(yield func(journal.Followed) bool) {
		for i, line := range lines() {
			if !yield(journal.Followed{Line: line, Lost: i}) {
				return
			}
		}
	}, nil
}

func (pluginLogs) SetLevel(string, hclog.Level) error { return nil }

// instances is an office with one instance.
type instances struct{}

func (instances) List(context.Context) ([]instance.Instance, error) {
	return []instance.Instance{{
		ID: "1", Plugin: "acme.nas", Component: "source/nas", Name: "rack", Enabled: true,
		Config: json.RawMessage(`{"url":"https://nas"}`), Secrets: map[string]string{"/key": "geheim"},
	}}, nil
}

func (i instances) Get(ctx context.Context, id string) (instance.Instance, error) {
	all, _ := i.List(ctx)
	if id != "1" {
		return instance.Instance{}, instance.ErrNotFound
	}
	return all[0], nil
}

func (instances) Preset(string) bool { return false }

func (i instances) Create(ctx context.Context, draft setup.Draft, _ string) (instance.Instance, error) {
	if draft.Name == "" {
		return instance.Instance{}, &setup.InvalidError{Fields: []schema.FieldError{{Path: "/name", Message: "is missing"}}}
	}
	return i.Get(ctx, "1")
}

func (i instances) Update(ctx context.Context, id string, _ setup.Draft, _ string) (instance.Instance, error) {
	return i.Get(ctx, id)
}

func (instances) Delete(_ context.Context, id, _ string) error {
	if id != "1" {
		return instance.ErrNotFound
	}
	return nil
}

func (instances) Test(context.Context, setup.Draft, string) (supervise.TestResult, error) {
	return supervise.TestResult{OK: true, Summary: "fine"}, nil
}

func TestPluginsAnswer(t *testing.T) {
	h := start(t)
	a, b := strings.Repeat("a", 64), strings.Repeat("b", 64)
	tests := map[string]struct {
		method, path, body string
		status             int
		want               string // in the body
	}{
		"list":             {"GET", "/api/plugins", "", 200, `"id":"acme.nas"`},
		"inbox":            {"GET", "/api/plugins", "", 200, `"inbox":[{"name":"broken","state":"invalid","reason":"there is no plugin.json"}]`},
		"offer":            {"GET", "/api/plugins", "", 200, `"wants":{"exec":true}`},
		"one":              {"GET", "/api/plugins/acme.nas", "", 200, `"events":[{"at":"0001-01-01T00:00:00Z","actor":"anna"`},
		"schema":           {"GET", "/api/plugins/acme.nas", "", 200, `"writeOnly":true`},
		"catalog":          {"GET", "/api/plugins/catalog", "", 200, `"pluginName":"NAS"`},
		"lock":             {"GET", "/api/plugins/lock", "", 200, `"lock":1`},
		"unknown":          {"GET", "/api/plugins/acme.none", "", 404, "unknown_plugin"},
		"upload":           {"POST", "/api/plugins", "good", 201, `"sha256":"` + a},
		"bad upload":       {"POST", "/api/plugins", "bad", 422, "there is no plugin.json"},
		"approve":          {"POST", "/api/plugins/acme.nas/approve", `{"sha256":"` + a + `","needs":{}}`, 200, `"id":"acme.nas"`},
		"approve other":    {"POST", "/api/plugins/acme.nas/approve", `{"sha256":"` + b + `"}`, 409, "not_offered"},
		"approve too much": {"POST", "/api/plugins/acme.nas/approve", `{"sha256":"` + a + `","needs":{"exec":true}}`, 400, "too_much_granted"},
		"approve nothing":  {"POST", "/api/plugins/acme.nas/approve", ``, 400, "the body is empty"},
		"approve no hash":  {"POST", "/api/plugins/acme.nas/approve", `{"sha256":"A"}`, 400, `"field":"sha256"`},
		"approve unknown":  {"POST", "/api/plugins/acme.nas/approve", `{"sha":"A"}`, 400, "sha"},
		"approve kind":     {"POST", "/api/plugins/acme.nas/approve", `{"sha256":5}`, 400, `"field":"sha256"`},
		"enable":           {"POST", "/api/plugins/acme.nas/enable", "", 200, `"state":"healthy"`},
		"disable":          {"POST", "/api/plugins/acme.nas/disable", "", 409, "wrong_state"},
		"rollback":         {"POST", "/api/plugins/acme.nas/rollback", "", 409, "no_previous_version"},
		"remove":           {"DELETE", "/api/plugins/acme.nas", "", 409, "in_use"},
		"remove how":       {"DELETE", "/api/plugins/acme.nas?data=some", "", 400, `"field":"data"`},
		"policy":           {"PUT", "/api/plugins/acme.nas/policy", `{"isolation":"instance"}`, 200, `"id":"acme.nas"`},
		"bad policy":       {"PUT", "/api/plugins/acme.nas/policy", `{"isolation":"jail"}`, 400, `"field":"isolation"`},
		"logs":             {"GET", "/api/plugins/acme.nas/logs?level=warn", "", 200, `{"lines":[{"time":"1970-01-01T00:00:02Z","level":"warn","message":"two"},{"time":"1970-01-01T00:00:03Z"`},
		"logs how many":    {"GET", "/api/plugins/acme.nas/logs?lines=0", "", 400, `"field":"lines"`},
		"logs of what":     {"GET", "/api/plugins/acme.nas/logs?level=loud", "", 400, `"field":"level"`},
		"level":            {"PUT", "/api/plugins/acme.nas/log-level", `{"level":"debug"}`, 204, ""},
		"bad level":        {"PUT", "/api/plugins/acme.nas/log-level", `{"level":"loud"}`, 400, `"field":"level"`},
		"publishers":       {"GET", "/api/plugins/publishers", "", 200, `{"publishers":[{"id":"","name":"Pulse","key":"","project":true}]}`},
		"publisher":        {"POST", "/api/plugins/publishers", `{"name":"Acme","key":"RW"}`, 201, `"name":"Acme","key":"RW","addedBy":"all"`},
		"bad publisher":    {"POST", "/api/plugins/publishers", `{"name":"Acme","key":"bad"}`, 400, "invalid_key"},
		"not a publisher":  {"DELETE", "/api/plugins/publishers/2", "", 404, "unknown_publisher"},
		"publisher gone":   {"DELETE", "/api/plugins/publishers/1", "", 204, ""},
		"instances":        {"GET", "/api/instances", "", 200, `"config":{"key":{"set":true},"url":"https://nas"},"state":"configured"`},
		"of a kind":        {"GET", "/api/instances?kind=notifier", "", 200, `{"instances":[]}`},
		"instance":         {"GET", "/api/instances/1", "", 200, `"component":"source/nas"`},
		"no instance":      {"GET", "/api/instances/2", "", 404, "unknown_instance"},
		"create":           {"POST", "/api/instances", `{"plugin":"acme.nas","component":"source/nas","name":"x","config":{}}`, 201, `"id":"1"`},
		"create badly":     {"POST", "/api/instances", `{"plugin":"acme.nas"}`, 422, `"errors":[{"field":"/name","message":"is missing"}]`},
		"change":           {"PUT", "/api/instances/1", `{"name":"x","config":{}}`, 200, `"id":"1"`},
		"delete":           {"DELETE", "/api/instances/1", "", 204, ""},
		"delete none":      {"DELETE", "/api/instances/2", "", 404, "unknown_instance"},
		"try":              {"POST", "/api/instances/test", `{"plugin":"acme.nas","component":"source/nas","config":{}}`, 200, `{"ok":true,"summary":"fine","errors":[]}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := h.call(test.method, test.path, "all", test.body)
			if w.Code != test.status || !strings.Contains(w.Body.String(), test.want) {
				t.Errorf("answer is %d %s, want %d with %s", w.Code, w.Body, test.status, test.want)
			}
			if strings.Contains(w.Body.String(), "geheim") {
				t.Error("the answer shows a secret")
			}
		})
	}
}

func TestLogsAreFollowed(t *testing.T) {
	server := httptest.NewServer(start(t))
	defer server.Close()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/api/plugins/acme.nas/logs?follow=1&level=error", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-API-Token", "all")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if got := response.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("content type is %q", got)
	}
	var got []api.FollowedLine
	for scanner := bufio.NewScanner(response.Body); scanner.Scan(); {
		data, found := strings.CutPrefix(scanner.Text(), "data: ")
		if !found {
			continue
		}
		var line api.FollowedLine
		if err := json.Unmarshal([]byte(data), &line); err != nil {
			t.Fatal(err)
		}
		got = append(got, line)
	}
	// The second line is of a lower level, and says that one was lost.
	if len(got) != 2 || got[0].Lost != 1 || got[1].Message != "three" || got[1].Lost != 2 {
		t.Errorf("followed lines are %+v", got)
	}
}
