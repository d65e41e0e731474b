package check

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// measured says in short what is measured of a key: the type and part, the threshold, and where the values are.
func measured(l *lab, key string) []string {
	l.Helper()
	world := l.world()
	e, known := world.Get(key)
	if !known {
		l.Fatalf("there is no %s", key)
	}
	out := []string{}
	for _, m := range world.Measures(e) {
		line := fmt.Sprintf("%s %.0f after %s: %s", m.Outline().Type, m.Limit.Trigger, m.Outline().Delay, m.Stored.Name)
		for _, label := range m.Stored.Extra {
			line += " " + label.Name + "=" + label.Value
		}
		if m.Resource != key {
			line += " of " + m.Resource
		}
		out = append(out, line)
	}
	return out
}

// TestMeasuresOfWhatIsAway: what a resource is like now does not change what was measured of it.
func TestMeasuresOfWhatIsAway(t *testing.T) {
	want := []string{
		"cpu 80 after 5s: " + metrics.CPUUsageRatio, "memory 85 after 5s: " + metrics.MemoryUsageRatio, "disk 90 after 5s: " + metrics.DiskUsageRatio,
	}
	stopped := aGuest("100", 100, "pve1")
	stopped.Status, stopped.Usage = resource.StatusStopped, resource.Usage{}
	busy := aGuest("100", 100, "pve1")
	busy.Detail.(*resource.Guest).Lock, busy.Detail.(*resource.Guest).DiskUnknown = "backup", "agent-timeout"
	down := aNode("pve1")
	down.Status = resource.StatusOffline
	for name, prepare := range map[string]func(l *lab){
		"running":      func(l *lab) { l.tells(pveSource, aNode("pve1"), aGuest("100", 100, "pve1")) },
		"stopped":      func(l *lab) { l.tells(pveSource, aNode("pve1"), stopped) },
		"busy":         func(l *lab) { l.tells(pveSource, aNode("pve1"), busy) },
		"node is down": func(l *lab) { l.tells(pveSource, down, aGuest("100", 100, "pve1")) },
		"source fails": func(l *lab) { l.tells(pveSource, aNode("pve1"), aGuest("100", 100, "pve1")).fails(pveSource) },
		"silent":       func(l *lab) { l.tells(pveSource, aNode("pve1"), aGuest("100", 100, "pve1")).passes(time.Hour) },
	} {
		l := newLab(t)
		prepare(l)
		if diff := cmp.Diff(want, measured(l, "pve-lab/qemu/100")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestMeasuresOfEachKind(t *testing.T) {
	l := newLab(t)
	detail := &resource.Host{Hostname: "db1", Filesystems: []resource.Filesystem{{Mountpoint: "/", Capacity: resource.Capacity{Total: 100, Used: 30, Free: 60}}}}
	docker := inventory.SourceRef{ID: "docker:box", Type: "docker", Name: "box"}
	lost := aStorage("nas", "pve1", true)
	lost.Detail.(*resource.Storage).Active = false
	l.tells(pveSource, aNode("pve1"), aNode("pve2"), lost, aStorage("nas", "pve2", true))
	l.tells(pbsSource, aServer(resource.StatusOffline, "error"))
	l.tells(inventory.SourceRef{ID: "host:db1", Type: "host", Name: "db1"}, resource.Resource{
		ID: "db1", Kind: resource.KindHost, Name: "db1", Status: resource.StatusOffline, Detail: detail,
	})
	l.tells(docker, resource.Resource{ID: "box", Kind: resource.KindContainerHost, Name: "box", Status: resource.StatusOffline, Detail: &resource.ContainerHost{}},
		resource.Resource{
			ID: "box/1", Kind: resource.KindAppContainer, Name: "app", ParentID: "box", Status: resource.StatusStopped,
			Usage: resource.Usage{Memory: capacity(100, 1)}, Detail: &resource.AppContainer{State: "exited"},
		})
	server := ""
	for e := range l.world().OfKind(resource.KindBackupServer) {
		server = e.Key
	}
	for key, want := range map[string][]string{
		"pve-lab/node/pve1": {
			"cpu 80 after 5s: " + metrics.CPUUsageRatio, "memory 85 after 5s: " + metrics.MemoryUsageRatio, "disk 90 after 5s: " + metrics.DiskUsageRatio,
			"temperature 80 after 5s: " + metrics.TemperatureCelsius + " sensor=cpu",
		},
		"host:db1/db1": {
			"cpu 80 after 5s: " + metrics.CPUUsageRatio, "memory 85 after 5s: " + metrics.MemoryUsageRatio,
			"disk 90 after 5s: " + metrics.FilesystemUsedBytes + " mount=/",
		},
		"docker:box/box/1": {
			"cpu 80 after 5s: " + metrics.CPUUsageRatio, "memory 85 after 5s: " + metrics.MemoryUsageRatio,
			"docker-container-memory-limit 90 after 0s: " + metrics.MemoryUsageRatio,
		},
		"pve-lab/storage/pve1/nas": {"usage 85 after 5s: " + metrics.DiskUsageRatio + " of pve-lab/storage/pve2/nas"},
		"pve-lab/storage/pve2/nas": {},
		server:                     {"cpu 80 after 5s: " + metrics.CPUUsageRatio, "memory 85 after 5s: " + metrics.MemoryUsageRatio},
	} {
		if diff := cmp.Diff(want, measured(l, key)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", key, diff)
		}
	}
}

// TestMeasuresFindWhatACheckerFinds holds a value against its threshold in both ways.
func TestMeasuresFindWhatACheckerFinds(t *testing.T) {
	l := newLab(t)
	guest := aGuest("100", 100, "pve1")
	guest.Usage.CPU = new(0.92)
	live := l.tells(pveSource, aNode("pve1"), guest).check("pve-lab/qemu/100")
	world := l.world()
	e, _ := world.Get("pve-lab/qemu/100")
	for _, m := range world.Measures(e) {
		for _, want := range live.Findings {
			if want.Identity != m.Outline().Identity {
				continue
			}
			want.Message, want.Metadata = "", nil
			if diff := cmp.Diff(want, m.Find(want.At, want.Value)); diff != "" {
				t.Errorf("%s (-live +measure):\n%s", want.Type, diff)
			}
		}
	}
}

func TestNothingIsMeasuredWhereNobodyAsks(t *testing.T) {
	l := newLab(t).tells(pveSource, aNode("pve1"), aGuest("100", 100, "pve1"))
	l.config.DisableAllGuests = true
	if got := measured(l, "pve-lab/qemu/100"); len(got) > 0 {
		t.Errorf("got %v of guests that nobody wants to know of", got)
	}
	l.config.DisabledTypes = []string{"cpu", "disk"}
	if got := measured(l, "pve-lab/node/pve1"); len(got) != 2 {
		t.Errorf("got %v without processors and disks", got)
	}
	l.config.Enabled = false
	if got := measured(l, "pve-lab/node/pve1"); len(got) > 0 {
		t.Errorf("got %v although alerts are off", got)
	}
}

func TestStoredValuesInTheUnitOfThresholds(t *testing.T) {
	for _, tt := range []struct {
		kind         alert.Type
		part         string
		reserved     float64
		value, whole float64
		want         float64
		known        bool
	}{
		{alert.CPU, "", 0, 0.5, 0, 50, true},
		{alert.DiskRead, "", 0, 3 << 20, 0, 3, true},
		{alert.NetworkOut, "", 0, 1 << 19, 0, 0.5, true},
		{alert.Temperature, "", 0, 71.5, 0, 71.5, true},
		{alert.Disk, "/var", 0, 50, 200, 25, true},
		{alert.Disk, "/var", 100, 50, 200, 50, true},
		{alert.Disk, "/var", 0, 50, 0, 0, false},
		{alert.Disk, "/var", 300, 50, 200, 0, false},
	} {
		s, kept := StoredAs(tt.kind, tt.part)
		s.Reserved = tt.reserved
		if got, known := s.Value(tt.value, tt.whole); !kept || got != tt.want || known != tt.known {
			t.Errorf("%s %q: %v of %v is %v, %v", tt.kind, tt.part, tt.value, tt.whole, got, known)
		}
	}
	for _, kind := range []alert.Type{alert.RAID, alert.DiskTemperature, alert.QueueTotal} {
		if _, kept := StoredAs(kind, ""); kept {
			t.Errorf("%s is said to be kept", kind)
		}
	}
}
