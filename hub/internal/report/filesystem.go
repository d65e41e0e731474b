package report

import (
	"strings"

	wire "github.com/pulse-hub/pulse/agent/report"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// filesystems converts the mounted file systems and leaves out those that say
// nothing about the machine's own disks: virtual ones, those of the network,
// read-only images and mounts of container engines.
func filesystems(all []wire.Disk) []resource.Filesystem {
	var out []resource.Filesystem
	for i := range all {
		d := &all[i]
		kind := d.Type
		if kind == "" {
			kind = d.Filesystem
		}
		if d.TotalBytes <= 0 || excluded(strings.ToLower(kind), d.Mountpoint) {
			continue
		}
		out = append(out, resource.Filesystem{
			Mountpoint: d.Mountpoint, Device: d.Device, Type: kind,
			Capacity: resource.Capacity{
				Total: positive(d.TotalBytes), Used: min(positive(d.UsedBytes), positive(d.TotalBytes)), Free: positive(d.FreeBytes),
			},
		})
	}
	return out
}

func excluded(kind, mountpoint string) bool {
	switch kind {
	case "tmpfs", "devtmpfs", "devfs", "proc", "sysfs", "cgroup", "cgroup2", "overlay", "overlayfs", "aufs", "autofs",
		"mqueue", "hugetlbfs", "debugfs", "tracefs", "securityfs", "pstore", "bpf", "configfs", "fusectl", "ramfs",
		"nsfs", "binfmt_misc", "devpts", "efivarfs", "rpc_pipefs", "fdescfs", "linprocfs", "linsysfs", "procfs",
		"squashfs", "erofs", "iso9660", "udf", "cdfs", "cramfs",
		"nfs", "nfs4", "cifs", "smb", "smbfs", "smb3", "afpfs", "ncpfs", "ceph", "glusterfs", "9p", "virtiofs",
		"davfs", "sshfs", "webdav":
		return true
	}
	if strings.HasPrefix(kind, "fuse") && kind != "fuseblk" {
		return true
	}
	for _, prefix := range []string{
		"/proc", "/sys", "/dev", "/run", "/snap", "/var/lib/docker", "/var/lib/containers", "/var/lib/kubelet",
		"/boot/efi", "/System/Volumes",
	} {
		if rest, found := strings.CutPrefix(mountpoint, prefix); found && (rest == "" || rest[0] == '/') {
			return true
		}
	}
	return false
}
