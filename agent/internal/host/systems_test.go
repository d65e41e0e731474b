package host

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"
)

// collectors lists by operating system what New runs there.
func collectors() map[string][]string {
	options := Options{Logger: hclog.NewNullLogger()}.withDefaults()
	files := newFileSystems(nil)
	lists := map[string][]string{}
	for _, each := range newSources(options, files) {
		for _, system := range each.systems {
			lists[system] = append(lists[system], each.name)
		}
	}
	for _, each := range newParts(options, files) {
		for _, system := range each.systems {
			lists[system] = append(lists[system], each.name)
		}
	}
	return lists
}

func TestCollectorsByOperatingSystem(t *testing.T) {
	want := map[string][]string{
		"linux": {
			"identity", "cpu", "load", "memory", "disks", "disk_io", "network", "pressure", "power",
			"sensors", "network_mounts", "smart", "mdadm", "zfs", "ceph", "gpu", "systemd", "packages", "battery", "virtualization", "proxmox",
		},
		"freebsd": {
			"identity", "cpu", "load", "memory", "disks", "disk_io", "network",
			"sensors", "network_mounts", "smart", "zfs", "gpu", "packages", "virtualization",
		},
		"darwin":  {"identity", "cpu", "load", "memory", "disks", "disk_io", "network", "sensors", "network_mounts", "smart", "virtualization"},
		"windows": {"identity", "cpu", "memory", "disks", "disk_io", "network", "gpu", "virtualization"},
	}
	got := collectors()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("collectors (-want +got):\n%s", diff)
	}
	for system, list := range got {
		for _, name := range []string{"cpu", "memory", "disks", "network", "identity"} {
			if !slices.Contains(list, name) {
				t.Errorf("%s lacks %s", system, name)
			}
		}
	}
}
