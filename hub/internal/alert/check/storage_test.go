package check

import (
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/sdk/resource"
)

const localKey = "pve-lab/storage/pve1/local"

func TestStorage(t *testing.T) {
	const id = "lab-pve1-local"
	full := outline{id + "-usage", alert.Bad, alert.Warning, 90, 85, "Storage usage at 90.0%"}
	offline := outline{"storage-offline-" + id, alert.Bad, alert.Warning, 0, 0, "Storage local on node pve1 is unavailable"}
	tests := []struct {
		name            string
		change          func(*resource.Resource, *resource.Storage)
		config          func(*policy.Config)
		usage, presence outline
	}{
		{name: "well", usage: outline{id + "-usage", alert.Good, "", 30, 85, ""}, presence: good("storage-offline-" + id)},
		{
			name:   "full",
			change: func(r *resource.Resource, _ *resource.Storage) { r.Usage.Disk = capacity(1000, 900) },
			usage:  full, presence: good("storage-offline-" + id),
		},
		{
			name: "not reached",
			change: func(r *resource.Resource, s *resource.Storage) {
				r.Status, s.Active, r.Usage.Disk = resource.StatusOffline, false, resource.Capacity{}
			},
			usage: outline{id + "-usage", alert.Unknown, "", 0, 85, ""}, presence: offline,
		},
		{
			name: "not known",
			change: func(r *resource.Resource, _ *resource.Storage) {
				r.Status, r.Usage.Disk = resource.StatusUnknown, resource.Capacity{}
			},
			usage: outline{id + "-usage", alert.Unknown, "", 0, 85, ""}, presence: unknown("storage-offline-" + id),
		},
		{
			name: "disabled",
			change: func(r *resource.Resource, s *resource.Storage) {
				r.Status, s.Enabled, s.Active = resource.StatusStopped, false, false
			},
		},
		{
			name:   "no storage alerts wanted",
			change: func(r *resource.Resource, _ *resource.Storage) { r.Usage.Disk = capacity(1000, 900) },
			config: func(c *policy.Config) { c.DisableAllStorage = true },
		},
		{
			name:   "an override",
			change: func(r *resource.Resource, _ *resource.Storage) { r.Usage.Disk = capacity(1000, 900) },
			config: func(c *policy.Config) {
				c.Overrides = map[string]policy.ThresholdConfig{id: {Usage: &policy.Threshold{Trigger: 95, Clear: 92}}}
			},
			usage: outline{id + "-usage", alert.Good, "", 90, 95, ""}, presence: good("storage-offline-" + id),
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			storage := aStorage("local", "pve1", false)
			if test.change != nil {
				test.change(&storage, storage.Detail.(*resource.Storage))
			}
			l := newLab(t)
			if test.config != nil {
				test.config(&l.config)
			}
			checked := l.tells(pveSource, aNode("pve1"), storage).check(localKey)
			l.wants(checked, alert.Usage, "", test.usage)
			l.wants(checked, alert.Unreachable, "", test.presence)
			if f := findingOf(t, checked, alert.Unreachable, ""); f != nil && f.Confirm != 2 {
				t.Errorf("confirm %d, want 2", f.Confirm)
			}
		})
	}
}

// TestSharedStorage: however many nodes have it, it is full once.
func TestSharedStorage(t *testing.T) {
	first, second := aStorage("nas", "pve1", true), aStorage("nas", "pve2", true)
	first.Usage.Disk, second.Usage.Disk = capacity(1000, 900), capacity(1000, 900)
	lost := func(r resource.Resource) resource.Resource {
		detail := *r.Detail.(*resource.Storage)
		detail.Active = false
		r.Status, r.Usage.Disk, r.Detail = resource.StatusOffline, resource.Capacity{}, &detail
		return r
	}
	down := aNode("pve1")
	down.Status = resource.StatusOffline
	const firstKey, secondKey = "pve-lab/storage/pve1/nas", "pve-lab/storage/pve2/nas"
	full := outline{"lab-pve1-nas-usage", alert.Bad, alert.Warning, 90, 85, "Storage usage at 90.0%"}
	away := func(node string) outline {
		return outline{"storage-offline-lab-" + node + "-nas", alert.Bad, alert.Warning, 0, 0, "Storage nas on node " + node + " is unavailable"}
	}
	ok := func(node string) outline { return good("storage-offline-lab-" + node + "-nas") }
	tests := []struct {
		name          string
		resources     []resource.Resource
		usage         outline
		first, second outline
		hidden        bool // the second by the first
	}{
		{"full", []resource.Resource{aNode("pve1"), aNode("pve2"), first, second}, full, ok("pve1"), ok("pve2"), false},
		{"one node does not reach it", []resource.Resource{first, lost(second)}, full, ok("pve1"), away("pve2"), false},
		{"the first node does not reach it", []resource.Resource{lost(first), second}, full, away("pve1"), ok("pve2"), false},
		{
			"no node reaches it", []resource.Resource{lost(first), lost(second)},
			outline{"lab-pve1-nas-usage", alert.Unknown, "", 0, 85, ""}, away("pve1"), away("pve2"), true,
		},
		{"the first node is offline", []resource.Resource{down, aNode("pve2"), lost(first), second}, full, noFinding, ok("pve2"), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newLab(t).tells(pveSource, test.resources...)
			one, two := l.check(firstKey), l.check(secondKey)
			l.wants(one, alert.Usage, "", test.usage)
			l.wants(two, alert.Usage, "", noFinding)
			l.wants(one, alert.Unreachable, "", test.first)
			l.wants(two, alert.Unreachable, "", test.second)
			hidden := findingOf(t, two, alert.Unreachable, "").HiddenBy == alert.IdentityOf(firstKey, alert.Unreachable, "")
			if hidden != test.hidden {
				t.Errorf("hidden by the first: %v, want %v", hidden, test.hidden)
			}
		})
	}
}

