package world

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// each calls f with every resource that has a detail of type D.
func each[D any](list []resource.Resource, f func(resource.Resource, D)) {
	for _, r := range list {
		if d, ok := r.Detail.(D); ok {
			f(r, d)
		}
	}
}

// forMoments runs a rule for every moment and for a larger world, too.
func forMoments(t *testing.T, rule func(t *testing.T, w *World, at time.Time)) {
	large := Defaults()
	large.Scale, large.VMsPerNode, large.LXCsPerNode = 2, 14, 20
	for _, o := range []Options{Defaults(), large} {
		w := New(o)
		for _, at := range moments() {
			rule(t, w, at)
		}
	}
}

func TestNodesCarryTheirGuests(t *testing.T) {
	forMoments(t, func(t *testing.T, w *World, at time.Time) {
		for _, s := range w.sites {
			status := s.Status(at)
			memory := map[string]uint64{}
			each(status, func(r resource.Resource, g *resource.Guest) {
				memory[g.Node] += r.Usage.Memory.Used
				if r.ParentID != "node/"+g.Node {
					t.Errorf("%s is on %s and below %s", r.ID, g.Node, r.ParentID)
				}
			})
			each(status, func(r resource.Resource, _ *resource.Node) {
				if used := r.Usage.Memory.Used; used < memory[r.Name] || used >= r.Usage.Memory.Total {
					t.Errorf("%s at %v: uses %d of %d, its guests %d", r.ID, at, used, r.Usage.Memory.Total, memory[r.Name])
				}
			})
		}
	})
}

func TestEnginesAndClusterNodesCarryWhatRunsOnThem(t *testing.T) {
	forMoments(t, func(t *testing.T, w *World, at time.Time) {
		list := append(w.fleet.Containers(at), w.fleet.Kubernetes(at)...)
		memory := map[string]uint64{}
		each(list, func(r resource.Resource, _ *resource.AppContainer) { memory[r.ParentID] += r.Usage.Memory.Used })
		each(list, func(r resource.Resource, _ *resource.Pod) { memory[r.ParentID] += r.Usage.Memory.Used })
		for _, r := range list {
			if r.Kind == resource.KindContainerHost || r.Kind == resource.KindClusterNode {
				if used := r.Usage.Memory.Used; used < memory[r.ID] || used > r.Usage.Memory.Total || (used == r.Usage.Memory.Total && used > 0) {
					t.Errorf("%s at %v: uses %d of %d, what runs there %d", r.ID, at, used, r.Usage.Memory.Total, memory[r.ID])
				}
			}
		}
	})
}

func TestBackupsOnTheServerAreTheSameFromBothSides(t *testing.T) {
	type key struct {
		typ, id, namespace, verification string
		at                               time.Time
		size                             uint64
		protected                        bool
	}
	of := func(b *resource.Backup) key {
		return key{b.Type, b.BackupID, b.Namespace, b.Verification, b.At, b.Size, b.Protected}
	}
	forMoments(t, func(t *testing.T, w *World, at time.Time) {
		fromSites, fromServer := map[key]int{}, map[key]int{}
		for _, s := range w.sites {
			each(s.Backups(at), func(_ resource.Resource, b *resource.Backup) {
				if b.OnBackupServer {
					fromSites[of(b)]++
				}
			})
		}
		each(w.servers[0].Backups(at), func(_ resource.Resource, b *resource.Backup) {
			if b.Datastore == "main" {
				fromServer[of(b)]++
			}
		})
		if diff := cmp.Diff(fromSites, fromServer); diff != "" {
			t.Errorf("at %v: sites (-) and server (+) differ:\n%.2000s", at, diff)
		}
		if len(fromSites) < 100 {
			t.Errorf("at %v: only %d backups", at, len(fromSites))
		}
		each(w.servers[1].Backups(at), func(r resource.Resource, b *resource.Backup) {
			if at.Sub(b.At) < 5*time.Hour {
				t.Errorf("%s was copied before it can have been", r.ID)
			}
		})
	})
}

