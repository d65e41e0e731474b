package proxmox

import (
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/sdk/resource"
)

// filesystem is a row of agent/get-fsinfo.
type filesystem struct {
	Name       text   `json:"name"`
	Mountpoint text   `json:"mountpoint"`
	Type       text   `json:"type"`
	Total      number `json:"total-bytes"`
	Used       number `json:"used-bytes"`
	Disk       []struct {
		Device text `json:"dev"`
	} `json:"disk"`
}

// maxFilesystems bounds the file systems of a guest.
const maxFilesystems = 256

// notDisks are types of file systems that take no space of a disk of their own.
func notDisks() []string {
	return []string{
		"autofs", "binfmt_misc", "bpf", "cdfs", "cgroup", "cgroup2", "configfs", "debugfs", "devfs", "devtmpfs", "efivarfs",
		"erofs", "fdescfs", "fusectl", "hugetlbfs", "iso9660", "linprocfs", "linsysfs", "mqueue", "nullfs", "overlay",
		"proc", "procfs", "pstore", "ramfs", "rpc_pipefs", "securityfs", "squashfs", "sysfs", "tmpfs", "tracefs", "udf",
	}
}

// isReal says whether a file system takes space on the guest's disks.
func (f *filesystem) isReal() bool {
	kind, mount := strings.ToLower(string(f.Type)), string(f.Mountpoint)
	switch {
	case f.Total.Bytes() == 0, slices.Contains(notDisks(), kind), strings.HasPrefix(kind, "fuse"):
		return false
	case strings.HasPrefix(kind, "nfs"), kind == "cifs", kind == "smbfs", kind == "smb3", kind == "9p", kind == "virtiofs":
		return false // on other machines
	case mount == "System Reserved", strings.HasPrefix(mount, "/snap/"), strings.HasPrefix(mount, "/var/lib/docker/"),
		strings.HasPrefix(mount, "/var/lib/containers/"), strings.HasPrefix(mount, "/run/"):
		return false
	}
	return true
}

// realFilesystems leaves out what is no disk, and counts once what shares its
// space: bind mounts and subvolumes are the same file system; the datasets of
// a pool each take a part of it and have what is free in common.
func realFilesystems(rows []filesystem) []resource.Filesystem {
	var list []resource.Filesystem
	place, named := map[string]int{}, map[string]bool{}
	for i := range rows {
		f := &rows[i]
		if !f.isReal() || len(list) == maxFilesystems {
			continue
		}
		at, seen := place[f.identity()]
		repeated := named[string(f.Name)] && f.Name != ""
		named[string(f.Name)] = true
		switch {
		case !seen:
			place[f.identity()] = len(list)
			list = append(list, resource.Filesystem{
				Mountpoint: string(f.Mountpoint), Device: f.device(), Type: string(f.Type), Capacity: capacity(f.Used, f.Total),
			})
		case f.isDataset() && !repeated:
			list[at].Used += f.Used.Bytes()
			list[at].Total += f.Used.Bytes()
		}
	}
	return list
}

func (f *filesystem) isDataset() bool { return strings.EqualFold(string(f.Type), "zfs") }

func (f *filesystem) device() string {
	if len(f.Disk) == 1 && f.Disk[0].Device != "" {
		return string(f.Disk[0].Device)
	}
	return string(f.Name)
}

// identity is the same for file systems that share their space.
func (f *filesystem) identity() string {
	switch strings.ToLower(string(f.Type)) {
	case "zfs":
		pool, _, _ := strings.Cut(string(f.Name), "/")
		return "zfs " + pool
	case "btrfs":
		return "btrfs " + f.device()
	}
	if f.Name == "" {
		return "mount " + string(f.Mountpoint)
	}
	return "name " + string(f.Name)
}

// sumOf adds file systems up.
func sumOf(list []resource.Filesystem) resource.Capacity {
	var sum resource.Capacity
	for _, f := range list {
		sum.Total += f.Total
		sum.Used += f.Used
		sum.Free += f.Free
	}
	return sum
}
