package viewtest

import (
	"time"

	"github.com/pulse-hub/pulse/sdk/resource"
)

func hypervisors() []resource.Resource {
	at := Epoch()
	list := []resource.Resource{
		node("pve1", "lab-cluster"), node("pve2", "lab-cluster"),
		guest("qemu/101", resource.KindVM, "web", "pve1", 101),
		guest("lxc/201", resource.KindContainer, "dns", "pve2", 201),
		{
			ID: "lxc/202", Kind: resource.KindContainer, Name: "oci", ParentID: "node/pve2", Status: resource.StatusRunning,
			Detail: &resource.Guest{Node: "pve2", VMID: 202, OCI: true, OSTemplate: "docker.io/library/nginx", OSName: "debian"},
		},
		{
			ID: "qemu/102", Kind: resource.KindVM, Name: "off", ParentID: "node/pve1", Status: resource.StatusStopped,
			Usage:  resource.Usage{Disk: capacity(32, 0)},
			Detail: &resource.Guest{Node: "pve1", VMID: 102, CPUs: 2, DiskUnknown: "vm-stopped"},
		},
		storage("storage/pve1/local-zfs", "local-zfs", "pve1", false),
		storage("storage/pve1/nas", "nas", "pve1", true),
		storage("storage/pve2/nas", "nas", "pve2", true),
		{
			ID: "disk/pve1//dev/nvme0n1", Kind: resource.KindDisk, Name: "/dev/nvme0n1", ParentID: "node/pve1",
			Status: resource.StatusRunning,
			Detail: &resource.Disk{
				Node: "pve1", Device: "/dev/nvme0n1", Model: "Fast 1", Serial: "S1", WWN: "eui.1", Transport: "nvme",
				Size: 1000 * gib, Health: "PASSED", LifeLeft: Ratio(0.93), Temperature: 41, UsedFor: "ZFS", CheckedAt: at,
			},
		},
		cephCluster(),
		{
			ID: "replication/101-0", Kind: resource.KindReplication, Name: "101-0", Status: resource.StatusDegraded,
			Detail: &resource.Replication{
				JobID: "101-0", JobNumber: 1, GuestID: 101, GuestName: "web", GuestType: "qemu", GuestNode: "pve1",
				SourceNode: "pve1", SourceStorage: "local-zfs", TargetNode: "pve2", TargetStorage: "local-zfs",
				Schedule: "*/15", Type: "local", Enabled: true, State: "error", LastSyncStatus: "error",
				LastSync: at.Add(-time.Hour), NextSync: at.Add(time.Minute), LastSyncDuration: 127 * time.Second,
				FailCount: 1, Error: "timed out", Comment: "nightly", RemoveJob: "full", RateLimit: 100e6,
			},
		},
	}
	return append(list, hypervisorBackups()...)
}

func node(name, cluster string) resource.Resource {
	at := Epoch()
	return resource.Resource{
		ID: "node/" + name, Kind: resource.KindNode, Name: name, DisplayName: name + " (lab)", Status: resource.StatusRunning,
		Uptime: 90 * time.Hour, Usage: usage(0.2),
		Detail: &resource.Node{
			Host: "https://" + name + ".example:8006", GuestURL: "https://" + name + ".example", Version: "8.2.2",
			Kernel: "6.8.8-2-pve", CPUModel: "Example CPU", CPUs: 16, Cores: 8, Sockets: 1, CPUMHz: 2400.5,
			LoadAverage: []float64{0.5, 0.25, 0.125}, ClusterName: cluster, Connection: "healthy", PendingUpdates: 3,
			Temperatures: &resource.NodeTemperatures{
				CPUPackage: 50, CPUMax: 52, CPUMin: 30, CPUMaxRecord: 80, MinRecorded: at, MaxRecorded: at,
				Cores:  []resource.CoreTemperature{{Core: 0, Temperature: 49}},
				GPUs:   []resource.GPUTemperature{{Device: "gpu0", Edge: 40, Junction: 45, Memory: 50}},
				NVMe:   []resource.DeviceTemperature{{Device: "nvme0", Temperature: 38}},
				Disks:  []resource.DiskTemperature{{Device: "/dev/sda", Serial: "S", WWN: "w", Model: "m", Transport: "sata", Temperature: 33, ReadAt: at, StandbySkipped: true}},
				ReadAt: at,
			},
		},
	}
}

