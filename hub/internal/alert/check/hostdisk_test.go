package check

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/viewtest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func withDisks(all ...resource.DiskHealth) func(*resource.Resource, *resource.Host) {
	return func(_ *resource.Resource, h *resource.Host) { h.Sensors.Disks = all }
}

func TestHostDisks(t *testing.T) {
	const hot, health = "host:db1-machine/disk_temp:sda-diskTemperature", "host-db1-machine-disk-health-sda"
	const failed = "Disk /dev/sda says of its health: FAILED"
	cases := map[string]struct {
		disk resource.DiskHealth
		kind alert.Type
		want outline
	}{
		"hot":                  {resource.DiskHealth{Temperature: 57}, alert.DiskTemperature, outline{hot, alert.Bad, alert.Warning, 57, 55, "Disk /dev/sda temperature at 57.0 °C"}},
		"very hot":             {resource.DiskHealth{Temperature: 65}, alert.DiskTemperature, outline{hot, alert.Bad, alert.Critical, 65, 55, "Disk /dev/sda temperature at 65.0 °C"}},
		"cool":                 {resource.DiskHealth{Temperature: 50}, alert.DiskTemperature, outline{ID: hot, Verdict: alert.Good, Value: 50, Trigger: 55}},
		"asleep":               {resource.DiskHealth{Temperature: 57, Standby: true}, alert.DiskTemperature, outline{ID: hot, Trigger: 55}},
		"without a sensor":     {resource.DiskHealth{}, alert.DiskTemperature, outline{ID: hot, Trigger: 55}},
		"passed":               {resource.DiskHealth{Health: "PASSED"}, alert.DiskHealth, outline{ID: health, Verdict: alert.Good}},
		"ok":                   {resource.DiskHealth{Health: "ok"}, alert.DiskHealth, outline{ID: health, Verdict: alert.Good}},
		"failed":               {resource.DiskHealth{Health: "FAILED"}, alert.DiskHealth, outline{health, alert.Bad, alert.Critical, 0, 0, failed}},
		"failed before asleep": {resource.DiskHealth{Health: "FAILED", Standby: true}, alert.DiskHealth, outline{ID: health}},
		"unknown":              {resource.DiskHealth{Health: "UNKNOWN"}, alert.DiskHealth, outline{ID: health}},
		"wrong firmware":       {resource.DiskHealth{Health: "FAILED", Model: "Samsung SSD 990 PRO 2TB"}, alert.DiskHealth, outline{ID: health, Verdict: alert.Good}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.disk.Device = "/dev/sda"
			checked := scene{resources: []resource.Resource{machine(withDisks(c.disk))}}.check(t, "db1-machine")
			if diff := cmp.Diff(c.want, outlineOf(t, checked, c.kind, "sda")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestHostDiskMetadata(t *testing.T) {
	checked := scene{resources: []resource.Resource{machine(withDisks(resource.DiskHealth{Device: "/dev/sda", Temperature: 60, Health: "FAILED"}))}}.check(t, "db1-machine")
	common := []string{
		"resourceType", "hostId", "hostname", "displayName", "platform", "osName", "osVersion", "architecture", "agentVersion",
		"disk_path", "disk_model", "disk_serial", "disk_type", "disk_health",
	}
	wantKeys(t, findingOf(t, checked, alert.DiskHealth, "sda").Metadata, common...)
	hot := findingOf(t, checked, alert.DiskTemperature, "sda")
	wantKeys(t, hot.Metadata, append([]string{"metric", "temperature", "unit", "clearThreshold", "monitorOnly"}, common...)...)
	if hot.Metadata["unit"] != "°C" || hot.Subject.ID != "host:db1-machine/disk_temp:sda" {
		t.Errorf("unit %v of %q", hot.Metadata["unit"], hot.Subject.ID)
	}
}

// A disk that is taken out has no temperature, and no alert about it.
func TestDiskThatIsGoneHasNoFinding(t *testing.T) {
	checked := scene{resources: []resource.Resource{machine(withDisks(resource.DiskHealth{Device: "/dev/sdb", Temperature: 30}))}}.check(t, "db1-machine")
	if checked.Unseen || findingOf(t, checked, alert.DiskTemperature, "sda") != nil {
		t.Errorf("unseen %v, findings %+v", checked.Unseen, checked.Findings)
	}
}

func TestHostWear(t *testing.T) {
	const id = "host-db1-machine-disk-wearout-nvme0n1"
	cases := map[string]struct {
		used *float64
		want outline
	}{
		"new":        {viewtest.Ratio(0.02), outline{ID: id, Verdict: alert.Good, Value: 98, Trigger: 10}},
		"just right": {viewtest.Ratio(0.9), outline{ID: id, Verdict: alert.Good, Value: 10, Trigger: 10}},
		"worn out":   {viewtest.Ratio(0.925), outline{id, alert.Bad, alert.Warning, 7.5, 10, "Disk /dev/nvme0n1 (Example 1TB) has 7.5% of its rated life left"}},
		"beyond":     {viewtest.Ratio(1.3), outline{id, alert.Bad, alert.Warning, 0, 10, "Disk /dev/nvme0n1 (Example 1TB) has 0% of its rated life left"}},
		"not told":   {nil, outline{ID: id, Trigger: 10}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := machine(withDisks(resource.DiskHealth{Device: "/dev/nvme0n1", Model: "Example 1TB"}), func(_ *resource.Resource, h *resource.Host) {
				h.Wear = []resource.DiskWear{{Device: "/dev/nvme0n1", Wear: c.used}}
			})
			got := outlineOf(t, scene{resources: []resource.Resource{r}}.check(t, "db1-machine"), alert.DiskWearout, "nvme0n1")
			if diff := cmp.Diff(c.want, got, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestHostPools(t *testing.T) {
	const id = "host-db1-machine-pool-tank"
	cases := map[string]struct {
		pool resource.Pool
		want outline
	}{
		"online":    {resource.Pool{State: "ONLINE"}, outline{ID: id, Verdict: alert.Good}},
		"not told":  {resource.Pool{}, outline{ID: id}},
		"degraded":  {resource.Pool{State: "DEGRADED", Devices: []resource.PoolDevice{{Name: "sdb", State: "FAULTED"}}}, outline{id, alert.Bad, alert.Warning, 0, 0, "ZFS pool 'tank' is DEGRADED: sdb FAULTED"}},
		"faulted":   {resource.Pool{State: "FAULTED"}, outline{id, alert.Bad, alert.Critical, 0, 0, "ZFS pool 'tank' is FAULTED"}},
		"suspended": {resource.Pool{State: "SUSPENDED"}, outline{id, alert.Bad, alert.Critical, 0, 0, "ZFS pool 'tank' is SUSPENDED"}},
		"errors":    {resource.Pool{State: "ONLINE", ReadErrors: 1, ChecksumErrors: 2}, outline{id, alert.Bad, alert.Warning, 3, 0, "ZFS pool 'tank' has 3 device errors"}},
		"lost data": {resource.Pool{State: "ONLINE", Errors: "2 data errors"}, outline{id, alert.Bad, alert.Critical, 0, 0, "ZFS pool 'tank' has lost data: 2 data errors"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.pool.Name = "tank"
			r := machine(func(_ *resource.Resource, h *resource.Host) { h.Pools = []resource.Pool{c.pool} })
			got := outlineOf(t, scene{resources: []resource.Resource{r}}.check(t, "db1-machine"), alert.PoolState, "tank")
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What Proxmox VE tells of the same disk or pool is not told twice.
func TestHostOnNodeLeavesItsDisksToTheNode(t *testing.T) {
	broken := machine(withDisks(resource.DiskHealth{Device: "/dev/sda", Serial: "S1", Health: "FAILED"}), func(_ *resource.Resource, h *resource.Host) {
		h.Wear = []resource.DiskWear{{Device: "/dev/sda", Wear: viewtest.Ratio(0.99)}}
		h.Pools = []resource.Pool{{Name: "tank", State: "DEGRADED"}}
	})
	node := []resource.Resource{
		{ID: "node/db1", Kind: resource.KindNode, Name: "db1", Status: resource.StatusRunning, Detail: &resource.Node{}},
		{ID: "disk/1", Kind: resource.KindDisk, ParentID: "node/db1", Name: "sda", Detail: &resource.Disk{Node: "db1", Serial: "S1", Health: "FAILED"}},
		{ID: "storage/1", Kind: resource.KindStorage, ParentID: "node/db1", Name: "tank", Detail: &resource.Storage{Node: "db1", ZFS: &resource.ZFSPool{Name: "tank", State: "DEGRADED"}}},
	}
	inv := viewtest.Inventory()
	s := scene{resources: []resource.Resource{broken}}
	s.fill(t, inv)
	kinds := map[alert.Type]string{alert.DiskHealth: "sda", alert.DiskWearout: "sda", alert.PoolState: "tank"}
	alone := checkIn(t, New(), s.look(t, inv), "db1-machine")
	scene{source: inventory.SourceRef{ID: "pve", Type: "pve", Name: "lab", Plugin: "pulse.proxmox"}, resources: node}.fill(t, inv)
	together := checkIn(t, New(), s.look(t, inv), "db1-machine")
	for kind, part := range kinds {
		if f := findingOf(t, alone, kind, part); f == nil || f.Verdict != alert.Bad {
			t.Errorf("%s alone: %+v", kind, f)
		}
		if f := findingOf(t, together, kind, part); f != nil {
			t.Errorf("%s on a node: %+v", kind, f)
		}
	}
}