func TestBackupsAndSnapshotsAreOfRealGuestsAndInThePast(t *testing.T) {
	forMoments(t, func(t *testing.T, w *World, at time.Time) {
		for _, s := range w.sites {
			guests := map[int]*resource.Guest{}
			each(s.Status(at), func(_ resource.Resource, g *resource.Guest) { guests[g.VMID] = g })
			newest := map[int]time.Time{}
			list := s.Backups(at)
			each(list, func(r resource.Resource, b *resource.Backup) {
				if guests[b.VMID] == nil || !b.At.Before(at) || b.Size == 0 {
					t.Errorf("%s at %v: %+v", r.ID, at, b)
				}
				if b.OnBackupServer && b.At.After(newest[b.VMID]) {
					newest[b.VMID] = b.At
				}
			})
			for id, g := range guests {
				if !g.LastBackup.Equal(newest[id]) {
					t.Errorf("guest %d at %v: last backup %v, newest in the list %v", id, at, g.LastBackup, newest[id])
				}
			}
			each(list, func(r resource.Resource, b *resource.BackupTask) {
				if guests[b.VMID] == nil || b.Start.After(at) || b.End.After(at) || (b.End.IsZero() != (b.Result == "running")) {
					t.Errorf("%s at %v: %+v", r.ID, at, b)
				}
			})
			each(list, func(r resource.Resource, b *resource.Snapshot) {
				if guests[b.VMID] == nil || b.At.After(at) {
					t.Errorf("%s at %v: %+v", r.ID, at, b)
				}
			})
		}
	})
}

func TestStoragesHoldTheirContent(t *testing.T) {
	forMoments(t, func(t *testing.T, w *World, at time.Time) {
		for _, s := range w.sites {
			content := map[string]uint64{}
			for _, g := range s.guests {
				content[g.home+"/"+g.storage] += g.stored(at)
				content["/"+g.storage] += g.stored(at)
			}
			each(s.Backups(at), func(_ resource.Resource, b *resource.Backup) {
				if !b.OnBackupServer {
					content[b.Node+"/"+b.Storage] += b.Size
					content["/"+b.Storage] += b.Size
				}
			})
			each(s.Storage(at), func(r resource.Resource, d *resource.Storage) {
				key := d.Node + "/" + r.Name
				if d.Shared {
					key = "/" + r.Name
				}
				c := r.Usage.Disk
				if c.Used < content[key] || (d.Active && (c.Total == 0 || c.Used >= c.Total)) {
					t.Errorf("%s %s at %v: used %d of %d, holds %d", s.name, r.ID, at, c.Used, c.Total, content[key])
				}
				if d.Shared && !slices.Contains(d.Nodes, d.Node) {
					t.Errorf("%s is not among its own nodes %v", r.ID, d.Nodes)
				}
			})
		}
	})
}

func TestSharedStoragesAgreeWithWhatTheyAre(t *testing.T) {
	forMoments(t, func(t *testing.T, w *World, at time.Time) {
		var main, pool resource.Resource
		each(w.servers[0].Status(at), func(r resource.Resource, _ *resource.Datastore) {
			if r.Name == "main" {
				main = r
			}
		})
		list := w.sites[0].Storage(at)
		each(list, func(r resource.Resource, _ *resource.Ceph) { pool = r })
		each(list, func(r resource.Resource, d *resource.Storage) {
			switch d.Type {
			case "pbs":
				if r.Usage.Disk != main.Usage.Disk {
					t.Errorf("%s: %+v, on the server %+v", r.ID, r.Usage.Disk, main.Usage.Disk)
				}
			case "rbd":
				if got, want := r.Usage.Disk.Used, pool.Detail.(*resource.Ceph).Pools[0].Stored; got != want {
					t.Errorf("%s: used %d, in the pool %d", r.ID, got, want)
				}
			}
		})
	})
}

func TestReplicationRefersToRealGuestsNodesAndStorages(t *testing.T) {
	forMoments(t, func(t *testing.T, w *World, at time.Time) {
		s := w.sites[0]
		guests, storages := map[string]*resource.Guest{}, map[string]bool{}
		each(s.Status(at), func(r resource.Resource, g *resource.Guest) { guests[r.ID] = g })
		for _, r := range s.Storage(at) {
			storages[r.ID] = true
		}
		jobs := s.Replication(at)
		each(jobs, func(r resource.Resource, d *resource.Replication) {
			g := guests[r.ParentID]
			switch {
			case g == nil || g.VMID != d.GuestID || g.Node != d.GuestNode || d.SourceNode != g.Node:
				t.Errorf("%s: guest %+v", r.ID, d)
			case d.TargetNode == d.SourceNode || !storages["storage/"+d.TargetNode+"/"+d.TargetStorage] || !storages["storage/"+d.SourceNode+"/"+d.SourceStorage]:
				t.Errorf("%s: from %s to %s", r.ID, d.SourceNode, d.TargetNode)
			case d.LastSync.After(at) || (d.Enabled && !d.NextSync.After(at)):
				t.Errorf("%s at %v: last %v, next %v", r.ID, at, d.LastSync, d.NextSync)
			case (d.State == "error") != (d.FailCount > 0) || (d.State == "error") != (d.Error != ""):
				t.Errorf("%s: %+v", r.ID, d)
			}
		})
		if len(jobs) < 8 {
			t.Errorf("only %d jobs", len(jobs))
		}
	})
}

