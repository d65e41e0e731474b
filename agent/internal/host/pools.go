package host

import (
	"maps"
	"slices"
	"strings"

	"github.com/shirou/gopsutil/v4/disk"

	"github.com/pulse-hub/pulse/agent/internal/host/zfs"
	"github.com/pulse-hub/pulse/agent/report"
)

// zfsType is how ZFS calls its file systems.
const zfsType = "zfs"

// foldPools sums up the data sets of each ZFS pool into one disk. Each data set says how much it holds itself and how
// much is free in the pool, so the pool holds the sum and has free what the least restricted data set says.
func foldPools(disks []report.Disk) []report.Disk {
	folded := disks[:0]
	at := map[string]int{}
	for _, disk := range disks {
		if disk.Filesystem != zfsType {
			folded = append(folded, disk)
			continue
		}
		pool, _, _ := strings.Cut(disk.Device, "/")
		i, known := at[pool]
		if !known {
			at[pool] = len(folded)
			disk.Device = pool
			folded = append(folded, disk)
			continue
		}
		sum := &folded[i]
		sum.UsedBytes += disk.UsedBytes
		sum.FreeBytes = max(sum.FreeBytes, disk.FreeBytes)
		sum.TotalBytes = sum.UsedBytes + sum.FreeBytes
		sum.Usage = percent(float64(sum.UsedBytes), float64(sum.TotalBytes))
	}
	return folded
}

// mountedPools returns the pools that have a data set mounted.
func mountedPools(mounts []disk.PartitionStat) map[string]bool {
	pools := map[string]bool{}
	for _, mount := range mounts {
		if mount.Fstype == zfsType {
			pool, _, _ := strings.Cut(mount.Device, "/")
			pools[pool] = true
		}
	}
	return pools
}

// withPools corrects the disks by what ZFS itself says about the space of its pools: mounted data sets know nothing of
// volumes and snapshots. Pools with nothing mounted are added under their own names.
func (f *fileSystems) withPools(disks []report.Disk, usable map[string]zfs.Space) []report.Disk {
	for i := range disks {
		if space, ok := usable[disks[i].Device]; ok && disks[i].Filesystem == zfsType {
			setSpace(&disks[i], space)
		}
	}
	for _, pool := range slices.Sorted(maps.Keys(usable)) {
		if f.pools[pool] || matchesAny(f.exclude, pool) || len(disks) >= maxListed {
			continue
		}
		entry := report.Disk{Device: pool, Mountpoint: pool, Filesystem: zfsType, Type: zfsType}
		if setSpace(&entry, usable[pool]); entry.TotalBytes > 0 {
			disks = append(disks, entry)
		}
	}
	return disks
}

func setSpace(disk *report.Disk, space zfs.Space) {
	disk.UsedBytes, disk.FreeBytes, disk.TotalBytes = space.Used, space.Free, space.Used+space.Free
	disk.Usage = percent(float64(space.Used), float64(disk.TotalBytes))
}
