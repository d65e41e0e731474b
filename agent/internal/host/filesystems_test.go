package host

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shirou/gopsutil/v4/disk"

	"github.com/pulse-hub/pulse/agent/report"
)

// fakeMounts is a mount table with a size for each mount point; what has none hangs for ever.
func fakeMounts(table []disk.PartitionStat, sizes map[string]usage, exclude ...string) *fileSystems {
	return &fileSystems{
		mounts: func(context.Context) ([]disk.PartitionStat, error) {
			return append([]disk.PartitionStat{}, table...), nil
		},
		usage: func(path string) (usage, error) {
			space, ok := sizes[path]
			if !ok {
				select {}
			}
			return space, nil
		},
		exclude: exclude,
		guard:   newGuard(statTimeout),
	}
}

func mount(device, path, fstype string) disk.PartitionStat {
	return disk.PartitionStat{Device: device, Mountpoint: path, Fstype: fstype}
}

func TestSkipMount(t *testing.T) {
	tests := []struct {
		path, fstype string
		skip         bool
	}{
		{"/", "ext4", false}, {"/data", "xfs", false}, {"/tank", "zfs", false}, {"/mnt/usb", "fuseblk", false}, {"C:", "NTFS", false},
		{"/runtime", "ext4", false}, {"/devel", "btrfs", false}, {"/boot", "ext4", false}, {"/var/lib/dockerdata", "ext4", false},
		{"/tmp", "tmpfs", true}, {"/", "overlay", true}, {"/sys/fs/cgroup", "cgroup2", true}, {"/proc", "proc", true},
		{"/mnt/img", "squashfs", true}, {"/mnt/cd", "iso9660", true}, {"/mnt/img", "erofs", true},
		{"/mnt/nas", "nfs4", true}, {"/mnt/nas", "NFS", true}, {"/mnt/nas", "cifs", true}, {"/mnt/s", "fuse.sshfs", true}, {"/etc/pve", "fuse", true},
		{"/mnt/share", "9p", true}, {"/mnt/ceph", "ceph", true},
		{"/dev/shm", "ext4", true}, {"/run/media/me/disk", "ext4", true}, {"/snap/core/1", "ext4", true}, {"/boot/efi", "vfat", true},
		{"/var/lib/docker", "ext4", true}, {"/var/lib/containers/x", "xfs", true}, {"/data/docker/overlay2/1/merged", "ext4", true},
		{"/System/Volumes/Data", "apfs", true},
	}
	for _, test := range tests {
		if got := skipMount(test.path, test.fstype); got != test.skip {
			t.Errorf("skipMount(%q, %q) = %v, want %v", test.path, test.fstype, got, test.skip)
		}
	}
}

func TestDiskExcludePatterns(t *testing.T) {
	tests := []struct {
		pattern, text string
		want          bool
	}{
		{"/mnt/a", "/mnt/a", true}, {"/mnt/a/", "/mnt/a", true}, {"/mnt/a", "/mnt/ab", false}, {"/mnt/a", "/mnt/a/b", false},
		{"/mnt/*", "/mnt/a/b", true}, {"/mnt/*", "/srv", false}, {"*backup*", "/srv/backup/1", true}, {"*backup*", "/srv", false},
		{"/", "/", true}, {"/", "/srv", false}, {"/dev/sdb1", "/dev/sdb1", true},
	}
	for _, test := range tests {
		if got := matches(test.pattern, test.text); got != test.want {
			t.Errorf("matches(%q, %q) = %v, want %v", test.pattern, test.text, got, test.want)
		}
	}
}