func guest(id string, kind resource.Kind, name, node string, vmid int) resource.Resource {
	return resource.Resource{
		ID: id, Kind: kind, Name: name, ParentID: "node/" + node, Status: resource.StatusRunning,
		Tags: []string{"prod", "web"}, Uptime: time.Hour, Usage: usage(0.125),
		Detail: &resource.Guest{
			Node: node, VMID: vmid, CPUs: 4, Template: false, OSTemplate: "debian-12", OSName: "Debian", OSVersion: "12",
			AgentVersion: "8.0", Addresses: []string{"10.0.0.7"}, Interfaces: interfaces(), Filesystems: filesystems(),
			MemorySource: "agent", Balloon: gib, Lock: "backup", HAState: "started",
		},
	}
}

func storage(id, name, node string, shared bool) resource.Resource {
	return resource.Resource{
		ID: id, Kind: resource.KindStorage, Name: name, ParentID: "node/" + node, Status: resource.StatusRunning,
		Usage: resource.Usage{Disk: capacity(1000, 400)},
		Detail: &resource.Storage{
			Node: node, Type: "zfspool", Content: []string{"images", "rootdir"}, Shared: shared, Enabled: true, Active: true,
			ZFS: &resource.ZFSPool{
				Name: "rpool", State: "DEGRADED", Status: "a device is gone", Scan: "none requested", ReadErrors: 1,
				Devices: []resource.ZFSDevice{{Name: "mirror-0", Type: "mirror", State: "DEGRADED", Message: "one left", WriteErrors: 2, ChecksumErrors: 3}},
			},
		},
	}
}

func cephCluster() resource.Resource {
	return resource.Resource{
		ID: "ceph", Kind: resource.KindCeph, Name: "lab ceph", Status: resource.StatusDegraded,
		Usage: resource.Usage{Disk: capacity(9000, 4500)},
		Detail: &resource.Ceph{
			FSID: "00000000-0000-4000-8000-000000000001", Health: "HEALTH_WARN", HealthMessage: "1 OSD down",
			Mons: 3, Mgrs: 2, OSDs: 12, OSDsUp: 11, OSDsIn: 12, PGs: 256,
			Pools:    []resource.CephPool{{ID: 1, Name: "rbd", Stored: gib, Available: gib, Objects: 100, UsedRatio: 0.5}},
			Services: []resource.CephService{{Type: "osd", Running: 11, Total: 12, Message: "osd.3 down"}},
		},
	}
}

func hypervisorBackups() []resource.Resource {
	at := Epoch()
	return []resource.Resource{
		{
			ID: "backup/local:backup/a", Kind: resource.KindBackup, Name: "a",
			Detail: &resource.Backup{
				Type: "vm", VMID: 101, At: at.Add(-48 * time.Hour), Size: 5 * gib, Node: "pve1", Storage: "local",
				Filename: "local:backup/a.vma.zst", Format: "vma.zst", Notes: "web", Protected: true, Verification: "OK",
			},
		},
		{
			ID: "task/UPID:1", Kind: resource.KindBackupTask, Name: "vzdump",
			Detail: &resource.BackupTask{
				Node: "pve1", Type: "vzdump", VMID: 101, Result: "job errors", Start: at.Add(-time.Hour), End: at,
				Size: gib, Error: "no space left",
			},
		},
		{
			ID: "snapshot/101/before", Kind: resource.KindSnapshot, Name: "before",
			Detail: &resource.Snapshot{
				Node: "pve1", GuestType: "qemu", VMID: 101, At: at.Add(-2 * time.Hour), Description: "before the upgrade",
				Parent: "older", WithMemory: true, Size: gib,
			},
		},
	}
}

