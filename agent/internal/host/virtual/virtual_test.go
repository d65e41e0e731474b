package virtual

import (
	"testing"

	"github.com/pulse-hub/pulse/agent/internal/host/sysfs/sysfstest"
)

func TestLinux(t *testing.T) {
	const dmi = "sys/class/dmi/id/"
	const clock = "sys/devices/system/clocksource/clocksource0/available_clocksource"
	tests := []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"bare metal", map[string]string{dmi + "sys_vendor": "Supermicro", dmi + "product_name": "X11", clock: "tsc hpet acpi_pm", "proc/cpuinfo": "flags\t: fpu vme"}, ""},
		{"nothing to read", nil, ""},
		{"kvm by clock", map[string]string{dmi + "sys_vendor": "QEMU", clock: "kvm-clock tsc hpet"}, "kvm"},
		{"qemu", map[string]string{dmi + "sys_vendor": "QEMU", dmi + "product_name": "Standard PC (i440FX + PIIX, 1996)", clock: "tsc"}, "qemu"},
		{"kvm without firmware", map[string]string{clock: "kvm-clock tsc"}, "kvm"},
		{"cloud", map[string]string{dmi + "sys_vendor": "Amazon EC2", clock: "kvm-clock tsc"}, "amazon"},
		{"vmware", map[string]string{dmi + "product_name": "VMware Virtual Platform", dmi + "sys_vendor": "VMware, Inc."}, "vmware"},
		{"hyper-v", map[string]string{dmi + "product_name": "Virtual Machine", dmi + "sys_vendor": "Microsoft Corporation"}, "microsoft"},
		{"surface", map[string]string{dmi + "product_name": "Surface Pro", dmi + "sys_vendor": "Microsoft Corporation"}, ""},
		{"xen", map[string]string{"sys/hypervisor/type": "xen"}, "xen"},
		{"unknown hypervisor", map[string]string{"proc/cpuinfo": "processor\t: 0\nflags\t\t: fpu hypervisor lahf_lm"}, "vm-other"},
		{"arm kvm", map[string]string{"proc/device-tree/hypervisor/compatible": "linux,kvm"}, "kvm"},
		{"lxc by systemd", map[string]string{"run/systemd/container": "lxc", dmi + "sys_vendor": "QEMU"}, "lxc"},
		{"lxc by environment", map[string]string{"proc/1/environ": "TERM=linux\x00container=lxc\x00"}, "lxc"},
		{"docker", map[string]string{".dockerenv": ""}, "docker"},
		{"podman", map[string]string{"run/.containerenv": ""}, "podman"},
		{"kubernetes", map[string]string{"proc/1/cgroup": "0::/kubepods.slice/x"}, "docker"},
		{"openvz", map[string]string{"proc/vz/version": ""}, "openvz"},
		{"openvz host", map[string]string{"proc/vz/version": "", "proc/bc/0": ""}, ""},
		{"wsl", map[string]string{"proc/sys/kernel/osrelease": "5.15.90.1-microsoft-standard-WSL2"}, "wsl"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Linux(sysfstest.Tree(t, test.files)); got != test.want {
				t.Errorf("Linux = %q, want %q", got, test.want)
			}
		})
	}
}