func TestDisksAreDeduplicatedAndPoolsSummed(t *testing.T) {
	const gib = 1 << 30
	table := []disk.PartitionStat{
		mount("/dev/sda1", "/var/lib/bind/twice", "ext4"),
		mount("/dev/sda1", "/", "ext4"),
		mount("/dev/sda1", "/", "ext4"),
		mount("tmpfs", "/tmp", "tmpfs"),
		mount("nas:/export", "/mnt/nas", "nfs4"),
		mount("/dev/sdb1", "/mnt/skipme", "xfs"),
		mount("rpool/ROOT/pve-1", "/pool", "zfs"),
		mount("rpool/data", "/pool/data", "zfs"),
		mount("rpool/data/quota", "/pool/data/quota", "zfs"),
		mount("tank", "/tank", "zfs"),
		mount("/dev/sdc1", "/empty", "ext4"),
	}
	sizes := map[string]usage{
		"/":                   {total: 100 * gib, used: 40 * gib, free: 40 * gib},
		"/pool":               {total: 60 * gib, used: 10 * gib, free: 50 * gib},
		"/pool/data":          {total: 70 * gib, used: 20 * gib, free: 50 * gib},
		"/pool/data/quota":    {total: 5 * gib, used: 4 * gib, free: 1 * gib},
		"/tank":               {total: 10 * gib, used: 1 * gib, free: 9 * gib},
		"/empty":              {},
		"/var/lib/bind/twice": {total: 100 * gib, used: 40 * gib, free: 40 * gib},
	}
	var got report.Host
	if err := fakeMounts(table, sizes, "/mnt/skip*").collect(t.Context(), &got); err != nil {
		t.Fatal(err)
	}
	want := []report.Disk{
		{Device: "/dev/sda1", Mountpoint: "/", Filesystem: "ext4", Type: "ext4", TotalBytes: 100 * gib, UsedBytes: 40 * gib, FreeBytes: 40 * gib, Usage: 50},
		{Device: "rpool", Mountpoint: "/pool", Filesystem: "zfs", Type: "zfs", TotalBytes: 84 * gib, UsedBytes: 34 * gib, FreeBytes: 50 * gib, Usage: 34.0 / 84 * 100},
		{Device: "tank", Mountpoint: "/tank", Filesystem: "zfs", Type: "zfs", TotalBytes: 10 * gib, UsedBytes: 1 * gib, FreeBytes: 9 * gib, Usage: 10},
	}
	if diff := cmp.Diff(want, got.Disks); diff != "" {
		t.Errorf("disks (-want +got):\n%s", diff)
	}
}

func TestHangingFileSystemCostsOneDelayAndOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		release := make(chan struct{})
		files := fakeMounts([]disk.PartitionStat{mount("/dev/sda1", "/", "ext4"), mount("/dev/sdb1", "/dead", "ext4")}, nil)
		files.usage = func(path string) (usage, error) {
			if path == "/dead" {
				calls.Add(1)
				<-release
			}
			return usage{total: 2, used: 1, free: 1}, nil
		}
		collect := func(wantDisks int, wantDelay time.Duration, wantErr error) {
			t.Helper()
			var got report.Host
			began := time.Now()
			err := files.collect(t.Context(), &got)
			if !errors.Is(err, wantErr) || len(got.Disks) != wantDisks || time.Since(began) != wantDelay {
				t.Errorf("%d disks after %s, error %v; want %d after %s, %v", len(got.Disks), time.Since(began), err, wantDisks, wantDelay, wantErr)
			}
		}
		collect(1, statTimeout, ErrStuck)
		collect(1, 0, ErrStuck)
		if asked := calls.Load(); asked != 1 {
			t.Errorf("dead disk was asked %d times, want once", asked)
		}
		close(release)
		synctest.Wait()
		collect(2, 0, nil)
	})
}

func TestPanicOfAGuardedCallIsAnError(t *testing.T) {
	files := fakeMounts(nil, nil)
	files.mounts = func(context.Context) ([]disk.PartitionStat, error) { panic("index out of range") }
	var got report.Host
	if err := files.collect(t.Context(), &got); !errors.Is(err, errPanic) {
		t.Errorf("collect = %v, want errPanic", err)
	}
}
