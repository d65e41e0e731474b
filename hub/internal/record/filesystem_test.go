package record

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/view/viewtest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func machine(mounted ...resource.Filesystem) resource.Resource {
	return resource.Resource{ID: "h", Kind: resource.KindHost, Detail: &resource.Host{Filesystems: mounted}}
}

func mountedOn(mountpoint string, used, total uint64) resource.Filesystem {
	return resource.Filesystem{Mountpoint: mountpoint, Capacity: resource.Capacity{Used: used, Total: total}}
}

// TestFilesystemsOfAMachine follows what is mounted through reports in which its order and number change.
func TestFilesystemsOfAMachine(t *testing.T) {
	b := newBench(t)
	for i, mounted := range [][]resource.Filesystem{
		{mountedOn("/", 1, 10), mountedOn("/var", 2, 20), mountedOn("/", 9, 90), mountedOn("/empty", 0, 0), mountedOn("", 3, 30)},
		{mountedOn("/srv", 4, 40), mountedOn("/var", 3, 20), mountedOn("/", 1, 10)},
		{mountedOn("/var", 3, 20)},
		nil,
		{mountedOn("/", 2, 10), mountedOn("/var", 3, 20)},
	} {
		after := time.Duration(i) * time.Minute
		b.apply(t, after, machine(mounted...))
		seen := map[string]bool{}
		var want []string
		for _, f := range mounted {
			if seen[f.Mountpoint] || f.Total == 0 || f.Mountpoint == "" {
				continue
			}
			seen[f.Mountpoint] = true
			at := viewtest.Epoch().Add(after).UnixMilli()
			want = append(want,
				fmt.Sprintf("host s/h pulse_filesystem_used_bytes mount=%s = %d @%d", f.Mountpoint, f.Used, at),
				fmt.Sprintf("host s/h pulse_filesystem_total_bytes mount=%s = %d @%d", f.Mountpoint, f.Total, at))
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, b.record(t)); diff != "" {
			t.Errorf("report %d (-want +got):\n%s", i, diff)
		}
		if set := b.recorder.known["s/h"]; len(set.mounts) != len(seen) {
			t.Errorf("report %d: the series of %d file systems are held, want %d", i, len(set.mounts), len(seen))
		}
	}
}

func TestFilesystemsAreBounded(t *testing.T) {
	b := newBench(t)
	var mounted []resource.Filesystem
	for i := range 2 * maxFilesystems {
		mounted = append(mounted, mountedOn(fmt.Sprint("/", i), 1, 2))
	}
	b.apply(t, 0, machine(mounted...))
	if got := len(b.record(t)); got != 2*maxFilesystems {
		t.Errorf("wrote %d values, want %d", got, 2*maxFilesystems)
	}
}

// BenchmarkRecordFilesystems is one report of a machine with eight of them.
func BenchmarkRecordFilesystems(b *testing.B) {
	bench := newBench(b)
	var mounted []resource.Filesystem
	for i := range 8 {
		mounted = append(mounted, mountedOn(fmt.Sprint("/srv/volume-", i), 1<<30, 1<<40))
	}
	bench.apply(b, 0, machine(mounted...))
	benchmarkRecord(b, <-bench.sub.Batches())
}
