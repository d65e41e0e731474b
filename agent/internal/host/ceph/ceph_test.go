package ceph_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pulse-hub/pulse/agent/internal/host/ceph"
	"github.com/pulse-hub/pulse/agent/internal/host/command"
	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
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

var reef = report.Ceph{
	FSID: "7a5c1c1e-0000-4b7e-9d63-000000000001",
	Health: report.CephHealth{Status: "HEALTH_WARN", Checks: map[string]report.CephCheck{
		"OSD_DOWN":    {Severity: "HEALTH_WARN", Message: "1 osds down"},
		"PG_DEGRADED": {Severity: "HEALTH_WARN", Message: "Degraded data redundancy: 120/2400 objects degraded (5.000%)"},
	}},
	MonMap: report.CephMonMap{Epoch: 3, NumMons: 3, Monitors: []report.CephMonitor{
		{Name: "pve1", Addr: "10.0.0.1:6789/0", Status: "up"}, {Name: "pve2", Rank: 1, Addr: "10.0.0.2:6789/0", Status: "up"},
		{Name: "pve3", Rank: 2, Addr: "10.0.0.3:6789/0", Status: "down"},
	}},
	MgrMap: report.CephMgrMap{Available: true, NumMgrs: 2, Standbys: 1},
	OSDMap: report.CephOSDMap{Epoch: 120, NumOSDs: 6, NumUp: 5, NumIn: 6, NumDown: 1},
	PGMap: report.CephPGMap{
		NumPGs: 129, BytesTotal: 106300440576, BytesUsed: 9663676416, BytesAvailable: 96636764160, DataBytes: 3221225472,
		UsagePercent: 9.0909, DegradedRatio: 0.05, ReadBytesPerSec: 1024, WriteBytesPerSec: 524288, ReadOpsPerSec: 3, WriteOpsPerSec: 41,
	},
	Pools: []report.CephPool{
		{ID: 1, Name: ".mgr", BytesUsed: 4165632, BytesAvailable: 30602575872, Objects: 2, PercentUsed: 0.00453},
		{ID: 2, Name: "vm", BytesUsed: 9659510784, BytesAvailable: 30602575872, Objects: 798, PercentUsed: 12.5},
	},
	Services: []report.CephService{
		{Type: "mon", Running: 2, Total: 3, Daemons: []string{"pve1", "pve2"}}, {Type: "mgr", Running: 2, Total: 2}, {Type: "osd", Running: 5, Total: 6},
		{Type: "mds", Running: 1, Total: 2, Daemons: []string{"pve1"}}, {Type: "rgw", Running: 1, Total: 1, Daemons: []string{"4711"}},
	},
}

var nautilus = report.Ceph{
	FSID:   "7a5c1c1e-0000-4b7e-9d63-000000000002",
	Health: report.CephHealth{Status: "HEALTH_OK"},
	MonMap: report.CephMonMap{Epoch: 1, NumMons: 1, Monitors: []report.CephMonitor{{Name: "a", Addr: "10.0.0.9:6789/0", Status: "up"}}},
	MgrMap: report.CephMgrMap{Available: true, NumMgrs: 2, ActiveMgr: "x", Standbys: 1},
	OSDMap: report.CephOSDMap{Epoch: 9, NumOSDs: 1, NumUp: 1, NumIn: 1},
	PGMap:  report.CephPGMap{BytesTotal: 10737418240, BytesUsed: 1073741824, BytesAvailable: 9663676416, UsagePercent: 10},
	Pools:  reef.Pools,
	Services: []report.CephService{
		{Type: "mon", Running: 1, Total: 1, Daemons: []string{"a"}}, {Type: "mgr", Running: 2, Total: 2}, {Type: "osd", Running: 1, Total: 1},
	},
}

// configured is a folder as /etc/ceph is on a member.
func configured(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{"ceph.conf", "ceph.client.admin.keyring"} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestCollect(t *testing.T) {
	for file, want := range map[string]report.Ceph{"status-reef.json": reef, "status-nautilus.json": nautilus} {
		t.Run(file, func(t *testing.T) {
			run := func(_ context.Context, _ string, args ...string) (command.Result, error) {
				return command.Result{Stdout: read(t, map[string]string{"status": file, "df": "df-reef.json"}[args[2]])}, nil
			}
			before := time.Now()
			got, err := ceph.New(run, configured(t)).Collect(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if got.CollectedAt.Nanosecond() != 0 || before.Sub(got.CollectedAt).Abs() > time.Minute {
				t.Errorf("collected at %s, want now to the second", got.CollectedAt)
			}
			got.CollectedAt = time.Time{}
			if diff := cmp.Diff(&want, got, cmpopts.EquateApprox(0, 0.0001)); diff != "" {
				t.Errorf("cluster (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWithoutCluster(t *testing.T) {
	tests := []struct {
		name   string
		folder string
		result command.Result
		err    error
		state  outcome.State
	}{
		{"not configured", t.TempDir(), command.Result{}, nil, outcome.Unavailable},
		{"no tool", configured(t), command.Result{}, command.ErrNotInstalled, outcome.Unavailable},
		{"keyring unreadable", configured(t), command.Result{ExitCode: 13, Message: "unable to find a keyring on /etc/ceph/ceph.client.admin.keyring"}, nil, outcome.Denied},
		{"cluster away", configured(t), command.Result{ExitCode: 110, Message: "RADOS timed out"}, nil, outcome.Failed},
		{"hung", configured(t), command.Result{}, command.ErrTimeout, outcome.Failed},
		{"no JSON", configured(t), command.Result{Stdout: []byte("cluster:")}, nil, outcome.Failed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			run := func(context.Context, string, ...string) (command.Result, error) { return test.result, test.err }
			got, err := ceph.New(run, test.folder).Collect(t.Context())
			if state := outcome.Of("ceph", err, 0).State; got != nil || state != test.state {
				t.Errorf("Collect = %v, %v (%s); want nothing and %s", got, err, state, test.state)
			}
		})
	}
}

func FuzzParseStatus(f *testing.F) {
	f.Add(read(f, "status-reef.json"))
	f.Add(read(f, "status-nautilus.json"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		cluster, err := ceph.ParseStatus(raw)
		if err == nil && (cluster.PGMap.UsagePercent < 0 || cluster.PGMap.UsagePercent > 100 || cluster.OSDMap.NumDown < 0) {
			t.Errorf("cluster = %+v", cluster)
		}
	})
}

func FuzzParsePools(f *testing.F) {
	f.Add(read(f, "df-reef.json"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		pools, _ := ceph.ParsePools(raw)
		for _, pool := range pools {
			if pool.PercentUsed < 0 || pool.PercentUsed > 100 {
				t.Errorf("pool = %+v", pool)
			}
		}
	})
}
