package host

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shirou/gopsutil/v4/disk"

	"github.com/pulse-hub/pulse/agent/report"
)

func TestIsRemote(t *testing.T) {
	tests := map[string]bool{
		"nfs": true, "nfs4": true, "NFS": true, "cifs": true, "smb3": true, "9p": true, "virtiofs": true, "fuse.sshfs": true, "fuse.rclone": true, "ceph": true,
		"fuse": true, "ext4": false, "zfs": false, "tmpfs": false, "fuseblk": false, "fusectl": false, "fuse.lxcfs": false, "nfsd": false, "overlay": false,
	}
	for fstype, want := range tests {
		if got := isRemote(fstype, "source"); got != want {
			t.Errorf("isRemote(%q) = %v, want %v", fstype, got, want)
		}
	}
	if isRemote("fuse", "/dev/fuse") {
		t.Error("the configuration of a Proxmox VE cluster counts as remote")
	}
}

func TestHungMountIsListedAndLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := map[string]int{}
		release := make(chan struct{})
		files := fakeMounts([]disk.PartitionStat{
			mount("/dev/sda1", "/", "ext4"), mount("nas:/a", "/mnt/a", "nfs4"), mount("//user:secret@nas/b", "/mnt/b", "cifs"),
			mount("me@box:/c", "/mnt/c", "fuse.sshfs"), mount("nas:/x", "/mnt/x", "nfs4"), mount("nas:/a", "/mnt/a", "nfs4"),
		}, nil, "/mnt/x")
		counted := make(chan string, 16)
		files.usage = func(path string) (usage, error) {
			counted <- path
			switch path {
			case "/mnt/a", "/mnt/c":
				<-release
			}
			return usage{total: 10, used: 4, free: 6}, nil
		}
		mounts := newNetworkMounts(files)
		healthy := func(source, path, fstype string) report.NetworkMount {
			return report.NetworkMount{Source: source, Mountpoint: path, Filesystem: fstype, TotalBytes: 10, UsedBytes: 4, FreeBytes: 6}
		}
		hung := func(source, path, fstype string) report.NetworkMount {
			return report.NetworkMount{Source: source, Mountpoint: path, Filesystem: fstype, Unresponsive: true}
		}
		const hidden = "//***@nas/b"
		rounds := []struct {
			delay time.Duration
			want  []report.NetworkMount
		}{
			{statTimeout, []report.NetworkMount{hung("nas:/a", "/mnt/a", "nfs4"), healthy(hidden, "/mnt/b", "cifs"), hung("me@box:/c", "/mnt/c", "fuse.sshfs")}},
			{0, []report.NetworkMount{hung("nas:/a", "/mnt/a", "nfs4"), healthy(hidden, "/mnt/b", "cifs"), hung("me@box:/c", "/mnt/c", "fuse.sshfs")}},
			{0, []report.NetworkMount{healthy("nas:/a", "/mnt/a", "nfs4"), healthy(hidden, "/mnt/b", "cifs"), healthy("me@box:/c", "/mnt/c", "fuse.sshfs")}},
		}
		for i, round := range rounds {
			if i == len(rounds)-1 {
				close(release)
				synctest.Wait()
			}
			began := time.Now()
			fill, err := mounts.collect(t.Context())
			if (err != nil) != round.want[0].Unresponsive || time.Since(began) != round.delay {
				t.Errorf("round %d: %v after %s, want a delay of %s", i, err, time.Since(began), round.delay)
			}
			got := report.Host{Detail: &report.HostDetail{}}
			fill(&got)
			if diff := cmp.Diff(round.want, got.Detail.NetworkMounts); diff != "" {
				t.Errorf("round %d: mounts (-want +got):\n%s", i, diff)
			}
		}
		close(counted)
		for path := range counted {
			asked[path]++
		}
		if diff := cmp.Diff(map[string]int{"/mnt/a": 2, "/mnt/b": 3, "/mnt/c": 2}, asked); diff != "" {
			t.Errorf("questions (-want +got):\n%s", diff)
		}
	})
}

func TestGuardBoundsWhatItLeavesBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		guard := newGuard(time.Second)
		names := make([]string, 3*maxStuck)
		for i := range names {
			names[i] = time.Duration(i).String()
		}
		started := make(chan string, len(names))
		hang := func(name string) (int, error) {
			started <- name
			<-release
			return 0, nil
		}
		for _, some := range [][]string{names[:maxStuck], names[maxStuck : 2*maxStuck], names[2*maxStuck:]} {
			_, errs := guardedAll(t.Context(), guard, some, hang)
			for _, err := range errs {
				if !errors.Is(err, ErrStuck) {
					t.Errorf("error = %v, want ErrStuck", err)
				}
			}
		}
		if got := len(started); got != maxStuck {
			t.Errorf("%d calls were started, want the bound of %d", got, maxStuck)
		}
		close(release)
	})
}
