package v5

import (
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/viewtest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func TestHostsAreLinkedToTheirNodes(t *testing.T) {
	tests := []struct {
		name     string
		host     resource.Host
		settings *inventory.Settings
		want     string
	}{
		{"by the host name", resource.Host{Hostname: "PVE1.lan"}, nil, "lab-pve1"},
		{"another name", resource.Host{Hostname: "nas"}, nil, ""},
		{"by what the agent knows", resource.Host{Hostname: "renamed", Proxmox: &resource.ProxmoxLink{NodeName: "pve1"}}, nil, "lab-pve1"},
		{"a container of the same name", resource.Host{Hostname: "pve1", Proxmox: &resource.ProxmoxLink{VMID: 104}}, nil, ""},
		{"unlinked by people", resource.Host{Hostname: "pve1"}, &inventory.Settings{Unlinked: true}, ""},
	}
	for _, tt := range tests {
		inv := viewtest.Inventory()
		viewtest.Apply(t, inv, inventory.SourceRef{ID: "lab", Type: "pve", Name: "lab"},
			resource.Resource{ID: "node/pve1", Kind: resource.KindNode, Name: "pve1", Detail: &resource.Node{}})
		viewtest.Apply(t, inv, inventory.SourceRef{ID: "host:h", Type: "host", Name: "h"},
			resource.Resource{ID: "h", Kind: resource.KindHost, Name: tt.host.Hostname, Detail: &tt.host})
		if tt.settings != nil {
			if err := inv.Annotate(t.Context(), "host:h/h", tt.settings); err != nil {
				t.Fatal(err)
			}
		}
		snap := inv.Snapshot()
		links := NewLinks(snap)
		host, _ := snap.Get("host:h/h")
		node, _ := snap.Get("lab/node/pve1")
		back := ""
		if tt.want != "" {
			back = "h"
		}
		if got, gotBack := links.NodeID(host), links.HostID(node); got != tt.want || gotBack != back {
			t.Errorf("%s: linked to %q and back to %q, want %q and %q", tt.name, got, gotBack, tt.want, back)
		}
	}
}