func backupServer() []resource.Resource {
	at := Epoch()
	job := func(id, kind string) resource.Resource {
		return resource.Resource{
			ID: "job/" + kind + "/" + id, Kind: resource.KindBackupJob, Name: id, ParentID: "server",
			Detail: &resource.BackupJob{
				Type: kind, Store: "main", State: "ok", Error: "late", LastRun: at, NextRun: at, GuestType: "vm",
				VMID: "101", Remote: "offsite", RemovedBytes: gib,
			},
		}
	}
	return []resource.Resource{
		{
			ID: "server", Kind: resource.KindBackupServer, Name: "pbs", Status: resource.StatusRunning, Uptime: time.Hour, Usage: usage(0.1),
			Detail: &resource.BackupServer{Host: "https://pbs.example:8007", GuestURL: "https://pbs.example", Version: "3.2.1", Connection: "healthy"},
		},
		{
			ID: "datastore/main", Kind: resource.KindDatastore, Name: "main", ParentID: "server", Status: resource.StatusRunning,
			Usage:  resource.Usage{Disk: capacity(1000, 900)},
			Detail: &resource.Datastore{Namespaces: []resource.Namespace{{Path: "lab", Parent: "root", Depth: 1}}, DedupFactor: 12.5},
		},
		{
			ID: "datastore/broken", Kind: resource.KindDatastore, Name: "broken", ParentID: "server", Status: resource.StatusOffline,
			Detail: &resource.Datastore{Error: "not mounted"},
		},
		job("b-1", "backup"), job("s-1", "sync"), job("v-1", "verify"), job("p-1", "prune"), job("g-1", "garbage"),
		{
			ID: "backup/main/vm/101/1", Kind: resource.KindBackup, Name: "vm/101",
			Detail: &resource.Backup{
				Type: "vm", VMID: 101, BackupID: "101", At: at.Add(-24 * time.Hour), Size: gib, Datastore: "main", Namespace: "lab",
				Notes: "web", Owner: "backup@pbs", Protected: true, Verification: "failed", Files: []string{"drive-scsi0.img.fidx"},
			},
		},
		{
			ID: "backup/main/ct/201/1", Kind: resource.KindBackup, Name: "ct/201",
			Detail: &resource.Backup{Type: "container", VMID: 201, BackupID: "201", At: at.Add(-30 * time.Hour), Datastore: "main"},
		},
	}
}

func mailGateway() []resource.Resource {
	at := Epoch()
	return []resource.Resource{
		{
			ID: "gateway", Kind: resource.KindMailGateway, Name: "pmg", Status: resource.StatusRunning,
			Detail: &resource.MailGateway{
				Host: "https://pmg.example:8006", GuestURL: "https://pmg.example", Version: "8.1", Connection: "healthy", UpdatedAt: at,
				Nodes: []resource.MailNode{{
					Name: "pmg1", Status: "online", Role: "master", LoadAverage: "0.85", Uptime: time.Hour,
					Queue: &resource.MailQueue{Active: 1, Deferred: 2, Hold: 3, Incoming: 4, OldestAge: time.Minute, UpdatedAt: at},
				}},
				Stats: &resource.MailStats{
					Timeframe: "day", Total: 100, In: 60, Out: 40, SpamIn: 5, SpamOut: 1, VirusIn: 2, VirusOut: 1, BouncesIn: 3,
					BouncesOut: 4, BytesIn: 1e6, BytesOut: 2e6, Greylisted: 7, JunkIn: 8, RBLRejects: 9, PregreetRejects: 10,
					AverageProcessTime: 585 * time.Millisecond, UpdatedAt: at,
				},
				Counts:     []resource.MailCount{{At: at, Count: 10, In: 6, Out: 4, Index: 1, Timeframe: "hour", WindowStart: at, WindowEnd: at}},
				SpamScores: []resource.SpamBucket{{Score: "0-2", Count: 50}},
				Quarantine: &resource.Quarantine{Spam: 1, Virus: 2, Attachment: 3, Blocklisted: 4},
			},
		},
		{
			ID: "backup/pmg-1", Kind: resource.KindBackup, Name: "pmg-backup.tgz",
			Detail: &resource.Backup{Type: "mailgateway", At: at, Size: gib, Node: "pmg1", Filename: "pmg-backup.tgz"},
		},
	}
}
