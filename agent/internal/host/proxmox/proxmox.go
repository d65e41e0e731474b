// Package proxmox finds out which node or guest of Proxmox VE a machine is, from what the machine itself can see.
package proxmox

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
	"github.com/pulse-hub/pulse/agent/internal/host/sysfs"
	"github.com/pulse-hub/pulse/agent/report"
)

var (
	// volume is the name Proxmox VE gives the volume of a guest: "subvol-101-disk-0" on ZFS, "vm-101-disk-0" elsewhere, of
	// which the device mapper doubles the dashes.
	volume = regexp.MustCompile(`\b(?:subvol|basevol|vm|base)-{1,2}([1-9]\d{0,8})-{1,2}disk-{1,2}\d+\b`)
	uuid   = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
)

// Link reads below the folder root, usually "/", what Proxmox VE calls the machine. The virtualization is the kind of the
// machine, as systemd names it. /etc/pve is a file system of a process; reading it may block when that hangs.
func Link(root, virtualization string) (*report.ProxmoxLink, error) {
	var link report.ProxmoxLink
	switch virtualization {
	case "lxc":
		link.VMID = container(filepath.Join(root, "proc/self/mountinfo"))
	case "kvm", "qemu":
		link.GuestUUID = machine(filepath.Join(root, "sys/class/dmi/id"))
	}
	// A node may itself be a guest, in which case it is the node that counts.
	if target, err := os.Readlink(filepath.Join(root, "etc/pve/local")); err == nil {
		link = report.ProxmoxLink{NodeName: filepath.Base(target)}
	}
	if link == (report.ProxmoxLink{}) {
		return nil, outcome.None("not known to be a node or guest of Proxmox VE")
	}
	return &link, nil
}

// container returns the number of the container, which the name of the volume at its root holds.
func container(mountinfo string) int {
	raw, err := os.ReadFile(mountinfo)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(raw)) {
		if number, ok := ParseMount(line); ok {
			return number
		}
	}
	return 0
}

// ParseMount reads one line of /proc/self/mountinfo (proc_pid_mountinfo(5)) and returns the number of the guest whose
// volume is mounted at "/".
func ParseMount(line string) (int, bool) {
	before, after, _ := strings.Cut(line, " - ")
	fields := strings.Fields(before)
	const mountPoint = 4
	if len(fields) <= mountPoint || fields[mountPoint] != "/" {
		return 0, false
	}
	match := volume.FindStringSubmatch(after)
	if match == nil {
		return 0, false
	}
	number, err := strconv.Atoi(match[1])
	return number, err == nil
}

// machine returns the SMBIOS id of a machine QEMU made; only root may read it.
func machine(dmi string) string {
	if sysfs.Line(filepath.Join(dmi, "sys_vendor")) != "QEMU" {
		return ""
	}
	id := strings.ToLower(sysfs.Line(filepath.Join(dmi, "product_uuid")))
	if !uuid.MatchString(id) {
		return ""
	}
	return id
}
