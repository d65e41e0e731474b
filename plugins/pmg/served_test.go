package pmg

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pulse-hub/pulse/sdk/plugintest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// TestTheHubSeesWhatIsCollected runs the plugin as a hub does and compares
// what arrives with what was collected.
func TestTheHubSeesWhatIsCollected(t *testing.T) {
	w := watch(t, mx(t))
	h := plugintest.Start(t, newPlugin(func() time.Time { return w.now }))
	settings := map[string]any{"url": w.URL(""), "user": user, "ca": w.CA}
	secrets := map[string]string{"/password": password}
	if tested := h.Test("source/pmg", settings, secrets); !tested.GetOk() {
		t.Errorf("test: %v", tested)
	}
	id := h.Configure("source/pmg", settings, secrets)
	w.source.config.Instance.Name = id // both bear the name of the instance
	for _, dataset := range []string{datasetStatus, datasetBackups} {
		seen, want := h.Collect(id, dataset), map[string]resource.Resource{}
		for _, r := range w.collect(t, dataset).Resources() {
			want[r.ID] = r
		}
		got := map[string]resource.Resource{}
		for _, r := range seen.Resources {
			got[r.ID] = r
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || !seen.Full || len(seen.Problems) > 0 {
			t.Errorf("%s: problems %v, collected (-) and seen (+) differ:\n%.2000s", dataset, seen.Problems, diff)
		}
	}
}

func TestFaultyConfigurationsAreRefused(t *testing.T) {
	h := plugintest.Start(t, New())
	secrets := map[string]string{"/password": password}
	for _, tt := range []struct {
		name, config string
		secrets      map[string]string
		path         string
	}{
		{"no address", `{"user":"a@pmg"}`, secrets, "/url"},
		{"not encrypted", `{"url":"http://mx:8006","user":"a@pmg"}`, secrets, "/url"},
		{"no login", `{"url":"https://mx:8006"}`, nil, "/user"},
		{"no password", `{"url":"https://mx:8006","user":"a@pmg"}`, nil, "/password"},
		{"user without a realm", `{"url":"https://mx:8006","user":"a"}`, secrets, "/user"},
		{"an API token", `{"url":"https://mx:8006","user":"a@pmg","token_id":"a@pmg!b"}`, secrets, "/token_id"},
	} {
		errs := h.TryConfigure("x", "source/pmg", json.RawMessage(tt.config), tt.secrets)
		if len(errs) == 0 || errs[0].Path != tt.path {
			t.Errorf("%s: got %v, want an error at %s", tt.name, errs, tt.path)
		}
	}
}
