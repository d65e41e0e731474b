package proxmox_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
	"github.com/pulse-hub/pulse/agent/internal/host/proxmox"
	"github.com/pulse-hub/pulse/agent/internal/host/sysfs/sysfstest"
	"github.com/pulse-hub/pulse/agent/report"
)

const (
	lvm   = `612 487 252:7 / / rw,relatime shared:318 - ext4 /dev/mapper/pve-vm--101--disk--0 rw,stripe=16`
	zfs   = `612 487 0:54 / / rw,relatime - zfs rpool/data/subvol-204-disk-1 rw,xattr,posixacl`
	other = `29 1 252:1 / / rw,relatime shared:1 - ext4 /dev/mapper/debian--vg-root rw`
)

func TestLink(t *testing.T) {
	dmi := map[string]string{"sys/class/dmi/id/sys_vendor": "QEMU", "sys/class/dmi/id/product_uuid": "6B29FC40-CA47-1067-B31D-00DD010662DA"}
	tests := []struct {
		name, virtualization string
		files                map[string]string
		node                 string
		want                 *report.ProxmoxLink
	}{
		{"bare metal", "", nil, "", nil},
		{"node", "", nil, "nodes/pve1", &report.ProxmoxLink{NodeName: "pve1"}},
		{"nested node", "kvm", dmi, "nodes/pve2", &report.ProxmoxLink{NodeName: "pve2"}},
		{"virtual machine", "kvm", dmi, "", &report.ProxmoxLink{GuestUUID: "6b29fc40-ca47-1067-b31d-00dd010662da"}},
		{"virtual machine, not root", "kvm", map[string]string{"sys/class/dmi/id/sys_vendor": "QEMU"}, "", nil},
		{"other hypervisor", "vmware", dmi, "", nil},
		{"container on LVM", "lxc", map[string]string{"proc/self/mountinfo": lvm}, "", &report.ProxmoxLink{VMID: 101}},
		{"container on ZFS", "lxc", map[string]string{"proc/self/mountinfo": zfs}, "", &report.ProxmoxLink{VMID: 204}},
		{"container elsewhere", "lxc", map[string]string{"proc/self/mountinfo": other}, "", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			root := sysfstest.Tree(t, test.files)
			if test.node != "" {
				if err := os.MkdirAll(filepath.Join(root, "etc/pve"), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.Symlink(test.node, filepath.Join(root, "etc/pve/local")); err != nil {
					t.Fatal(err)
				}
			}
			got, err := proxmox.Link(root, test.virtualization)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("link (-want +got):\n%s", diff)
			}
			if none := outcome.Of("proxmox", err, 0).State == outcome.Unavailable; none != (test.want == nil) {
				t.Errorf("error = %v", err)
			}
		})
	}
}

func FuzzParseMount(f *testing.F) {
	for _, line := range []string{lvm, zfs, other} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if number, ok := proxmox.ParseMount(line); ok && number <= 0 {
			t.Errorf("ParseMount(%q) = %d", line, number)
		}
	})
}
