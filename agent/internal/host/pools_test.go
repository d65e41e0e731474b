package host

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shirou/gopsutil/v4/disk"

	"github.com/pulse-hub/pulse/agent/internal/host/zfs"
	"github.com/pulse-hub/pulse/agent/report"
)

func TestPoolsTakeTheSpaceZFSTells(t *testing.T) {
	files := fakeMounts([]disk.PartitionStat{
		mount("/dev/sda1", "/", "ext4"), mount("rpool/ROOT", "/rpool", "zfs"), mount("rpool/data", "/rpool/data", "zfs"), mount("hidden", "/hidden", "zfs"),
	}, map[string]usage{"/": {total: 10, used: 1, free: 9}, "/rpool": {total: 70, used: 10, free: 60}, "/rpool/data": {total: 65, used: 5, free: 60}}, "/hidden", "secret")
	var got report.Host
	if err := files.collect(t.Context(), &got); err != nil {
		t.Fatal(err)
	}
	got.Disks = files.withPools(got.Disks, map[string]zfs.Space{
		"rpool": {Used: 40, Free: 60}, "unmounted": {Used: 1, Free: 3}, "hidden": {Used: 1, Free: 1}, "secret": {Used: 1, Free: 1}, "faulted": {},
	})
	want := []report.Disk{
		{Device: "/dev/sda1", Mountpoint: "/", Filesystem: "ext4", Type: "ext4", TotalBytes: 10, UsedBytes: 1, FreeBytes: 9, Usage: 10},
		{Device: "rpool", Mountpoint: "/rpool", Filesystem: "zfs", Type: "zfs", TotalBytes: 100, UsedBytes: 40, FreeBytes: 60, Usage: 40},
		{Device: "unmounted", Mountpoint: "unmounted", Filesystem: "zfs", Type: "zfs", TotalBytes: 4, UsedBytes: 1, FreeBytes: 3, Usage: 25},
	}
	if diff := cmp.Diff(want, got.Disks); diff != "" {
		t.Errorf("disks (-want +got):\n%s", diff)
	}
}
