package zfs_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/internal/host/command"
	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
	"github.com/pulse-hub/pulse/agent/internal/host/zfs"
	"github.com/pulse-hub/pulse/agent/report"
)

func read(tb testing.TB, name string) []byte {
	tb.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

// newTool plays OpenZFS; a status of nil hangs.
func newTool(tb testing.TB, status []byte) command.Run {
	return func(_ context.Context, name string, args ...string) (command.Result, error) {
		switch name + " " + args[0] {
		case "zpool list":
			return command.Result{Stdout: read(tb, "list-openzfs")}, nil
		case "zfs list":
			return command.Result{Stdout: read(tb, "usable")}, nil
		}
		if status == nil {
			return command.Result{}, command.ErrTimeout
		}
		return command.Result{Stdout: status}, nil
	}
}

// oldTool plays zfs-fuse 0.7, which refuses -p.
func oldTool(tb testing.TB) command.Run {
	return func(_ context.Context, name string, args ...string) (command.Result, error) {
		switch call := name + " " + strings.Join(args, " "); {
		case strings.Contains(call, "-Hp"):
			return command.Result{ExitCode: 2, Message: "invalid option 'p'"}, nil
		case strings.HasPrefix(call, "zpool list"):
			return command.Result{Stdout: read(tb, "list-zfs-fuse")}, nil
		case strings.HasPrefix(call, "zfs list"):
			return command.Result{Stdout: []byte("t\t376K\t90.6M\n")}, nil
		}
		return command.Result{Stdout: read(tb, "status-zfs-fuse")}, nil
	}
}

func TestCollect(t *testing.T) {
	tests := []struct {
		name string
		run  command.Run
		want zfs.State
	}{
		{"OpenZFS 2.1", newTool(t, read(t, "status-openzfs")), zfs.State{
			Pools: []report.Pool{
				{
					Name: "rpool", State: "ONLINE", TotalBytes: 498216206336, UsedBytes: 123456789504, FreeBytes: 374759416832, CapacityPercent: 24, FragmentationPercent: 11,
					Scan: "scrub repaired 0B in 00:01:12 with 0 errors on Sun Nov  8 00:25:13 2026", ScannedAt: time.Date(2026, 11, 8, 0, 25, 13, 0, time.UTC),
				},
				{
					Name: "tank", State: "DEGRADED", TotalBytes: 15994458210304, UsedBytes: 12795566568243, FreeBytes: 3198891642061, CapacityPercent: 79, FragmentationPercent: 37,
					Status: "One or more devices are faulted in response to persistent errors. Sufficient replicas exist for the pool to continue functioning in a degraded state.",
					Scan: "scrub in progress since Sun Nov 22 00:24:01 2026 8.21T / 11.6T scanned at 1.02G/s, 2.84T / 11.6T issued at 361M/s " +
						"12K repaired, 24.41% done, 07:04:15 to go",
					ScanPercent: 24.41, Errors: "2 data errors, use '-v' for a list", ReadErrors: 9, WriteErrors: 1020, ChecksumErrors: 3,
					Devices: []report.PoolDevice{{Name: "ata-WDC_WD40EFRX_WD-WCC7K0000002", State: "FAULTED"}},
				},
				{Name: "backup", State: "FAULTED"},
			},
			Usable: map[string]zfs.Space{"rpool": {Used: 119000000000, Free: 363700000000}, "tank": {Used: 9300000000000, Free: 2200000000000}},
		}},
		{"zfs-fuse 0.7", oldTool(t), zfs.State{
			Pools: []report.Pool{{
				Name: "t", State: "DEGRADED", TotalBytes: 123 << 20, UsedBytes: 544 << 10, FreeBytes: 122 << 20,
				Status: "One or more devices has been taken offline by the administrator. Sufficient replicas exist for the pool to continue functioning in a degraded state.",
				Scan:   "scrub completed after 0h0m with 0 errors on Mon Nov 23 13:51:48 2026", ScannedAt: time.Date(2026, 11, 23, 13, 51, 48, 0, time.UTC),
				Devices: []report.PoolDevice{{Name: "/srv/zf/d2", State: "OFFLINE"}},
			}},
			Usable: map[string]zfs.Space{"t": {Used: 376 << 10, Free: 95000986}},
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := zfs.New(test.run).Collect(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("state (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHungStatusDoesNotCostTheSizes(t *testing.T) {
	got, err := zfs.New(newTool(t, nil)).Collect(t.Context())
	if !errors.Is(err, command.ErrTimeout) || len(got.Pools) != 3 || len(got.Usable) != 2 {
		t.Errorf("Collect = %+v, %v; want sizes and ErrTimeout", got, err)
	}
}

func TestWithoutPools(t *testing.T) {
	tests := []struct {
		name   string
		result command.Result
		err    error
		state  outcome.State
	}{
		{"not installed", command.Result{}, command.ErrNotInstalled, outcome.Unavailable},
		{"no pools", command.Result{Message: "no pools available"}, nil, outcome.Unavailable},
		{"module not loaded", command.Result{ExitCode: 1, Message: "The ZFS modules are not loaded."}, nil, outcome.Unavailable},
		{"denied", command.Result{ExitCode: 1, Message: "Permission denied the ZFS utilities must be run as root."}, nil, outcome.Denied},
		{"broken", command.Result{ExitCode: 1, Message: "internal error"}, nil, outcome.Failed},
		{"hung", command.Result{}, command.ErrTimeout, outcome.Failed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			run := func(context.Context, string, ...string) (command.Result, error) { return test.result, test.err }
			got, err := zfs.New(run).Collect(t.Context())
			if state := outcome.Of("zfs", err, 0).State; got.Pools != nil || state != test.state {
				t.Errorf("Collect = %+v, %v; want state %s", got, err, test.state)
			}
		})
	}
}

func FuzzParseList(f *testing.F) {
	f.Add(read(f, "list-openzfs"))
	f.Add(read(f, "list-zfs-fuse"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, pool := range zfs.ParseList(raw) {
			if pool.TotalBytes < 0 || pool.UsedBytes < 0 || pool.FreeBytes < 0 || pool.CapacityPercent < 0 || pool.CapacityPercent > 100 {
				t.Errorf("pool = %+v", pool)
			}
		}
		zfs.ParseUsable(raw)
	})
}

func FuzzParseStatus(f *testing.F) {
	f.Add(read(f, "status-openzfs"))
	f.Add(read(f, "status-zfs-fuse"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		pools := []report.Pool{{Name: "tank"}, {Name: "t"}}
		zfs.ParseStatus(raw, pools)
		for _, pool := range pools {
			if len(pool.Scan) > 300 || len(pool.Status) > 300 || len(pool.Errors) > 300 || len(pool.Devices) > 64 {
				t.Errorf("unbounded: %+v", pool)
			}
		}
	})
}