func zfsStorage(name string, pool *resource.ZFSPool) resource.Resource {
	storage := aStorage(name, "pve1", false)
	detail := storage.Detail.(*resource.Storage)
	detail.Type, detail.ZFS = "zfspool", pool
	return storage
}

func TestPool(t *testing.T) {
	pool := &resource.ZFSPool{
		Name: "rpool", State: "DEGRADED", ReadErrors: 1, ChecksumErrors: 3,
		Devices: []resource.ZFSDevice{
			{Name: "mirror-0", Type: "mirror", State: "DEGRADED"},
			{Name: "sda", Type: "disk", State: "ONLINE"},
			{Name: "sdb", Type: "disk", State: "FAULTED", ReadErrors: 1, ChecksumErrors: 3},
			{Name: "sdc", Type: "disk", State: "ONLINE", WriteErrors: 2},
			{Name: "sdd", Type: "disk", State: "AVAIL"},
			{Name: "raidz1-1", Type: "raidz1", State: "ONLINE", ChecksumErrors: 1},
			{Name: "sde", Type: "disk", State: "OFFLINE"},
		},
	}
	l := newLab(t).tells(pveSource, zfsStorage("local", pool), zfsStorage("other", pool))
	checked := l.check(localKey)
	const id = "lab-pve1-local"
	l.wants(checked, alert.ZFSPoolState, "", outline{"zfs-pool-state-" + id, alert.Bad, alert.Warning, 0, 0, "ZFS pool 'rpool' is DEGRADED"})
	l.wants(checked, alert.ZFSPoolErrors, "", outline{
		"zfs-pool-errors-" + id, alert.Bad, alert.Warning, 4, 0, "ZFS pool 'rpool' has 1 read error, 3 checksum errors",
	})
	device := func(name string, level alert.Level, message string) {
		t.Helper()
		want := outline{"zfs-device-" + id + "-" + name, alert.Bad, level, 0, 0, "ZFS device '" + name + "' in pool 'rpool' " + message}
		if level == "" {
			want = good("zfs-device-" + id + "-" + name)
		}
		l.wants(checked, alert.ZFSDevice, "rpool/"+name, want)
	}
	device("mirror-0", "", "")
	device("sda", "", "")
	device("sdb", alert.Critical, "is FAULTED")
	device("sdc", alert.Warning, "has 2 write errors")
	device("sdd", "", "")
	device("raidz1-1", alert.Warning, "has 1 checksum error")
	device("sde", alert.Warning, "is OFFLINE")

	f := findingOf(t, checked, alert.ZFSDevice, "rpool/sdb")
	if f.Subject.Name != "local (rpool/sdb)" || f.Numeric {
		t.Errorf("name %q, numeric %v", f.Subject.Name, f.Numeric)
	}
	wantKeys(t, f.Metadata, "pool_name", "device_name", "device_state", "device_type", "read_errors", "write_errors", "checksum_errors")
	wantKeys(t, findingOf(t, checked, alert.ZFSPoolState, "").Metadata, "pool_name", "pool_state")
	if other := findingOf(t, l.check("pve-lab/storage/pve1/other"), alert.ZFSPoolState, ""); other != nil {
		t.Errorf("%v: the pool is told twice", other)
	}
}

func TestPoolStates(t *testing.T) {
	for word, want := range map[string]alert.Level{"ONLINE": "", "FAULTED": alert.Critical, "UNAVAIL": alert.Critical, "REMOVED": alert.Warning} {
		l := newLab(t).tells(pveSource, zfsStorage("local", &resource.ZFSPool{Name: "rpool", State: word}))
		if f := findingOf(t, l.check(localKey), alert.ZFSPoolState, ""); f.Level != want {
			t.Errorf("%s: level %q, want %q", word, f.Level, want)
		}
	}
	l := newLab(t).tells(pveSource, zfsStorage("local", nil))
	if checked := l.check(localKey); !checked.Unseen {
		t.Error("the pool is not known, but its alerts would end")
	}
}
