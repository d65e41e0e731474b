package check

import (
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/sdk/resource"
)

const guestKey = "pve-lab/qemu/101"

func TestPoweredOff(t *testing.T) {
	const id = "guest-powered-off-lab:pve1:101"
	off := outline{id, alert.Bad, alert.Warning, 0, 0, "VM 'web' is powered off"}
	critical := off
	critical.Level = alert.Critical
	tests := []struct {
		name   string
		status resource.Status
		change func(*resource.Resource, *resource.Guest)
		config func(*policy.Config)
		want   outline
	}{
		{name: "running", status: resource.StatusRunning, want: good(id)},
		{name: "stopped", status: resource.StatusStopped, want: off},
		{name: "paused", status: resource.StatusPaused, want: good(id)},
		{name: "not known", status: resource.StatusUnknown, want: unknown(id)},
		{
			name: "suspended to disk", status: resource.StatusStopped,
			change: func(_ *resource.Resource, g *resource.Guest) { g.Lock = "suspended" }, want: good(id),
		},
		{
			name: "stopped for its backup", status: resource.StatusStopped,
			change: func(_ *resource.Resource, g *resource.Guest) { g.Lock = "backup" }, want: unknown(id),
		},
		{
			name: "a template", status: resource.StatusStopped,
			change: func(_ *resource.Resource, g *resource.Guest) { g.Template = true }, want: noFinding,
		},
		{
			name: "critical by default", status: resource.StatusStopped,
			config: func(c *policy.Config) { c.GuestDefaults.PoweredOffSeverity = "critical" }, want: critical,
		},
		{
			name: "an override that does not say how bad it is", status: resource.StatusStopped,
			config: func(c *policy.Config) {
				c.GuestDefaults.PoweredOffSeverity = "critical"
				c.Overrides = map[string]policy.ThresholdConfig{"lab:pve1:101": {CPU: &policy.Threshold{Trigger: 50}}}
			}, want: critical,
		},
		{
			name: "connectivity not wanted", status: resource.StatusStopped,
			config: func(c *policy.Config) {
				c.Overrides = map[string]policy.ThresholdConfig{"lab:pve1:101": {DisableConnectivity: true}}
			}, want: noFinding,
		},
		{
			name: "switched off by its tag", status: resource.StatusStopped,
			change: func(r *resource.Resource, _ *resource.Guest) { r.Tags = []string{"Pulse-No-Alerts"} }, want: noFinding,
		},
		{
			name: "switched off by its name", status: resource.StatusStopped,
			config: func(c *policy.Config) { c.IgnoredGuestPrefixes = []string{"we"} }, want: noFinding,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			guest := aGuest("101", 101, "pve1")
			guest.Status = test.status
			if test.change != nil {
				test.change(&guest, guest.Detail.(*resource.Guest))
			}
			l := newLab(t)
			if test.config != nil {
				test.config(&l.config)
			}
			checked := l.tells(pveSource, aNode("pve1"), guest).check(guestKey)
			l.wants(checked, alert.PoweredOff, "", test.want)
			if test.want == noFinding && len(checked.Findings) > 0 && test.config == nil {
				t.Errorf("findings %v, want none", checked.Findings)
			}
			if f := findingOf(t, checked, alert.PoweredOff, ""); f != nil && f.Confirm != 2 {
				t.Errorf("confirm %d, want 2", f.Confirm)
			}
		})
	}
}

func TestMonitorOnlyGuest(t *testing.T) {
	guest := aGuest("101", 101, "pve1")
	guest.Status, guest.Tags = resource.StatusStopped, []string{"pulse-monitor-only"}
	f := findingOf(t, newLab(t).tells(pveSource, guest).check(guestKey), alert.PoweredOff, "")
	if !f.MonitorOnly || f.Metadata["monitorOnly"] != true {
		t.Errorf("monitor only %v, metadata %v", f.MonitorOnly, f.Metadata)
	}
	wantKeys(t, f.Metadata, "resourceType", "monitorOnly")
}

