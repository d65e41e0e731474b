package host

import (
	"slices"
	"strings"
)

// skippedTypes are kinds of file systems that hold no storage of this machine: made of memory, made of another mount,
// read-only images that are always full, and everything behind a network or a user-space process, which may hang.
var skippedTypes = map[string]string{
	"tmpfs": "memory", "devtmpfs": "memory", "ramfs": "memory", "rootfs": "memory", "shm": "memory", "memfs": "memory",

	"overlay": "layers", "overlayfs": "layers", "aufs": "layers", "unionfs": "layers", "nullfs": "layers",

	"autofs": "kernel", "binder": "kernel", "binfmt_misc": "kernel", "bpf": "kernel", "cgroup": "kernel", "cgroup2": "kernel",
	"configfs": "kernel", "debugfs": "kernel", "devfs": "kernel", "devpts": "kernel", "efivarfs": "kernel", "fdescfs": "kernel",
	"fusectl": "kernel", "hugetlbfs": "kernel", "linprocfs": "kernel", "linsysfs": "kernel", "mqueue": "kernel", "none": "kernel",
	"nsfs": "kernel", "proc": "kernel", "procfs": "kernel", "pstore": "kernel", "rpc_pipefs": "kernel", "securityfs": "kernel",
	"selinuxfs": "kernel", "sysfs": "kernel", "tracefs": "kernel", "nfsd": "kernel",

	"squashfs": "image", "erofs": "image", "iso9660": "image", "cd9660": "image", "udf": "image", "cramfs": "image", "romfs": "image", "cdfs": "image",

	"nfs": "network", "nfs4": "network", "cifs": "network", "smb": "network", "smb2": "network", "smb3": "network", "smbfs": "network",
	"afpfs": "network", "webdav": "network", "afs": "network", "ncpfs": "network", "9p": "network", "virtiofs": "network",
	"ceph": "network", "glusterfs": "network", "lustre": "network", "gfs2": "network", "ocfs2": "network", "beegfs": "network",
	"davfs": "network", "sshfs": "network", "vboxsf": "network", "vmhgfs": "network", "prl_fs": "network", "coda": "network",
	"orangefs": "network", "pvfs2": "network", "moosefs": "network", "gpfs": "network", "acfs": "network",
}

// skippedTrees are folders below which nothing is the machine's own storage.
var skippedTrees = []string{
	"/dev", "/proc", "/sys", "/run", "/snap", "/var/run", "/var/snap", "/var/lib/docker", "/var/lib/containers", "/var/lib/containerd",
	"/var/lib/kubelet", "/boot/efi", "/efi", "/System/Volumes", "/private/var/vm", "/compat/linux",
}

// skippedParts are pieces of paths that storage drivers of containers leave wherever their data folder is.
var skippedParts = []string{"/overlay2/", "/overlay-containers/", "/containers/storage/", "/docker/containers/"}

// skipMount reports whether a mount is not to be measured. It only looks at texts and so cannot block.
func skipMount(mountpoint, fstype string) bool {
	kind := strings.ToLower(fstype)
	if _, ok := skippedTypes[kind]; ok {
		return true
	}
	// ZFS and NTFS drivers that are not in the kernel call themselves fuseblk and sit on a local device; all other FUSE
	// file systems are a process that may never answer.
	if strings.HasPrefix(kind, "fuse") && kind != "fuseblk" || strings.HasPrefix(kind, "nfs") {
		return true
	}
	return inSkippedPlace(mountpoint)
}

// inSkippedPlace reports whether what is mounted there is not the machine's own, whatever it is.
func inSkippedPlace(mountpoint string) bool {
	for _, tree := range skippedTrees {
		if below(mountpoint, tree) {
			return true
		}
	}
	return slices.ContainsFunc(skippedParts, func(part string) bool { return strings.Contains(mountpoint, part) })
}

// below reports whether path is the folder or inside it.
func below(path, folder string) bool {
	rest, ok := strings.CutPrefix(path, folder)
	return ok && (rest == "" || rest[0] == '/')
}

// matchesAny reports whether one of the patterns (a path, "prefix*" or "*contains*") matches one of the texts.
func matchesAny(patterns []string, texts ...string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		return slices.ContainsFunc(texts, func(text string) bool { return matches(pattern, text) })
	})
}

func matches(pattern, text string) bool {
	inner, open := strings.CutSuffix(pattern, "*")
	if !open {
		return text == strings.TrimRight(pattern, "/") || text == pattern
	}
	if contained, ok := strings.CutPrefix(inner, "*"); ok {
		return strings.Contains(text, contained)
	}
	return strings.HasPrefix(text, inner)
}
