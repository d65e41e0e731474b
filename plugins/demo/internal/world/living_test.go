package world

import (
	"strings"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/sdk/resource"
)

func TestSomethingIsAlwaysBroken(t *testing.T) {
	is := func(match func(r resource.Resource) bool) func([]resource.Resource) bool {
		return func(list []resource.Resource) bool {
			for _, r := range list {
				if match(r) {
					return true
				}
			}
			return false
		}
	}
	tests := map[string]func([]resource.Resource) bool{
		"degraded node": is(func(r resource.Resource) bool {
			return r.Kind == resource.KindNode && r.Status == resource.StatusDegraded
		}),
		"offline host": is(func(r resource.Resource) bool {
			return r.Kind == resource.KindHost && r.Status == resource.StatusOffline && !r.SeenAt.IsZero()
		}),
		"degraded Docker host": is(func(r resource.Resource) bool {
			return r.Kind == resource.KindContainerHost && r.Status == resource.StatusDegraded
		}),
		"paused guest": is(func(r resource.Resource) bool { return r.Kind == resource.KindVM && r.Status == resource.StatusPaused }),
		"stopped guest": is(func(r resource.Resource) bool {
			return r.Kind == resource.KindContainer && r.Status == resource.StatusStopped
		}),
		"unreachable storage": is(func(r resource.Resource) bool {
			return r.Kind == resource.KindStorage && r.Status == resource.StatusOffline
		}),
		"crash loop": detailHas(func(p *resource.Pod) bool {
			return len(p.Containers) > 0 && p.Containers[0].Reason == "CrashLoopBackOff" && p.Restarts > 0
		}),
		"pending pod":            detailHas(func(p *resource.Pod) bool { return p.Phase == "Pending" && p.Node == "" }),
		"evicted pod":            detailHas(func(p *resource.Pod) bool { return p.Reason == "Evicted" }),
		"lost cluster node":      detailHas(func(n *resource.ClusterNode) bool { return !n.Ready }),
		"incomplete deployment":  detailHas(func(d *resource.Deployment) bool { return d.Ready < d.Desired }),
		"unhealthy container":    detailHas(func(c *resource.AppContainer) bool { return c.Health == "unhealthy" }),
		"killed container":       detailHas(func(c *resource.AppContainer) bool { return c.State == "exited" && c.ExitCode == 137 }),
		"image update":           detailHas(func(c *resource.AppContainer) bool { return c.Update != nil && c.Update.Available }),
		"guest without a backup": detailHas(func(g *resource.Guest) bool { return g.LastBackup.IsZero() && !g.Template }),
		"failed verification":    detailHas(func(b *resource.Backup) bool { return b.OnBackupServer && b.Verification == "failed" }),
		"failed backup":          detailHas(func(b *resource.BackupTask) bool { return b.Error != "" }),
		"failing disk":           detailHas(func(d *resource.Disk) bool { return d.Health == "FAILED" && d.LifeLeft != nil && *d.LifeLeft < 0.1 }),
		"degraded pool":          detailHas(func(s *resource.Storage) bool { return s.ZFS != nil && s.ZFS.State == "DEGRADED" }),
		"Ceph warning":           detailHas(func(c *resource.Ceph) bool { return c.Health == "HEALTH_WARN" && c.OSDsUp < c.OSDs }),
		"broken datastore":       detailHas(func(d *resource.Datastore) bool { return d.Error != "" }),
		"failed job":             detailHas(func(j *resource.BackupJob) bool { return j.Type == "sync" && j.Error != "" }),
		"rebuilding array":       detailHas(func(h *resource.Host) bool { return len(h.RAID) > 1 && h.RAID[1].FailedDevices > 0 }),
		"full datastore": is(func(r resource.Resource) bool {
			part, _ := r.Usage.Disk.FullRatio()
			return r.Kind == resource.KindDatastore && part >= 0.9
		}),
		"long mail queue": detailHas(func(g *resource.MailGateway) bool { return g.Nodes[0].Queue.Deferred > 300 }),
	}
	w := New(Defaults())
	for _, at := range moments() {
		list := everything(w, at)
		for name, found := range tests {
			if !found(list) {
				t.Errorf("at %v there is no %s", at, name)
			}
		}
	}
}

func detailHas[D any](match func(D) bool) func([]resource.Resource) bool {
	return func(list []resource.Resource) bool {
		found := false
		each(list, func(_ resource.Resource, d D) { found = found || match(d) })
		return found
	}
}

func TestMigrationKeepsTheGuestAndIsTold(t *testing.T) {
	s, _ := New(Defaults()).Site(DemoCluster)
	nodes, locks := map[string]bool{}, map[string]bool{}
	uptime, id, moved := time.Duration(0), "", 0
	for step := range 24 * 60 * 2 {
		at := noon.Add(time.Duration(step) * 30 * time.Second)
		for _, r := range s.Status(at) {
			g, ok := r.Detail.(*resource.Guest)
			if !ok || g.HAState == "" || r.Name != "web-01" {
				continue
			}
			if id != "" && (r.ID != id || r.Uptime < uptime) {
				t.Fatalf("at %v the guest is %s, up for %v; it was %s, up for %v", at, r.ID, r.Uptime, id, uptime)
			}
			id, uptime = r.ID, r.Uptime
			nodes[g.Node], locks[g.Lock] = true, true
		}
		for _, e := range s.Events(at.Add(-30*time.Second), at) {
			if strings.HasPrefix(e.ID, "migrated/") {
				moved++
			}
		}
	}
	if len(nodes) != 2 || !locks["migrate"] || moved < 3 || moved > 4 {
		t.Errorf("in a day: on %v, locks %v, %d moves told; want two nodes, a lock and 3 or 4 moves", nodes, locks, moved)
	}
}

