package demo

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/plugintest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// TestEveryPresetIsServed runs the plugin as a hub does: it sets up every
// made-up instance and collects everything.
func TestEveryPresetIsServed(t *testing.T) {
	h := plugintest.Start(t, newPlugin(clock))
	for _, c := range h.Manifest().Components {
		for _, preset := range c.Presets {
			t.Run(c.Type+"/"+preset.Name, func(t *testing.T) {
				tested := h.Test(c.Key(), preset.Config, nil)
				if !tested.GetOk() {
					t.Errorf("test: %v", tested)
				}
				id := h.Configure(c.Key(), preset.Config, nil)
				for _, d := range c.Datasets {
					seen := h.Collect(id, d.Name)
					if !seen.Full || len(seen.Problems) > 0 {
						t.Errorf("%s: full %v, problems %v", d.Name, seen.Full, seen.Problems)
					}
					if want := preset.Name != "standalone1" && preset.Name != "standalone2" || d.Name != "replication"; want != (len(seen.Resources) > 0) {
						t.Errorf("%s: %d resources", d.Name, len(seen.Resources))
					}
				}
				h.Remove(id)
			})
		}
	}
}

// TestPresetsAreOfOneWorld collects both sides of the backups over the wire.
func TestPresetsAreOfOneWorld(t *testing.T) {
	h := plugintest.Start(t, newPlugin(clock))
	m := h.Manifest()
	onSites, onServer := map[time.Time]uint64{}, map[time.Time]uint64{}
	for _, c := range m.Components {
		for _, preset := range c.Presets {
			if c.Type != "pve" && preset.Name != "pbs-main" {
				continue
			}
			seen := h.Collect(h.Configure(c.Key(), preset.Config, nil), "backups")
			for _, b := range backupsOf(seen.Resources) {
				switch {
				case c.Type == "pve" && b.OnBackupServer:
					onSites[b.At] += b.Size
				case c.Type == "pbs" && b.Datastore == "main":
					onServer[b.At] += b.Size
				}
			}
		}
	}
	if diff := cmp.Diff(onSites, onServer); diff != "" || len(onSites) < 100 {
		t.Errorf("%d backups; sites (-) and server (+) differ:\n%s", len(onSites), diff)
	}
}

func TestFaultyConfigurationsAreRefused(t *testing.T) {
	h := plugintest.Start(t, newPlugin(clock))
	for _, tt := range []struct{ name, component, config, path string }{
		{"unknown site", "source/pve", `{"site":"mars"}`, "/site"},
		{"unknown server", "source/pbs", `{"server":"none"}`, "/server"},
		{"no nodes", "source/pve", `{"cluster_nodes":0}`, "/cluster_nodes"},
		{"too large", "source/agents", `{"scale":1000}`, "/scale"},
		{"part above one", "source/agents", `{"stopped":20}`, "/stopped"},
		{"unknown key", "source/pmg", `{"colour":"red"}`, "/colour"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			errs := h.TryConfigure("x", tt.component, json.RawMessage(tt.config), nil)
			if len(errs) == 0 || errs[0].Path != tt.path {
				t.Errorf("got %v, want an error at %s", errs, tt.path)
			}
		})
	}
}

// TestWhatIsServedIsTheUsualWorld compares every resource before and after
// the wire, with configurations that leave all sizes to their defaults.
func TestWhatIsServedIsTheUsualWorld(t *testing.T) {
	h := plugintest.Start(t, newPlugin(clock))
	for _, tt := range []struct {
		component, config string
		same              any
	}{
		{"source/pve", `{"site":"demo-cluster"}`, pveConfig{Site: "demo-cluster", Size: usual()}},
		{"source/pve", `{"site":"standalone1"}`, pveConfig{Site: "standalone1", Size: usual()}},
		{"source/pve", `{"site":"standalone2"}`, pveConfig{Site: "standalone2", Size: usual()}},
		{"source/pbs", `{}`, pbsConfig{Server: "pbs-main", Size: usual()}},
		{"source/pbs", `{"server":"pbs-offsite"}`, pbsConfig{Server: "pbs-offsite", Size: usual()}},
		{"source/pmg", `{}`, pmgConfig{Gateway: "pmg-main", Size: usual()}},
		{"source/agents", `{}`, agentsConfig{Size: usual()}},
	} {
		direct := instance(t, newDemo(clock), tt.same)
		id := h.Configure(tt.component, json.RawMessage(tt.config), nil)
		for dataset := range direct.datasets {
			want, got := collect(t, direct, dataset).Resources(), h.Collect(id, dataset).Resources
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s %s %s: made (-) and served (+) differ:\n%.2000s", tt.component, tt.config, dataset, diff)
			}
		}
	}
}

func backupsOf(list []sdk.Resource) []*resource.Backup {
	var all []*resource.Backup
	for _, r := range list {
		if b, ok := r.Detail.(*resource.Backup); ok {
			all = append(all, b)
		}
	}
	return all
}
