package collect_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/collect"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

func TestSourceOf(t *testing.T) {
	component := &manifest.Component{Datasets: []manifest.Dataset{
		{Name: "status", Interval: manifest.Duration(10 * time.Second), MinInterval: manifest.Duration(5 * time.Second), Timeout: manifest.Duration(8 * time.Second)},
		{Name: "backups", Interval: manifest.Duration(5 * time.Minute)},
	}}
	tests := []struct {
		name     string
		config   string
		interval time.Duration
		address  string
		main     time.Duration
	}{
		{"own interval", `{"url":"https://pve1.example:8006"}`, 0, "https://pve1.example:8006", 10 * time.Second},
		{"chosen interval", `{}`, 30 * time.Second, "", 30 * time.Second},
		{"too short", `{}`, time.Second, "", 5 * time.Second},
		{"credentials are left out", `{"host":"https://root:secret@10.0.0.1:8006/api?token=x"}`, 0, "https://10.0.0.1:8006", 10 * time.Second},
		{"a name", `{"url":7,"host":"pve1"}`, 0, "pve1", 10 * time.Second},
		{"an address", `{"address":"[fd00::1]:8443"}`, 0, "[fd00::1]:8443", 10 * time.Second},
		{"credentials without a scheme", `{"host":"root:secret@pve1"}`, 0, "", 10 * time.Second},
		{"no object", `[]`, 0, "", 10 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			one := instance.Instance{ID: "i1", Plugin: "pulse.proxmox", Component: "source/pve", Name: "lab", Config: []byte(test.config)}
			want := collect.Source{
				Ref: inventory.SourceRef{ID: "i1", Type: "pve", Name: "lab", Plugin: "pulse.proxmox", Address: test.address},
				Datasets: []collect.Dataset{
					{Name: "status", Interval: test.main, MinInterval: 5 * time.Second, Timeout: 8 * time.Second},
					{Name: "backups", Interval: 5 * time.Minute},
				},
			}
			if diff := cmp.Diff(want, collect.SourceOf(one, component, test.interval)); diff != "" {
				t.Errorf("source (-want +got):\n%s", diff)
			}
		})
	}
}