func TestGuestMetrics(t *testing.T) {
	guest := aGuest("101", 101, "pve1")
	guest.Usage = resource.Usage{
		CPU: new(0.85), Memory: capacity(100, 96), Disk: capacity(100, 92),
		Rates: &resource.Rates{DiskRead: 200 << 20, DiskWrite: 40 << 20, NetIn: 95 << 20},
	}
	l := newLab(t)
	l.config.GuestDefaults.DiskRead = &policy.Threshold{Trigger: 150, Clear: 100}
	l.config.GuestDefaults.DiskWrite = &policy.Threshold{Trigger: 50, Clear: 30}
	checked := l.tells(pveSource, guest).check(guestKey)
	const id = "lab:pve1:101"
	l.wants(checked, alert.CPU, "", outline{id + "-cpu", alert.Bad, alert.Warning, 85, 80, "VM cpu at 85.0%"})
	l.wants(checked, alert.Memory, "", outline{id + "-memory", alert.Bad, alert.Critical, 96, 85, "VM memory at 96.0%"})
	l.wants(checked, alert.Disk, "", outline{id + "-disk", alert.Bad, alert.Warning, 92, 90, "VM disk at 92.0%"})
	l.wants(checked, alert.DiskRead, "", outline{id + "-diskRead", alert.Bad, alert.Critical, 200, 150, "VM disk read at 200.0 MB/s"})
	l.wants(checked, alert.DiskWrite, "", outline{id + "-diskWrite", alert.Between, alert.Warning, 40, 50, "VM disk write at 40.0 MB/s"})
	l.wants(checked, alert.NetworkIn, "", noFinding)
	wantKeys(t, findingOf(t, checked, alert.DiskRead, "").Metadata, "resourceType", "clearThreshold", "monitorOnly", "unit")
	if f := findingOf(t, checked, alert.CPU, ""); f.Delay != 5*time.Second || !f.Numeric || f.Rule != "defaults" {
		t.Errorf("delay %v, numeric %v, rule %q", f.Delay, f.Numeric, f.Rule)
	}
}

func TestGuestUnderBackupIsNoIncident(t *testing.T) {
	for _, lock := range []string{"backup", "snapshot", "snapshot-delete", "migrate", "suspending", "clone", "rollback"} {
		guest := aGuest("101", 101, "pve1")
		guest.Usage.CPU, guest.Usage.Memory = new(0.99), capacity(100, 96)
		guest.Usage.Rates = &resource.Rates{DiskRead: 900 << 20}
		guest.Detail.(*resource.Guest).Lock = lock
		l := newLab(t)
		l.config.GuestDefaults.DiskRead = &policy.Threshold{Trigger: 150, Clear: 100}
		checked := l.tells(pveSource, guest).check(guestKey)
		for _, kind := range []alert.Type{alert.CPU, alert.DiskRead, alert.PoweredOff} {
			if f := findingOf(t, checked, kind, ""); f == nil || f.Verdict != alert.Unknown {
				t.Errorf("%s while locked for %s: %v, want unknown", kind, lock, f)
			}
		}
		if f := findingOf(t, checked, alert.Memory, ""); f.Verdict != alert.Bad {
			t.Errorf("memory while locked for %s: %v, want bad", lock, f)
		}
	}
}

func TestStoppedGuestHasNoMetrics(t *testing.T) {
	guest := aGuest("101", 101, "pve1")
	guest.Status, guest.Usage.CPU = resource.StatusStopped, new(0.99)
	if f := findingOf(t, newLab(t).tells(pveSource, guest).check(guestKey), alert.CPU, ""); f != nil {
		t.Errorf("%v, want nothing of a guest that does not run", f)
	}
}

func TestGuestFilesystems(t *testing.T) {
	guest := aGuest("101", 101, "pve1")
	detail := guest.Detail.(*resource.Guest)
	detail.Filesystems = []resource.Filesystem{
		{Mountpoint: "/", Device: "/dev/sda1", Type: "ext4", Capacity: capacity(100, 20)},
		{Mountpoint: "/var/Lib Data", Device: "/dev/sdb1", Type: "XFS", Capacity: capacity(100, 95)},
		{Device: "/dev/sdc1", Capacity: resource.Capacity{}},
		{Mountpoint: "/var/lib", Capacity: capacity(100, 20)},
		{Mountpoint: "/var-lib", Capacity: capacity(100, 20)},
		{Mountpoint: "/", Device: "/dev/again", Capacity: capacity(100, 99)},
	}
	l := newLab(t).tells(pveSource, guest)
	checked := l.check(guestKey)
	l.wants(checked, alert.Disk, "/", outline{"lab:pve1:101-disk-root-disk", alert.Good, "", 20, 90, ""})
	l.wants(checked, alert.Disk, "/var/Lib Data", outline{
		"lab:pve1:101-disk-var-lib-data-disk", alert.Bad, alert.Warning, 95, 90, "VM disk (/var/Lib Data) at 95.0%",
	})
	l.wants(checked, alert.Disk, "/dev/sdc1", outline{"lab:pve1:101-disk-dev-sdc1-disk", alert.Unknown, "", 0, 90, ""})
	l.wants(checked, alert.Disk, "/var-lib", outline{"lab:pve1:101-disk-var-lib-" + checksum("/var-lib") + "-disk", alert.Good, "", 20, 90, ""})
	f := findingOf(t, checked, alert.Disk, "/var/Lib Data")
	if f.Subject.ID != "lab:pve1:101-disk-var-lib-data" || f.Subject.Name != "web (/var/Lib Data)" || f.Metadata["filesystem"] != "xfs" {
		t.Errorf("subject %v, metadata %v", f.Subject, f.Metadata)
	}
	wantKeys(t, f.Metadata, "resourceType", "clearThreshold", "monitorOnly", "mountpoint", "device", "filesystem")

	detail.Filesystems = detail.Filesystems[:1]
	l = newLab(t).tells(pveSource, guest)
	l.wants(l.check(guestKey), alert.Disk, "/", noFinding)
}

