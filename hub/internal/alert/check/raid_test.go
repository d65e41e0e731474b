package check

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func withArrays(all ...resource.RAIDArray) func(*resource.Resource, *resource.Host) {
	return func(_ *resource.Resource, h *resource.Host) { h.RAID = all }
}

func TestArrays(t *testing.T) {
	const id = "host-db1-machine-raid-md0"
	bad := func(level alert.Level, value, trigger float64, message string) outline {
		return outline{id, alert.Bad, level, value, trigger, "RAID array /dev/md0 " + message}
	}
	good, unknown := outline{ID: id, Verdict: alert.Good}, outline{ID: id}
	synology := func(_ *resource.Resource, h *resource.Host) { h.OSName = "Synology DSM" }
	cases := map[string]struct {
		array  resource.RAIDArray
		change func(*resource.Resource, *resource.Host)
		config func(*policy.Config)
		want   outline
	}{
		"clean":               {array: resource.RAIDArray{State: "clean"}, want: good},
		"active":              {array: resource.RAIDArray{State: "active"}, want: good},
		"checked":             {array: resource.RAIDArray{State: "active, checking", Rebuild: 0.4}, want: good},
		"failed device":       {array: resource.RAIDArray{State: "clean, degraded", FailedDevices: 1}, want: bad(alert.Critical, 1, 0, "has 1 failed device(s)")},
		"degraded":            {array: resource.RAIDArray{State: "clean, degraded", ActiveDevices: 1}, want: bad(alert.Critical, 0, 0, "is degraded with 1 active device left")},
		"degraded, rebuilt":   {array: resource.RAIDArray{State: "clean, degraded, recovering", Rebuild: 0.426, RebuildSpeed: "90000K/sec"}, want: bad(alert.Critical, 0, 0, "is degraded; rebuilding, 42.6% done at 90000K/sec")},
		"failed":              {array: resource.RAIDArray{State: "clean, FAILED"}, want: bad(alert.Critical, 0, 0, "has failed: clean, FAILED")},
		"rebuilding":          {array: resource.RAIDArray{State: "active, recovering", Rebuild: 0.426}, want: bad(alert.Warning, 42.6, 100, "is rebuilding: 42.6% done")},
		"resyncing":           {array: resource.RAIDArray{State: "clean, resyncing"}, want: bad(alert.Warning, 0, 100, "is rebuilding: 0.0% done")},
		"rebuild by progress": {array: resource.RAIDArray{State: "clean", Rebuild: 0.5}, want: bad(alert.Warning, 50, 100, "is rebuilding: 50.0% done")},
		"inactive":            {array: resource.RAIDArray{State: "inactive", Level: "raid5"}, want: bad(alert.Critical, 0, 0, "is not running")},
		"inactive, who knows": {array: resource.RAIDArray{State: "inactive"}, want: unknown},
		"container":           {array: resource.RAIDArray{State: "inactive", Level: "container"}, want: good},
		"not told":            {array: resource.RAIDArray{}, want: unknown},
		"empty bays":          {array: resource.RAIDArray{State: "clean, degraded", ActiveDevices: 2}, change: synology, want: good},
		"failed in a bay":     {array: resource.RAIDArray{State: "clean, degraded", FailedDevices: 2}, change: synology, want: bad(alert.Critical, 2, 0, "has 2 failed device(s)")},
		"off":                 {array: resource.RAIDArray{State: "clean, degraded"}, config: func(c *policy.Config) { c.DisabledTypes = []string{"raid"} }},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.array.Device = "/dev/md0"
			changes := []func(*resource.Resource, *resource.Host){withArrays(c.array)}
			if c.change != nil {
				changes = append(changes, c.change)
			}
			checked := scene{resources: []resource.Resource{machine(changes...)}, config: c.config}.check(t, "db1-machine")
			if diff := cmp.Diff(c.want, outlineOf(t, checked, alert.RAID, "md0")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestArraySubject(t *testing.T) {
	array := resource.RAIDArray{Device: "/dev/md2", Level: "raid1", State: "clean, degraded", TotalDevices: 2, ActiveDevices: 1, FailedDevices: 1}
	f := findingOf(t, scene{resources: []resource.Resource{machine(withArrays(array))}}.check(t, "db1-machine"), alert.RAID, "md2")
	if f.Subject.ID != "host-db1-machine-raid-md2" || f.Subject.Name != "Database 1 - /dev/md2 (raid1)" || f.Subject.Node != "db1" || f.Subject.Instance != "linux" {
		t.Errorf("subject %+v", f.Subject)
	}
	wantKeys(t, f.Metadata,
		"agentVersion", "architecture", "displayName", "hostId", "hostname", "metric", "osName", "osVersion", "platform",
		"raidActiveDevices", "raidDevice", "raidFailedDevices", "raidLevel", "raidSpareDevices", "raidState", "raidTotalDevices", "resourceType")
}

// An array that fails while it is rebuilt is worse than before, in the same alert.
func TestArrayThatFailsWhileItIsRebuilt(t *testing.T) {
	look := func(array resource.RAIDArray) *alert.Finding {
		array.Device = "/dev/md1"
		return findingOf(t, scene{resources: []resource.Resource{machine(withArrays(array))}}.check(t, "db1-machine"), alert.RAID, "md1")
	}
	before, after := look(resource.RAIDArray{State: "active, resyncing", Rebuild: 0.2}), look(resource.RAIDArray{State: "active, FAILED", FailedDevices: 2})
	if before.Level != alert.Warning || after.Level != alert.Critical || before.Identity != after.Identity || before.AlertID != after.AlertID {
		t.Errorf("from %s %q to %s %q", before.Level, before.AlertID, after.Level, after.AlertID)
	}
}