func TestReplicationFailsAndRecovers(t *testing.T) {
	s, _ := New(Defaults()).Site(DemoCluster)
	states := map[string]map[string]bool{}
	for step := range 24 * 12 {
		each(s.Replication(noon.Add(time.Duration(step)*5*time.Minute)), func(r resource.Resource, d *resource.Replication) {
			if states[r.ID] == nil {
				states[r.ID] = map[string]bool{}
			}
			states[r.ID][d.State] = true
		})
	}
	recovering := 0
	for _, seen := range states {
		if seen["error"] && seen["idle"] {
			recovering++
		}
	}
	if recovering != 2 {
		t.Errorf("%d jobs fail and recover within a day, want 2: %v", recovering, states)
	}
}

func TestBackupsAppearAtNight(t *testing.T) {
	s, _ := New(Defaults()).Site(DemoCluster)
	newest := func(at time.Time) (latest time.Time) {
		each(s.Backups(at), func(_ resource.Resource, b *resource.Backup) {
			if b.OnBackupServer && b.At.After(latest) {
				latest = b.At
			}
		})
		return latest
	}
	today, tomorrow := newest(noon), newest(noon.Add(24*time.Hour))
	if h := today.Hour(); h < 1 || h > 7 || noon.Sub(today) > 12*time.Hour {
		t.Errorf("the newest backup at %v is of %v, want one of last night", noon, today)
	}
	if tomorrow.Sub(today) != 24*time.Hour {
		t.Errorf("a day later the newest is of %v", tomorrow)
	}
}

func TestContainerRestartsAreCountedAndTold(t *testing.T) {
	f := New(Defaults()).Fleet()
	restarts := func(at time.Time) (n int, up time.Duration) {
		for _, r := range f.Containers(at) {
			if r.ID == f.engines[0].name+"/"+f.engines[0].containers[3].id {
				return r.Detail.(*resource.AppContainer).Restarts, r.Uptime
			}
		}
		return -1, 0
	}
	before := time.Date(2026, 11, 23, 12, 24, 50, 0, time.UTC) // it restarts at 12:25
	after := before.Add(30 * time.Second)
	n, up := restarts(before)
	m, fresh := restarts(after)
	if m != n+1 || fresh > time.Minute || up < time.Hour {
		t.Errorf("restarts went from %d to %d, uptime from %v to %v", n, m, up, fresh)
	}
	events := f.Events(before, after)
	if len(events) != 1 || len(f.Events(after, after.Add(time.Minute))) != 0 {
		t.Errorf("events are %+v, want the restart, once", events)
	}
}

func TestEventsAreToldOnceAndNeverOld(t *testing.T) {
	w := New(Defaults())
	seen := map[string]bool{}
	for step := range 24 * 60 {
		at := noon.Add(time.Duration(step) * time.Minute)
		for _, s := range w.sites {
			for _, e := range s.Events(at.Add(-time.Minute), at) {
				if seen[e.ID] || e.At.After(at) || at.Sub(e.At) > time.Minute {
					t.Errorf("at %v: %+v is told again or at the wrong time", at, e)
				}
				seen[e.ID] = true
			}
		}
	}
	if len(seen) < 3 {
		t.Errorf("only %d events in a day", len(seen))
	}
	for _, s := range w.sites {
		for _, e := range s.Events(time.Time{}, noon) {
			if noon.Sub(e.At) > longestNews {
				t.Errorf("%+v is old", e)
			}
		}
	}
}

func TestDiskFillsSlowly(t *testing.T) {
	s, _ := New(Defaults()).Site(DemoCluster)
	for _, g := range s.guests {
		if g.machine.fill.High < 0.98 {
			continue
		}
		start := g.machine.fill.Cycle.Last(noon)
		early, late := g.stored(start.Add(24*time.Hour)), g.stored(start.Add(44*24*time.Hour))
		if part := float64(late) / float64(g.machine.disk); late <= early || part < 0.95 {
			t.Errorf("%s: from %d to %d of %d", g.name, early, late, g.machine.disk)
		}
		return
	}
	t.Error("no guest's disk fills up")
}

func TestFiguresChangeSmoothly(t *testing.T) {
	s, _ := New(Defaults()).Site(DemoCluster)
	at := noon
	before := s.Status(at)
	moved := false
	for range 6 * 60 {
		at = at.Add(10 * time.Second)
		now := s.Status(at)
		for i, r := range now {
			was := before[i]
			if r.Status != was.Status || r.ParentID != was.ParentID || r.Uptime < was.Uptime || r.Kind == resource.KindNode {
				continue
			}
			step := *r.Usage.CPU - *was.Usage.CPU
			moved = moved || step != 0
			if step > 0.05 || step < -0.05 {
				t.Fatalf("%s at %v: the processor jumps by %v in ten seconds", r.ID, at, step)
			}
		}
		before = now
	}
	if !moved {
		t.Error("nothing moves")
	}
}
