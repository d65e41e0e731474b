package mdadm_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/internal/host/command"
	"github.com/pulse-hub/pulse/agent/internal/host/mdadm"
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

var clean = report.RAIDArray{
	Device: "/dev/md0", Name: "nas:0", Level: "raid1", State: "clean", TotalDevices: 2, ActiveDevices: 2, WorkingDevices: 2,
	UUID:    "3b1c5f8e:9d2a4c17:aa10e2c4:5e7d9b30",
	Devices: []report.RAIDDevice{{Device: "/dev/sda1", State: "active sync", Slot: 0}, {Device: "/dev/sdb1", State: "active sync", Slot: 1}},
}

var degraded = report.RAIDArray{
	Device: "/dev/md1", Name: "nas:1", Level: "raid5", State: "clean, degraded, recovering", TotalDevices: 4, ActiveDevices: 2, WorkingDevices: 3,
	FailedDevices: 1, SpareDevices: 1, UUID: "8f0b7a11:4e6c2d53:b7719c02:1fd4a6e8",
	Devices: []report.RAIDDevice{
		{Device: "/dev/sdb2", State: "spare rebuilding", Slot: 0}, {Device: "/dev/sdc1", State: "active sync", Slot: 1},
		{Device: "/dev/sdd1", State: "active sync", Slot: 2}, {State: "removed", Slot: 3}, {Device: "/dev/sde1", State: "faulty", Slot: -1},
	},
	RebuildPercent: 18.5, RebuildSpeed: "48640K/sec",
}

func TestParseStat(t *testing.T) {
	active := func(device string, slot int) report.RAIDDevice {
		return report.RAIDDevice{Device: device, State: "active sync", Slot: slot}
	}
	want := []report.RAIDArray{
		{Device: "/dev/md0", Level: "raid1", State: "clean", TotalDevices: 2, ActiveDevices: 2, WorkingDevices: 2, Devices: []report.RAIDDevice{active("/dev/sdb1", 1), active("/dev/sda1", 0)}},
		{
			Device: "/dev/md1", Level: "raid5", State: "clean, degraded, recovering", TotalDevices: 4, ActiveDevices: 2, WorkingDevices: 3, FailedDevices: 1,
			Devices:        []report.RAIDDevice{{Device: "/dev/sde1", State: "faulty", Slot: -1}, active("/dev/sdd1", 2), active("/dev/sdc1", 1), active("/dev/sdb2", 4)},
			RebuildPercent: 18.5, RebuildSpeed: "48640K/sec",
		},
		{
			Device: "/dev/md2", Level: "raid1", State: "clean, degraded", TotalDevices: 2, ActiveDevices: 1, WorkingDevices: 2, SpareDevices: 1,
			Devices: []report.RAIDDevice{{Device: "/dev/sdg1", State: "spare", Slot: -1}, active("/dev/sdf1", 0)},
		},
		{
			Device: "/dev/md3", Level: "raid6", State: "clean", TotalDevices: 4, ActiveDevices: 4, WorkingDevices: 4,
			Devices: []report.RAIDDevice{active("/dev/sdh1", 0), active("/dev/sdi1", 1), active("/dev/sdj1", 2), active("/dev/sdk1", 3)},
		},
		{
			Device: "/dev/md127", State: "inactive", TotalDevices: 1, WorkingDevices: 1, SpareDevices: 1,
			Devices: []report.RAIDDevice{{Device: "/dev/sdl1", State: "spare", Slot: -1}},
		},
	}
	if diff := cmp.Diff(want, mdadm.ParseStat(read(t, "mdstat"))); diff != "" {
		t.Errorf("arrays (-want +got):\n%s", diff)
	}
}

func TestCollectJoinsBothSources(t *testing.T) {
	run := func(_ context.Context, _ string, args ...string) (command.Result, error) {
		switch args[1] {
		case "/dev/md0":
			return command.Result{Stdout: read(t, "detail-clean")}, nil
		case "/dev/md1":
			return command.Result{Stdout: read(t, "detail-degraded")}, nil
		}
		return command.Result{}, command.ErrTimeout
	}
	got, err := mdadm.New(run, filepath.Join("testdata", "mdstat")).Collect(t.Context())
	if !errors.Is(err, command.ErrTimeout) || len(got) != 5 {
		t.Fatalf("Collect = %d arrays, %v; want 5 and ErrTimeout", len(got), err)
	}
	if diff := cmp.Diff([]report.RAIDArray{clean, degraded}, got[:2]); diff != "" {
		t.Errorf("arrays (-want +got):\n%s", diff)
	}
	if got[2].Level != "raid1" || got[2].State != "clean, degraded" {
		t.Errorf("array mdadm hung on = %+v, want the kernel's word", got[2])
	}
}

func TestWithoutArraysOrMdadm(t *testing.T) {
	absent := func(context.Context, string, ...string) (command.Result, error) {
		return command.Result{}, command.ErrNotInstalled
	}
	empty := filepath.Join(t.TempDir(), "mdstat")
	if err := os.WriteFile(empty, []byte("Personalities : \nunused devices: <none>\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, file string
		arrays     int
	}{
		{"no driver", filepath.Join(t.TempDir(), "none"), 0}, {"no arrays", empty, 0}, {"no mdadm", filepath.Join("testdata", "mdstat"), 5},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := mdadm.New(absent, test.file).Collect(t.Context())
			if state := outcome.Of("mdadm", err, 0).State; len(got) != test.arrays || state != outcome.Unavailable {
				t.Errorf("Collect = %d arrays, %v; want %d, unavailable", len(got), err, test.arrays)
			}
		})
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add(read(f, "mdstat"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, array := range mdadm.ParseStat(raw) {
			if array.RebuildPercent < 0 || array.RebuildPercent > 100 || array.TotalDevices != len(array.Devices) {
				t.Errorf("array = %+v", array)
			}
		}
	})
}

func FuzzParseDetail(f *testing.F) {
	f.Add(read(f, "detail-clean"))
	f.Add(read(f, "detail-degraded"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		array, err := mdadm.ParseDetail(raw)
		if err == nil && (array.TotalDevices < 0 || array.Devices == nil) {
			t.Errorf("array = %+v", array)
		}
	})
}
