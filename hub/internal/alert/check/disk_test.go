package check

import (
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/sdk/resource"
)

const diskKey = "pve-lab/disk/pve1//dev/sda"

func aDisk(health string, left *float64, model string) resource.Resource {
	return resource.Resource{
		ID: "disk/pve1//dev/sda", Kind: resource.KindDisk, Name: "/dev/sda", ParentID: "node/pve1", Status: resource.StatusRunning,
		Detail: &resource.Disk{Node: "pve1", Device: "/dev/sda", Model: model, Serial: "S1", Health: health, LifeLeft: left},
	}
}

func TestDiskHealth(t *testing.T) {
	const id = "disk-health-lab-pve1-/dev/sda"
	failed := outline{id, alert.Bad, alert.Critical, 0, 0, "Disk /dev/sda on node 'pve1' reports FAILED (Acme 1)"}
	tests := []struct {
		health, model string
		want          outline
	}{
		{"PASSED", "Acme 1", good(id)}, {"OK", "Acme 1", good(id)}, {"FAILED", "Acme 1", failed},
		{"UNKNOWN", "Acme 1", unknown(id)}, {"", "Acme 1", unknown(id)},
		{"FAILED", "Samsung SSD 980 PRO 1TB", good(id)}, {"FAILED", "SAMSUNG SSD 990 PRO", good(id)},
		{"FAILED", "Samsung SSD 870 EVO", outline{id, alert.Bad, alert.Critical, 0, 0, "Disk /dev/sda on node 'pve1' reports FAILED (Samsung SSD 870 EVO)"}},
	}
	for _, test := range tests {
		t.Run(test.health+" "+test.model, func(t *testing.T) {
			l := newLab(t).tells(pveSource, aDisk(test.health, nil, test.model))
			l.wants(l.check(diskKey), alert.DiskHealth, "", test.want)
		})
	}
}

func TestDiskWearout(t *testing.T) {
	const id = "disk-wearout-lab-pve1-/dev/sda"
	worn := func(value float64, percent string) outline {
		return outline{id, alert.Bad, alert.Warning, value, 10, "Disk /dev/sda on node 'pve1' has " + percent + "% of its life left"}
	}
	tests := []struct {
		name string
		left *float64
		want outline
	}{
		{"new", new(1.0), outline{id, alert.Good, "", 100, 10, ""}},
		{"at the limit", new(0.10), outline{id, alert.Good, "", 10, 10, ""}},
		{"below it", new(0.09), worn(9, "9")},
		{"nothing left", new(0.0), worn(0, "0")},
		{"not known", nil, outline{id, alert.Unknown, "", 0, 10, ""}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newLab(t).tells(pveSource, aDisk("PASSED", test.left, ""))
			checked := l.check(diskKey)
			l.wants(checked, alert.DiskWearout, "", test.want)
			f := findingOf(t, checked, alert.DiskWearout, "")
			wantKeys(t, f.Metadata, "disk_path", "disk_model", "disk_serial", "disk_type", "disk_health", "disk_size", "disk_used", "wearout")
		})
	}
}

func TestDiskOfOfflineNode(t *testing.T) {
	down := aNode("pve1")
	down.Status = resource.StatusOffline
	l := newLab(t).tells(pveSource, down, aDisk("FAILED", nil, ""))
	if checked := l.check(diskKey); !checked.Unseen || len(checked.Findings) > 0 {
		t.Errorf("unseen %v, findings %v", checked.Unseen, checked.Findings)
	}
}

func aCeph(health string) resource.Resource {
	return resource.Resource{
		ID: "ceph", Kind: resource.KindCeph, Name: "lab Ceph", Status: resource.StatusDegraded,
		Detail: &resource.Ceph{FSID: "f-1", Health: health, HealthMessage: "1 osds down", OSDs: 3, OSDsUp: 2, OSDsIn: 3},
	}
}