func TestNodesWithAnAgentLookTheSameFromBothSides(t *testing.T) {
	forMoments(t, func(t *testing.T, w *World, at time.Time) {
		hosts := map[string]resource.Resource{}
		each(w.fleet.Hosts(at), func(r resource.Resource, _ *resource.Host) { hosts[r.ID] = r })
		linked := 0
		each(w.sites[0].Status(at), func(r resource.Resource, n *resource.Node) {
			if n.LinkedHostAgent == "" {
				return
			}
			linked++
			h, ok := hosts[n.LinkedHostAgent]
			if !ok || h.Detail.(*resource.Host).Hostname != r.Name {
				t.Errorf("%s: agent %s is unknown or elsewhere", r.ID, n.LinkedHostAgent)
			}
			if diff := cmp.Diff(r.Usage, h.Usage); diff != "" {
				t.Errorf("%s at %v: node (-) and host (+) differ:\n%s", r.ID, at, diff)
			}
		})
		if linked != agentsOnNodes {
			t.Errorf("%d nodes are linked, want %d", linked, agentsOnNodes)
		}
	})
}

func TestFailedDiskAndDegradedPoolBelongTogether(t *testing.T) {
	list := New(Defaults()).sites[0].Storage(noon)
	failed := map[string]string{}
	each(list, func(_ resource.Resource, d *resource.Disk) {
		if d.Health == "FAILED" {
			failed[d.Node] = strings.TrimPrefix(d.Device, "/dev/")
		}
	})
	each(list, func(r resource.Resource, d *resource.Storage) {
		if d.ZFS == nil {
			return
		}
		if want := failed[d.Node] != ""; (d.ZFS.State == "DEGRADED") != want {
			t.Errorf("%s: pool is %s, failed disk %q", r.ID, d.ZFS.State, failed[d.Node])
		}
		for _, device := range d.ZFS.Devices {
			if (device.State == "FAULTED") != (device.Name == failed[d.Node]) {
				t.Errorf("%s: device %+v, failed disk %q", r.ID, device, failed[d.Node])
			}
		}
	})
}

func TestDeploymentsCountTheirPods(t *testing.T) {
	list := New(Defaults()).fleet.Kubernetes(noon)
	ready := map[string]int{}
	each(list, func(r resource.Resource, p *resource.Pod) {
		if p.OwnerKind != "ReplicaSet" || r.Status != resource.StatusRunning {
			return
		}
		cluster, _, _ := strings.Cut(r.ID, "/")
		ready[cluster+"/deployment/"+p.Namespace+"/"+p.OwnerName[:strings.LastIndex(p.OwnerName, "-")]]++
	})
	each(list, func(r resource.Resource, d *resource.Deployment) {
		if d.Ready != ready[r.ID] || d.Desired < d.Ready {
			t.Errorf("%s: ready %d of %d, pods that run %d", r.ID, d.Ready, d.Desired, ready[r.ID])
		}
	})
}

func TestSwarmTasksRunInRealContainers(t *testing.T) {
	list := New(Defaults()).fleet.Containers(noon)
	containers := map[string]string{}
	each(list, func(r resource.Resource, _ *resource.AppContainer) { containers[r.ID] = r.Name })
	running := map[string]int{}
	each(list, func(_ resource.Resource, h *resource.ContainerHost) {
		for _, task := range h.Tasks {
			if task.CurrentState == "running" {
				running[task.ServiceName]++
			}
			if task.ContainerID != "" && containers[task.NodeName+"/"+task.ContainerID] != task.ContainerName {
				t.Errorf("task %s names the unknown container %s", task.ID, task.ContainerID)
			}
			if (task.ContainerID == "") != (task.CurrentState == "failed") {
				t.Errorf("task of %s is %s in container %q", task.ServiceName, task.CurrentState, task.ContainerID)
			}
		}
	})
	each(list, func(r resource.Resource, s *resource.Service) {
		if s.Running != running[r.Name] {
			t.Errorf("%s: %d run, of the tasks %d", r.Name, s.Running, running[r.Name])
		}
	})
}

func TestMailAddsUp(t *testing.T) {
	forMoments(t, func(t *testing.T, w *World, at time.Time) {
		for _, g := range w.gateways {
			d := g.Status(at)[0].Detail.(*resource.MailGateway)
			if d.Stats.In+d.Stats.Out != d.Stats.Total || d.Stats.Total < g.volume/3 || d.Stats.Total > g.volume*3 {
				t.Errorf("%s at %v: %v in, %v out, %v together", g.name, at, d.Stats.In, d.Stats.Out, d.Stats.Total)
			}
			if len(d.Counts) != 24 || d.Counts[23].WindowEnd.After(at) {
				t.Errorf("%s at %v: %d hours, the last one up to %v", g.name, at, len(d.Counts), d.Counts[len(d.Counts)-1].WindowEnd)
			}
		}
	})
}
