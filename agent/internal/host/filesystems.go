package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v4/disk"

	"github.com/pulse-hub/pulse/agent/report"
)

// statTimeout is how long listing the mounts, and each file system, may take.
const statTimeout = 2 * time.Second

// fileSystems measures the mounted file systems.
type fileSystems struct {
	mounts  func(ctx context.Context) ([]disk.PartitionStat, error)
	usage   func(path string) (usage, error)
	exclude []string
	guard   *guard
	// pools are the ZFS pools that were mounted in the last collection, excluded ones too.
	pools map[string]bool
}

// usage is the space of one file system, in bytes.
type usage struct{ total, used, free uint64 }

func newFileSystems(exclude []string) *fileSystems {
	return &fileSystems{
		mounts: func(ctx context.Context) ([]disk.PartitionStat, error) { return disk.PartitionsWithContext(ctx, true) },
		usage: func(path string) (usage, error) {
			stat, err := disk.Usage(path)
			if err != nil {
				return usage{}, err
			}
			return usage{total: stat.Total, used: stat.Used, free: stat.Free}, nil
		},
		exclude: exclude,
		guard:   newGuard(statTimeout),
	}
}

func (f *fileSystems) collect(ctx context.Context, into *report.Host) error {
	f.guard.forgive()
	mounts, err := guarded(ctx, f.guard, "mounts", func() ([]disk.PartitionStat, error) { return f.mounts(ctx) })
	if err != nil {
		return fmt.Errorf("list mounts: %w", err)
	}
	f.pools = mountedPools(mounts)
	chosen := f.chosen(mounts)
	spaces, errs := guardedAll(ctx, f.guard, mountPoints(chosen), f.usage)
	var disks []report.Disk
	var failed []error
	for i, mount := range chosen {
		if errs[i] != nil {
			failed = append(failed, fmt.Errorf("measure %s: %w", mount.Mountpoint, errs[i]))
			continue
		}
		if spaces[i].total > 0 {
			disks = append(disks, newDisk(mount, spaces[i]))
		}
	}
	into.Disks = capped(foldPools(foldMounts(disks)))
	return errors.Join(failed...)
}

func mountPoints(mounts []disk.PartitionStat) []string {
	list := make([]string, 0, len(mounts))
	for _, mount := range mounts {
		list = append(list, mount.Mountpoint)
	}
	return list
}

// chosen returns the mounts to measure. A folder mounted several times over is asked once, and of several mounts of one
// device only the ones with the shortest path are, as bind mounts can be many; ZFS data sets all differ in device.
func (f *fileSystems) chosen(mounts []disk.PartitionStat) []disk.PartitionStat {
	mounts = slices.DeleteFunc(mounts, func(mount disk.PartitionStat) bool {
		return skipMount(mount.Mountpoint, mount.Fstype) || matchesAny(f.exclude, mount.Mountpoint, mount.Device)
	})
	slices.SortStableFunc(mounts, func(a, b disk.PartitionStat) int { return len(a.Mountpoint) - len(b.Mountpoint) })
	seen := make(map[string]bool, len(mounts))
	mounts = slices.DeleteFunc(mounts, func(mount disk.PartitionStat) bool {
		known := seen[mount.Mountpoint] || strings.HasPrefix(mount.Device, "/dev/") && seen[mount.Device]
		seen[mount.Mountpoint], seen[mount.Device] = true, true
		return known
	})
	return capped(mounts)
}

func newDisk(mount disk.PartitionStat, space usage) report.Disk {
	return report.Disk{
		Device: mount.Device, Mountpoint: mount.Mountpoint, Filesystem: mount.Fstype, Type: mount.Fstype,
		TotalBytes: size(space.total), UsedBytes: size(space.used), FreeBytes: size(space.free),
		// Blocks reserved for root are neither used nor free, so the total is not the right divisor.
		Usage: percent(float64(space.used), float64(space.used)+float64(space.free)),
	}
}

// foldMounts keeps the first of several disks with the same device and size.
func foldMounts(disks []report.Disk) []report.Disk {
	type key struct {
		device string
		total  int64
	}
	seen := make(map[key]bool, len(disks))
	return slices.DeleteFunc(disks, func(disk report.Disk) bool {
		key := key{disk.Device, disk.TotalBytes}
		known := seen[key]
		seen[key] = true
		return known
	})
}
