package proxmox

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pulse-hub/pulse/plugins/internal/conformtest"
	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/plugins/internal/proxmoxtest"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/conformance"
	"github.com/pulse-hub/pulse/sdk/plugintest"
	"github.com/pulse-hub/pulse/sdk/resource"
	"github.com/pulse-hub/pulse/sdk/schema"
)

func TestMain(m *testing.M) { conformtest.Main(m, New) }

const component = "source/pve"

// settings returns the lab's configuration as a hub sends it.
func (l *lab) settings() (config map[string]any, secrets map[string]string) {
	return map[string]any{"url": l.URL(""), "fingerprint": l.Fingerprint(""), "token_id": tokenID},
		map[string]string{"/token_secret": tokenSecret}
}

// TestTheHubSeesWhatIsCollected runs the plugin as a hub does and compares
// what arrives with what was collected.
func TestTheHubSeesWhatIsCollected(t *testing.T) {
	l := watch(t, load(t, "lab3-pve8"))
	h := plugintest.Start(t, newPlugin(l.clock))
	config, secrets := l.settings()
	id := h.Configure(component, config, secrets)
	for _, dataset := range []string{datasetStorage, datasetGuests, datasetHA, datasetUpkeep, datasetBackups, datasetSnapshots, datasetReplication, datasetStatus} {
		direct, seen := l.collect(t, dataset), h.Collect(id, dataset)
		want, got := byID(direct.Resources()), byID(seen.Resources)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: collected (-) and seen (+) differ:\n%.2000s", dataset, diff)
		}
		if len(seen.Problems) > 0 || !seen.Full {
			t.Errorf("%s: problems %v", dataset, seen.Problems)
		}
	}
}

func byID(list []resource.Resource) map[string]resource.Resource {
	m := map[string]resource.Resource{}
	for _, r := range list {
		m[r.ID] = r
	}
	return m
}

func TestTryingAConfiguration(t *testing.T) {
	l := watch(t, load(t, "lab3-pve8"))
	h := plugintest.Start(t, newPlugin(l.clock))
	config, secrets := l.settings()
	tested := h.Test(component, config, secrets)
	if !tested.GetOk() || tested.GetSummary() != "Proxmox VE 8.4.1, cluster lab with 3 nodes, 12 guests." {
		t.Errorf("got %v", tested)
	}
	want := map[string]string{"version": "8.4.1", "cluster": "lab", "nodes": "lab1, lab2, lab3", "guests": "12"}
	if diff := cmp.Diff(want, tested.GetFacts()); diff != "" {
		t.Error(diff)
	}
	secrets["/token_secret"] = "wrong-but-long-enough"
	tested = h.Test(component, config, secrets)
	if tested.GetOk() || tested.GetState() != pluginv1.State_STATE_AUTH_FAILED || strings.Contains(tested.String(), "wrong-but") {
		t.Errorf("wrong secret: %v", tested)
	}
	config["fingerprint"] = strings.Repeat("ab", 32)
	if tested = h.Test(component, config, secrets); tested.GetOk() || !strings.Contains(tested.GetSummary(), l.Fingerprint("")) {
		t.Errorf("wrong fingerprint: %v", tested)
	}
}

func TestTryingNamesTheField(t *testing.T) {
	for _, tt := range []struct {
		name, path string
		change     func(*lab, *config)
	}{
		{"token", "/token_secret", func(_ *lab, c *config) { c.TokenSecret = "another" }},
		{"certificate", "/fingerprint", func(_ *lab, c *config) { c.Fingerprint = strings.Repeat("00", 32) }},
		{"nobody there", "/url", func(l *lab, _ *config) { l.Stop("lab1") }},
		{"no rights", "/token_id", func(l *lab, _ *config) {
			l.Fail("/cluster/resources", proxmoxtest.Saying(`{"data":[]}`))
			l.Fail("/cluster/status", proxmoxtest.Failing(403, "Permission check failed (/, Sys.Audit)"))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := watch(t, load(t, "lab3-pve8"))
			c := l.config()
			tt.change(l, &c)
			s, err := newSource(c, l.clock)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			_, err = s.Test(t.Context())
			if field, _ := errors.AsType[schema.FieldError](err); field.Path != tt.path {
				t.Errorf("got %v, want path %s", err, tt.path)
			}
		})
	}
}

func TestTryingTellsMissingPrivileges(t *testing.T) {
	l := watch(t, load(t, "solo-pve9").With(t, "/access/permissions", map[string]any{"/": map[string]any{"Sys.Audit": 1, "VM.Audit": 1}}))
	tested, err := l.source.Test(t.Context())
	if err != nil || tested.Facts["missing_privileges"] != "Datastore.Audit, VM.GuestAgent.Audit" {
		t.Errorf("facts %v, error %v", tested.Facts, err)
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
		{"no address", `{"token_id":"a@pve!b"}`, token, "/url"},
		{"not encrypted", `{"url":"http://pve:8006","token_id":"a@pve!b"}`, token, "/url"},
		{"no login", `{"url":"https://pve:8006"}`, nil, "/token_id"},
		{"no TLS fingerprint", `{"url":"https://pve:8006","token_id":"a@pve!b","fingerprint":"ab"}`, token, "/fingerprint"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			errs := h.TryConfigure("x", component, json.RawMessage(tt.config), tt.secrets)
			if len(errs) == 0 || errs[0].Path != tt.path {
				t.Errorf("got %v, want an error at %s", errs, tt.path)
			}
		})
	}
}

// TestThePluginConforms runs the plugin as a program against played clusters.
func TestThePluginConforms(t *testing.T) {
	conformtest.Check(t, New, component, func() conformance.Sample {
		sample := func(set string) json.RawMessage {
			config, _ := watch(t, load(t, set)).settings()
			data, err := json.Marshal(config)
			if err != nil {
				t.Fatal(err)
			}
			return data
		}
		return conformance.Sample{
			Config: sample("lab3-pve8"), Variants: []json.RawMessage{sample("solo-pve9")},
			Secrets: map[string]string{"/token_secret": tokenSecret},
		}
	})
}

func TestTryingTellsOfAWrongClock(t *testing.T) {
	s := proxmoxtest.Start(t, proxmoxtest.Options{
		Product: proxmoxapi.PVE, Answers: load(t, "solo-pve9"), Now: func() time.Time { return time.Now().Add(time.Hour) },
	})
	l := &lab{Server: s, now: time.Unix(1795400000, 0)}
	source, err := newSource(l.config(), l.clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(source.Close)
	tested, err := source.Test(t.Context())
	if ahead := tested.Facts["clock_ahead_of_hub"]; err != nil || !strings.HasPrefix(ahead, "1h0m") && !strings.HasPrefix(ahead, "59m5") {
		t.Errorf("facts %v, error %v", tested.Facts, err)
	}
}