func TestCephHealth(t *testing.T) {
	const id = "ceph-health-lab-ceph"
	tests := []struct {
		health string
		want   outline
	}{
		{"HEALTH_OK", good(id)},
		{"HEALTH_WARN", outline{id, alert.Bad, alert.Warning, 0, 0, "Ceph cluster 'lab Ceph' is in HEALTH_WARN: 1 osds down"}},
		{"HEALTH_ERR", outline{id, alert.Bad, alert.Critical, 0, 0, "Ceph cluster 'lab Ceph' is in HEALTH_ERR: 1 osds down"}},
		{"", unknown(id)},
	}
	for _, test := range tests {
		t.Run(test.health, func(t *testing.T) {
			l := newLab(t).tells(pveSource, aCeph(test.health))
			checked := l.check("pve-lab/ceph")
			l.wants(checked, alert.CephHealth, "", test.want)
			f := findingOf(t, checked, alert.CephHealth, "")
			wantKeys(t, f.Metadata, "fsid", "health", "healthMessage", "osds", "osdsUp", "osdsIn")
		})
	}
}

func TestCephThatTwoSourcesSee(t *testing.T) {
	other := pveSource
	other.ID, other.Name = "pve-other", "other"
	l := newLab(t).tells(pveSource, aCeph("HEALTH_WARN")).tells(other, aCeph("HEALTH_WARN"))
	if n := len(l.check("pve-other/ceph").Findings); n != 0 {
		t.Errorf("%d findings of the second view, want none", n)
	}
	l.passes(2*freshFor).tells(other, aCeph("HEALTH_WARN"))
	if n := len(l.check("pve-other/ceph").Findings); n != 1 {
		t.Errorf("%d findings of the only view that is fresh, want one", n)
	}
}

const replicationKey = "pve-lab/replication/101-0"

func TestReplication(t *testing.T) {
	const id = "replication-failed-lab-101-0"
	down := aNode("pve2")
	down.Status = resource.StatusOffline
	target := alert.IdentityOf("pve-lab/node/pve2", alert.Connectivity, "")
	silenced := aGuest("101", 101, "pve1")
	silenced.Tags = []string{"pulse-no-alerts"}
	tests := []struct {
		name   string
		change func(*resource.Replication)
		others []resource.Resource
		want   outline
		hidden alert.Identity
	}{
		{"well", func(*resource.Replication) {}, nil, outline{id, alert.Good, "", 0, 1, ""}, ""},
		{
			"failed once", func(r *resource.Replication) { r.FailCount, r.Error = 1, "timed out" }, nil,
			outline{id, alert.Bad, alert.Warning, 1, 1, "Replication 101-0 of 'web' to node 'pve2' has failed: timed out"}, "",
		},
		{
			"failed for some reason", func(r *resource.Replication) { r.Error = "no space" }, nil,
			outline{id, alert.Bad, alert.Warning, 0, 1, "Replication 101-0 of 'web' to node 'pve2' has failed: no space"}, "",
		},
		{
			"failed often", func(r *resource.Replication) { r.FailCount = 3 }, nil,
			outline{id, alert.Bad, alert.Critical, 3, 1, "Replication 101-0 of 'web' to node 'pve2' has failed 3 times in a row"}, "",
		},
		{"disabled", func(r *resource.Replication) { r.FailCount, r.Enabled = 3, false }, nil, noFinding, ""},
		{
			"the target is offline", func(r *resource.Replication) { r.FailCount = 3 }, []resource.Resource{down},
			outline{id, alert.Bad, alert.Critical, 3, 1, "Replication 101-0 of 'web' to node 'pve2' has failed 3 times in a row"}, target,
		},
		{
			"of a guest without alerts", func(r *resource.Replication) { r.FailCount = 3 }, []resource.Resource{silenced}, noFinding, "",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			detail := &resource.Replication{
				JobID: "101-0", GuestID: 101, GuestName: "web", SourceNode: "pve1", TargetNode: "pve2", Enabled: true,
			}
			test.change(detail)
			job := resource.Resource{ID: "replication/101-0", Kind: resource.KindReplication, Name: "101-0", Detail: detail}
			l := newLab(t).tells(pveSource, append(test.others, job)...)
			checked := l.check(replicationKey)
			l.wants(checked, alert.ReplicationFailed, "", test.want)
			if f := findingOf(t, checked, alert.ReplicationFailed, ""); f != nil {
				wantKeys(t, f.Metadata, "jobId", "guestId", "guestName", "sourceNode", "targetNode", "failCount", "error", "lastSync")
				if f.HiddenBy != test.hidden {
					t.Errorf("hidden by %q, want %q", f.HiddenBy, test.hidden)
				}
			}
		})
	}
}