func TestGuestWhoseDisksAreNotKnown(t *testing.T) {
	tests := []struct {
		reason string
		kept   bool
	}{{"agent-timeout", true}, {"no-status", true}, {"agent-disabled", false}, {"no-filesystems", false}}
	for _, test := range tests {
		guest := aGuest("101", 101, "pve1")
		guest.Usage.Disk = resource.Capacity{Total: 100, Free: 100}
		guest.Detail.(*resource.Guest).DiskUnknown = test.reason
		checked := newLab(t).tells(pveSource, guest).check(guestKey)
		f := findingOf(t, checked, alert.Disk, "")
		if checked.Unseen != test.kept || (f != nil) != test.kept || f != nil && f.Verdict != alert.Unknown {
			t.Errorf("%s: unseen %v, finding %v; kept should be %v", test.reason, checked.Unseen, f, test.kept)
		}
	}
}

func TestGuestThatCannotBeSeen(t *testing.T) {
	off := aGuest("101", 101, "pve1")
	off.Status, off.Usage.CPU = resource.StatusStopped, new(0.99)
	down := aNode("pve1")
	down.Status = resource.StatusOffline
	node := alert.IdentityOf(nodeKey, alert.Connectivity, "")
	tests := []struct {
		name   string
		lab    func(*lab)
		hidden alert.Identity
	}{
		{"node offline", func(l *lab) { l.tells(pveSource, down, off) }, node},
		{"source failed", func(l *lab) { l.tells(pveSource, aNode("pve1"), off).fails(pveSource) }, node},
		{"remembered", func(l *lab) { l.remembers(pveSource, off) }, ""},
		{"stale", func(l *lab) { l.tells(pveSource, off).tellsOf(pveSource, "other").passes(2 * freshFor) }, alert.IdentityOf("source/pve-lab", alert.SourceUnreachable, "")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newLab(t)
			test.lab(l)
			checked := l.check(guestKey)
			if len(checked.Findings) != 1 || !checked.Unseen {
				t.Fatalf("unseen %v, findings %v; want one", checked.Unseen, checked.Findings)
			}
			if f := findingOf(t, checked, alert.PoweredOff, ""); f.Verdict != alert.Unknown || f.HiddenBy != test.hidden {
				t.Errorf("verdict %v, hidden by %q; want unknown, hidden by %q", f.Verdict, f.HiddenBy, test.hidden)
			}
			l.closed = true
			if checked := l.check(guestKey); len(checked.Findings) > 0 || !checked.Unseen {
				t.Errorf("without alerts: unseen %v, findings %v", checked.Unseen, checked.Findings)
			}
		})
	}
}

func TestCustomRulesSeeValues(t *testing.T) {
	guest := aGuest("101", 101, "pve1")
	guest.Usage.Rates = &resource.Rates{NetOut: 60 << 20}
	l := newLab(t)
	l.config.CustomRules = []policy.CustomRule{{
		ID: "r", Name: "talkative", Enabled: true, Thresholds: policy.ThresholdConfig{CPU: &policy.Threshold{Trigger: 10, Clear: 5}},
		FilterConditions: policy.FilterStack{LogicalOperator: "AND", Filters: []policy.FilterCondition{
			{Type: "metric", Field: "networkOut", Operator: ">", Value: 50.0}, {Type: "metric", Field: "memory", Operator: "=", Value: 30.0},
		}},
	}}
	if f := findingOf(t, l.tells(pveSource, guest).check(guestKey), alert.CPU, ""); f.Verdict != alert.Bad || f.Rule != "rule talkative" {
		t.Errorf("verdict %v by %q, want bad by the rule", f.Verdict, f.Rule)
	}
}
