package pbs

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
	w := watch(t, vault(t))
	h := plugintest.Start(t, newPlugin(func() time.Time { return w.now }))
	c := w.config()
	settings := map[string]any{"url": c.URL, "token_id": c.TokenID, "fingerprint": c.Fingerprint}
	secrets := map[string]string{"/token_secret": string(c.TokenSecret)}
	if tested := h.Test("source/pbs", settings, secrets); !tested.GetOk() {
		t.Errorf("test: %v", tested)
	}
	id := h.Configure("source/pbs", settings, secrets)
	for _, dataset := range datasets() {
		seen, direct := h.Collect(id, dataset), w.collect(t, dataset)
		want := map[string]resource.Resource{}
		for _, r := range direct.Resources() {
			if r.ID == serverID {
				r.Name = id // it bears the name of the instance
			}
			want[r.ID] = r
		}
		got := map[string]resource.Resource{}
		for _, r := range seen.Resources {
			got[r.ID] = r
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: collected (-) and seen (+) differ:\n%.2000s", dataset, diff)
		}
		if len(seen.Problems) != len(direct.Problems()) || !seen.Full {
			t.Errorf("%s: problems %v", dataset, seen.Problems)
		}
	}
}

func TestFaultyConfigurationsAreRefused(t *testing.T) {
	h := plugintest.Start(t, New())
	token := map[string]string{"/token_secret": tokenSecret}
	for _, tt := range []struct {
		name, config string
		secrets      map[string]string
		path         string
	}{
		{"no address", `{"token_id":"a@pbs!b"}`, token, "/url"},
		{"not encrypted", `{"url":"http://pbs:8007","token_id":"a@pbs!b"}`, token, "/url"},
		{"no login", `{"url":"https://pbs:8007"}`, nil, "/token_id"},
		{"token without a name", `{"url":"https://pbs:8007","token_id":"a@pbs"}`, token, "/token_id"},
		{"token without a secret", `{"url":"https://pbs:8007","token_id":"a@pbs!b"}`, nil, "/token_secret"},
		{"user without a realm", `{"url":"https://pbs:8007","user":"a"}`, map[string]string{"/password": "long enough"}, "/user"},
		{"no fingerprint", `{"url":"https://pbs:8007","token_id":"a@pbs!b","fingerprint":"AB:CD"}`, token, "/fingerprint"},
		{"no certificate", `{"url":"https://pbs:8007","token_id":"a@pbs!b","ca":"none"}`, token, "/ca"},
		{"unknown setting", `{"url":"https://pbs:8007","token_id":"a@pbs!b","colour":"red"}`, token, "/colour"},
	} {
		errs := h.TryConfigure("x", "source/pbs", json.RawMessage(tt.config), tt.secrets)
		if len(errs) == 0 || errs[0].Path != tt.path {
			t.Errorf("%s: got %v, want an error at %s", tt.name, errs, tt.path)
		}
	}
}
