// Package virtual finds out what a system runs in, in the words of systemd-detect-virt(1).
package virtual

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/pulse-hub/pulse/agent/internal/host/sysfs"
)

// other is a virtual machine of an unknown kind.
const other = "vm-other"

// vendors are beginnings of what firmware calls the machine (DMI) or its maker, by kind.
var vendors = []struct{ text, kind string }{
	{"KVM", "kvm"}, {"OpenStack", "kvm"}, {"KubeVirt", "kvm"}, {"Amazon EC2", "amazon"}, {"Google Compute Engine", "google"},
	{"QEMU", "qemu"}, {"VMware", "vmware"}, {"VMW", "vmware"}, {"innotek GmbH", "oracle"}, {"VirtualBox", "oracle"},
	{"Xen", "xen"}, {"HVM domU", "xen"}, {"Bochs", "bochs"}, {"Parallels", "parallels"}, {"BHYVE", "bhyve"}, {"Hyper-V", "microsoft"},
	{"Apple Virtualization", "apple"}, {"Virtual Machine", "microsoft"},
}

// clocks are clock sources that only a hypervisor offers.
var clocks = []struct{ text, kind string }{{"kvm-clock", "kvm"}, {"hyperv_clocksource", "microsoft"}, {"xen", "xen"}}

// Linux reads below the folder root, usually "/", and returns the kind of container or else of virtual machine; empty on
// bare metal.
func Linux(root string) string {
	if kind := container(root); kind != "" {
		return kind
	}
	return machine(root)
}

// container returns the kind of container the system runs in.
func container(root string) string {
	at := func(path string) string { return filepath.Join(root, path) }
	if strings.Contains(strings.ToLower(sysfs.Line(at("proc/sys/kernel/osrelease"))), "microsoft") {
		return "wsl"
	}
	if kind := sysfs.Line(at("run/systemd/container")); kind != "" {
		return kind
	}
	for _, mark := range strings.Split(sysfs.Line(at("proc/1/environ")), "\x00") { // readable by root only
		if kind, ok := strings.CutPrefix(mark, "container="); ok && kind != "" {
			return kind
		}
	}
	for _, mark := range []struct{ path, kind string }{{".dockerenv", "docker"}, {"run/.containerenv", "podman"}} {
		if exists(at(mark.path)) {
			return mark.kind
		}
	}
	groups := sysfs.Line(at("proc/1/cgroup"))
	for _, mark := range []struct{ text, kind string }{{"/docker/", "docker"}, {"/kubepods", "docker"}, {"/lxc/", "lxc"}, {"/lxc.payload", "lxc"}} {
		if strings.Contains(groups, mark.text) {
			return mark.kind
		}
	}
	if exists(at("proc/vz")) && !exists(at("proc/bc")) {
		return "openvz"
	}
	return ""
}

// machine returns the kind of virtual machine.
func machine(root string) string {
	at := func(path string) string { return filepath.Join(root, path) }
	kind := firmware(at("sys/class/dmi/id"))
	offered := sysfs.Line(at("sys/devices/system/clocksource/clocksource0/available_clocksource"))
	for _, clock := range clocks {
		// QEMU is the name for a machine without KVM, and clouds have names of their own.
		if strings.Contains(offered, clock.text) && (kind == "" || kind == "qemu") {
			return clock.kind
		}
	}
	if kind != "" {
		return kind
	}
	if sysfs.Line(at("sys/hypervisor/type")) == "xen" {
		return "xen"
	}
	if strings.Contains(sysfs.Line(at("proc/device-tree/hypervisor/compatible")), "linux,kvm") {
		return "kvm"
	}
	for _, line := range strings.Split(sysfs.Line(at("proc/cpuinfo")), "\n") {
		if strings.HasPrefix(line, "flags") && strings.Contains(line+" ", " hypervisor ") {
			return other
		}
	}
	return ""
}

// firmware returns the kind the machine's tables speak of. Bare machines of the same makers have other product names.
func firmware(dmi string) string {
	for _, name := range []string{"product_name", "sys_vendor", "board_vendor", "bios_vendor", "product_version"} {
		text := sysfs.Line(filepath.Join(dmi, name))
		for _, vendor := range vendors {
			if strings.HasPrefix(text, vendor.text) {
				return vendor.kind
			}
		}
	}
	return ""
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
