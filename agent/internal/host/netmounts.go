package host

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/shirou/gopsutil/v4/disk"

	"github.com/pulse-hub/pulse/agent/report"
)

// localProcesses are kinds of FUSE file systems that show something of the machine itself.
var localProcesses = []string{
	"fuse.lxcfs", "fuse.gvfsd-fuse", "fuse.portal", "fuse.snapfuse", "fuse.squashfuse", "fuse.fuse-overlayfs", "fuse.xdg-document-portal",
	"fuse.pmxcfs", "fuse.zfs",
}

// password matches the credentials in the source of a mount.
var password = regexp.MustCompile(`//[^/@\s]*@`)

// networkMounts measures the mounts behind a network or a process, each of which may hang for as long as it likes.
type networkMounts struct {
	mounts  func(ctx context.Context) ([]disk.PartitionStat, error)
	usage   func(path string) (usage, error)
	exclude []string
	guard   *guard
}

// newNetworkMounts returns a part that reads the same mount table as the file systems of the machine.
func newNetworkMounts(files *fileSystems) *networkMounts {
	return &networkMounts{mounts: files.mounts, usage: files.usage, exclude: files.exclude, guard: newGuard(statTimeout)}
}

// collect measures all mounts at the same time. One that hangs is listed as such and left alone until it answers.
func (n *networkMounts) collect(ctx context.Context) (fill, error) {
	n.guard.forgive()
	mounts, err := guarded(ctx, n.guard, "", func() ([]disk.PartitionStat, error) { return n.mounts(ctx) })
	if err != nil {
		return nil, fmt.Errorf("list mounts: %w", err)
	}
	mounts = n.chosen(mounts)
	spaces, errs := guardedAll(ctx, n.guard, mountPoints(mounts), n.usage)
	list := make([]report.NetworkMount, 0, len(mounts))
	var hung []string
	for i, mount := range mounts {
		entry := report.NetworkMount{
			Source: password.ReplaceAllString(mount.Device, "//***@"), Mountpoint: mount.Mountpoint, Filesystem: mount.Fstype,
			TotalBytes: size(spaces[i].total), UsedBytes: size(spaces[i].used), FreeBytes: size(spaces[i].free),
			Unresponsive: errs[i] != nil,
		}
		if errs[i] != nil {
			hung = append(hung, fmt.Sprintf("%s: %v", mount.Mountpoint, errs[i]))
		}
		list = append(list, entry)
	}
	if len(hung) > 0 {
		err = fmt.Errorf("%d of %d mounts do not answer: %s", len(hung), len(mounts), strings.Join(hung, "; "))
	}
	return func(into *report.Host) { into.Detail.NetworkMounts = list }, err
}

// chosen returns the mounts to measure, each folder once.
func (n *networkMounts) chosen(mounts []disk.PartitionStat) []disk.PartitionStat {
	seen := map[string]bool{}
	chosen := slices.DeleteFunc(slices.Clone(mounts), func(mount disk.PartitionStat) bool {
		skip := seen[mount.Mountpoint] || !isRemote(mount.Fstype, mount.Device) || inSkippedPlace(mount.Mountpoint) ||
			matchesAny(n.exclude, mount.Mountpoint, mount.Device)
		seen[mount.Mountpoint] = seen[mount.Mountpoint] || !skip
		return skip
	})
	return capped(chosen)
}

// isRemote reports whether file systems of the kind are behind a network or a process. The cluster's configuration on a
// node of Proxmox VE names the kernel's device as its source, as no other does.
func isRemote(fstype, source string) bool {
	kind := strings.ToLower(fstype)
	if slices.Contains(localProcesses, kind) || kind == "nfsd" || source == "/dev/fuse" {
		return false
	}
	return skippedTypes[kind] == "network" || strings.HasPrefix(kind, "nfs") || kind == "fuse" || strings.HasPrefix(kind, "fuse.")
}
