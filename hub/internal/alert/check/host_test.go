package check

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/viewtest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// machine is a host in order, changed by some functions.
func machine(change ...func(*resource.Resource, *resource.Host)) resource.Resource {
	detail := &resource.Host{
		Hostname: "db1", Platform: "linux", OSName: "Debian", OSVersion: "12", Architecture: "amd64", CPUs: 4,
		Agent: resource.Agent{Version: "6.0.0", Interval: 10 * time.Second},
	}
	r := resource.Resource{
		ID: "db1-machine", Kind: resource.KindHost, Name: "db1", DisplayName: "Database 1", Status: resource.StatusRunning, Detail: detail,
		Usage: resource.Usage{CPU: viewtest.Ratio(0.2), Memory: capacity(100, 50)},
	}
	for _, c := range change {
		c(&r, detail)
	}
	return r
}

func busy(ratio float64) func(*resource.Resource, *resource.Host) {
	return func(r *resource.Resource, _ *resource.Host) { r.Usage.CPU = &ratio }
}

func mounted(all ...resource.Filesystem) func(*resource.Resource, *resource.Host) {
	return func(_ *resource.Resource, h *resource.Host) { h.Filesystems = all }
}

func TestHostMetrics(t *testing.T) {
	full := resource.Filesystem{Mountpoint: "/srv/Data", Device: "/dev/sdb1", Type: "ext4", Capacity: capacity(1000, 915)}
	const disk = "host:db1-machine/disk:srv-data-disk"
	cases := map[string]struct {
		change func(*resource.Resource, *resource.Host)
		config func(*policy.Config)
		kind   alert.Type
		part   string
		want   outline
	}{
		"cpu critical":        {change: busy(0.95), kind: alert.CPU, want: outline{"host:db1-machine-cpu", alert.Bad, alert.Critical, 95, 80, "Host cpu at 95.0%"}},
		"cpu warning":         {change: busy(0.8), kind: alert.CPU, want: outline{"host:db1-machine-cpu", alert.Bad, alert.Warning, 80, 80, "Host cpu at 80.0%"}},
		"cpu between":         {change: busy(0.78), kind: alert.CPU, want: outline{"host:db1-machine-cpu", alert.Between, alert.Warning, 78, 80, "Host cpu at 78.0%"}},
		"cpu good":            {change: busy(0.75), kind: alert.CPU, want: outline{ID: "host:db1-machine-cpu", Verdict: alert.Good, Value: 75, Trigger: 80}},
		"cpu not known":       {change: func(r *resource.Resource, _ *resource.Host) { r.Usage.CPU = nil }, kind: alert.CPU, want: outline{ID: "host:db1-machine-cpu", Trigger: 80}},
		"cpu off":             {change: busy(0.95), config: func(c *policy.Config) { c.HostDefaults.CPU = &policy.Threshold{} }, kind: alert.CPU},
		"type off":            {change: busy(0.95), config: func(c *policy.Config) { c.DisabledTypes = []string{"cpu"} }, kind: alert.CPU},
		"hosts off":           {change: busy(0.95), config: func(c *policy.Config) { c.DisableAllHosts = true }, kind: alert.CPU},
		"override by host id": {change: busy(0.95), config: func(c *policy.Config) { c.Overrides["db1-machine"] = policy.ThresholdConfig{Disabled: true} }, kind: alert.CPU},
		"memory":              {change: func(r *resource.Resource, _ *resource.Host) { r.Usage.Memory = capacity(1000, 876) }, kind: alert.Memory, want: outline{"host:db1-machine-memory", alert.Bad, alert.Warning, 87.6, 85, "Host memory at 87.6%"}},
		"memory not known":    {change: func(r *resource.Resource, _ *resource.Host) { r.Usage.Memory = resource.Capacity{} }, kind: alert.Memory, want: outline{ID: "host:db1-machine-memory", Trigger: 85}},
		"disk":                {change: mounted(full), kind: alert.Disk, part: "/srv/Data", want: outline{disk, alert.Bad, alert.Warning, 91.5, 90, "Host disk /srv/Data at 91.5%"}},
		"disk not known":      {change: mounted(resource.Filesystem{Mountpoint: "/srv/Data"}), kind: alert.Disk, part: "/srv/Data", want: outline{ID: disk, Trigger: 90}},
		"disk mounted twice":  {change: mounted(full, resource.Filesystem{Mountpoint: "/srv/Data", Capacity: capacity(10, 1)}), kind: alert.Disk, part: "/srv/Data", want: outline{disk, alert.Bad, alert.Warning, 91.5, 90, "Host disk /srv/Data at 91.5%"}},
		"root disk":           {change: mounted(resource.Filesystem{Mountpoint: "/", Capacity: capacity(100, 1)}), kind: alert.Disk, part: "/", want: outline{ID: "host:db1-machine/disk:root-disk", Verdict: alert.Good, Value: 1, Trigger: 90}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			checked := scene{resources: []resource.Resource{machine(c.change)}, config: c.config}.check(t, "db1-machine")
			if diff := cmp.Diff(c.want, outlineOf(t, checked, c.kind, c.part), cmpopts.EquateApprox(0, 1e-9)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestHostMetricSubject(t *testing.T) {
	checked := scene{resources: []resource.Resource{machine(busy(0.95), mounted(
		resource.Filesystem{Mountpoint: "/data", Device: "/dev/sdb1", Type: "ext4", Capacity: capacity(100, 99)},
	))}}.check(t, "db1-machine")
	cpu := findingOf(t, checked, alert.CPU, "")
	want := alert.Subject{
		Key: "agent/db1-machine", ID: "host:db1-machine", Name: "Database 1", Node: "db1", Instance: "linux", Kind: resource.KindHost,
	}
	if diff := cmp.Diff(want, cpu.Subject); diff != "" {
		t.Errorf("subject (-want +got):\n%s", diff)
	}
	common := []string{
		"resourceType", "hostId", "hostname", "displayName", "platform", "osName", "osVersion", "architecture", "agentVersion",
		"metric", "clearThreshold", "monitorOnly",
	}
	wantKeys(t, cpu.Metadata, append([]string{"cpuCount", "cpuUsagePercent"}, common...)...)
	disk := findingOf(t, checked, alert.Disk, "/data")
	if disk.Subject.ID != "host:db1-machine/disk:data" || disk.Subject.Name != "Database 1 - /data" {
		t.Errorf("subject of the disk: %+v", disk.Subject)
	}
	wantKeys(t, disk.Metadata, append([]string{"mountpoint", "device", "filesystem", "diskUsagePercent", "diskUsedBytes", "diskTotalBytes"}, common...)...)
}

func TestNameThatPeopleHaveSet(t *testing.T) {
	checked := scene{
		resources: []resource.Resource{machine(busy(0.95))},
		settings:  map[string]*inventory.Settings{agentSource + "/db1-machine": {DisplayName: "The database"}},
	}.check(t, "db1-machine")
	if name := findingOf(t, checked, alert.CPU, "").Subject.Name; name != "The database" {
		t.Errorf("name %q", name)
	}
}

func TestMountPointsThatLookTheSameHaveIDsOfTheirOwn(t *testing.T) {
	full := capacity(100, 99)
	checked := scene{resources: []resource.Resource{machine(mounted(
		resource.Filesystem{Mountpoint: "/a/b", Capacity: full}, resource.Filesystem{Mountpoint: "/a-b", Capacity: full},
	))}}.check(t, "db1-machine")
	first, second := outlineOf(t, checked, alert.Disk, "/a/b"), outlineOf(t, checked, alert.Disk, "/a-b")
	if first.ID == second.ID || first.ID == "" || second.ID == "" {
		t.Errorf("ids %q and %q", first.ID, second.ID)
	}
}

func TestHostOffline(t *testing.T) {
	bad := outline{"host-offline-db1-machine", alert.Bad, alert.Critical, 0, 0, "Host 'Database 1' is offline: nothing heard for 61 seconds"}
	unknown := outline{ID: bad.ID}
	agent, plugin := inventory.SourceRef{}, inventory.SourceRef{ID: "demo", Type: "demo", Name: "demo", Plugin: "pulse.demo"}
	off := func(r *resource.Resource, _ *resource.Host) { r.Status = resource.StatusOffline }
	slow := func(_ *resource.Resource, h *resource.Host) { h.Agent.Interval = time.Hour }
	key := agentSource + "/db1-machine"
	cases := map[string]struct {
		scene  scene
		change func(*resource.Resource, *resource.Host)
		want   outline
		unseen bool
	}{
		"reports":             {scene: scene{source: agent, now: 61 * time.Second}, want: outline{ID: bad.ID, Verdict: alert.Good}},
		"silent":              {scene: scene{remembered: true, now: 61 * time.Second}, want: bad, unseen: true},
		"silent for a moment": {scene: scene{remembered: true, now: 59 * time.Second}, want: unknown, unseen: true},
		"hub has just begun":  {scene: scene{remembered: true, now: time.Hour, up: 59 * time.Second}, want: unknown, unseen: true},
		"ten minutes at most": {
			scene: scene{remembered: true, now: 601 * time.Second}, change: slow, unseen: true,
			want: outline{bad.ID, alert.Bad, alert.Critical, 0, 0, "Host 'Database 1' is offline: nothing heard for 10 minutes"},
		},
		"of a plugin that says so":      {scene: scene{source: plugin, now: 61 * time.Second}, change: off, want: bad, unseen: true},
		"of a plugin that says nothing": {scene: scene{source: plugin, remembered: true, now: time.Hour}, want: unknown, unseen: true},
		"is being removed": {
			scene: scene{remembered: true, now: time.Hour, settings: map[string]*inventory.Settings{key: {PendingUninstall: true}}}, unseen: true,
			want: outline{Verdict: alert.Good},
		},
		"hidden": {scene: scene{remembered: true, now: time.Hour, settings: map[string]*inventory.Settings{key: {Hidden: true}}}},
		"offline alerts off": {
			scene: scene{remembered: true, now: time.Hour, config: func(c *policy.Config) { c.DisableAllHostsOffline = true }}, unseen: true,
			want: outline{Verdict: alert.Good},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := machine(busy(0.99))
			if c.change != nil {
				r = machine(busy(0.99), c.change)
			}
			c.scene.resources = []resource.Resource{r}
			checked := c.scene.check(t, "db1-machine")
			if diff := cmp.Diff(c.want, outlineOf(t, checked, alert.HostOffline, "")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if checked.Unseen != c.unseen {
				t.Errorf("unseen %v, want %v", checked.Unseen, c.unseen)
			}
			if c.unseen && findingOf(t, checked, alert.CPU, "") != nil {
				t.Error("what was seen last is judged")
			}
		})
	}
}

func TestSilenceCountsByTheClock(t *testing.T) {
	s := scene{remembered: true, now: 2 * time.Minute, resources: []resource.Resource{machine()}}
	f := findingOf(t, s.check(t, "db1-machine"), alert.HostOffline, "")
	if !f.ByClock || f.Delay != 20*time.Second || !f.At.Equal(viewtest.Epoch().Add(2*time.Minute)) {
		t.Errorf("by clock %v, delay %s, at %s", f.ByClock, f.Delay, f.At)
	}
	if f.Metadata["lastSeen"] != viewtest.Epoch().Format(time.RFC3339) {
		t.Errorf("last seen %v", f.Metadata["lastSeen"])
	}
}

func TestFailedUnits(t *testing.T) {
	failed := func(units ...string) func(*resource.Resource, *resource.Host) {
		return func(_ *resource.Resource, h *resource.Host) { h.FailedUnits = units }
	}
	const id = "host-db1-machine-failed-units"
	cases := map[string]struct {
		units []string
		want  outline
	}{
		"none": {nil, outline{ID: id, Verdict: alert.Good}},
		"one":  {[]string{"a.service"}, outline{id, alert.Bad, alert.Warning, 1, 0, "1 systemd unit failed on 'Database 1': a.service"}},
		"many": {[]string{"a", "b", "c", "d", "e", "f", "g"}, outline{id, alert.Bad, alert.Warning, 7, 0, "7 systemd units failed on 'Database 1': a, b, c, d, e and 2 more"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			checked := scene{resources: []resource.Resource{machine(failed(c.units...))}}.check(t, "db1-machine")
			if diff := cmp.Diff(c.want, outlineOf(t, checked, alert.FailedUnits, "")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestUpdates(t *testing.T) {
	const id = "host-db1-machine-updates"
	cases := map[string]struct {
		pending resource.Packages
		want    outline
	}{
		"none that matter": {resource.Packages{Available: 7}, outline{ID: id, Verdict: alert.Good}},
		"security":         {resource.Packages{Available: 7, Security: 2}, outline{id, alert.Bad, alert.Warning, 2, 0, "2 security updates for 'Database 1' not installed"}},
		"restart":          {resource.Packages{RebootRequired: true}, outline{id, alert.Bad, alert.Warning, 0, 0, "'Database 1' has to restart to finish an update"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			checked := scene{resources: []resource.Resource{
				machine(func(_ *resource.Resource, h *resource.Host) { h.Packages = &c.pending }),
			}}.check(t, "db1-machine")
			got := outlineOf(t, checked, alert.UpdateAvailable, "")
			if c.want.Verdict == alert.Good {
				got.Message = ""
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if f := findingOf(t, checked, alert.UpdateAvailable, ""); f.Delay != updateDelay {
				t.Errorf("told after %s, want %s", f.Delay, updateDelay)
			}
		})
	}
}

func TestNothingIsSaidOfWhatIsGoodAndHasNoAlerts(t *testing.T) {
	all := machine(mounted(resource.Filesystem{Mountpoint: "/", Capacity: capacity(100, 10)}), func(_ *resource.Resource, h *resource.Host) {
		h.RAID = []resource.RAIDArray{{Device: "/dev/md0", State: "clean"}}
		h.Sensors.Disks = []resource.DiskHealth{{Device: "/dev/sda", Health: "PASSED", Temperature: 30}}
		h.Wear = []resource.DiskWear{{Device: "/dev/sda", Wear: viewtest.Ratio(0.1)}}
		h.Pools = []resource.Pool{{Name: "tank", State: "ONLINE"}}
	})
	checked := scene{closed: true, resources: []resource.Resource{all}}.check(t, "db1-machine")
	if len(checked.Findings) > 0 {
		t.Errorf("findings %+v", checked.Findings)
	}
}

// What is told from time to time is missing in the first reports after an agent has started.
func TestPartsAreMissedOnlyAfterAWhile(t *testing.T) {
	broken := func(_ *resource.Resource, h *resource.Host) {
		h.RAID = []resource.RAIDArray{{Device: "/dev/md0", Level: "raid1", State: "clean, degraded"}}
		h.FailedUnits = []string{"a.service"}
	}
	inv, checker := viewtest.Inventory(), New()
	report := func(minutes int, r resource.Resource) alert.Checked {
		ago := time.Duration(minutes-60) * time.Minute
		viewtest.ApplyAt(t, inv, inventory.SourceRef{ID: agentSource, Type: "host", Name: "db1"}, viewtest.Epoch().Add(ago), r)
		return checkIn(t, checker, scene{now: ago}.look(t, inv), "db1-machine")
	}
	report(0, machine(broken))
	soon, late := report(1, machine()), report(2, machine())
	for kind, part := range map[alert.Type]string{alert.RAID: "md0", alert.FailedUnits: ""} {
		if f := findingOf(t, soon, kind, part); f == nil || f.Verdict != alert.Unknown {
			t.Errorf("%s soon after: %+v, want it unknown", kind, f)
		}
	}
	if f := findingOf(t, late, alert.RAID, "md0"); f != nil {
		t.Errorf("an array that is gone: %+v", f)
	}
	if f := findingOf(t, late, alert.FailedUnits, ""); f == nil || f.Verdict != alert.Good {
		t.Errorf("units that do not fail any more: %+v", f)
	}
}
