package roadtest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// planted are all faults that the sets were made with, and what tells of them.
func (w *watched) planted() []struct{ fault, document, path, want string } {
	const (
		state     = "/api/state"
		resources = "/api/resources"
		notBooted = "unable to open chunk store 'usb1' at \"/mnt/datastore/usb1/.chunks\" - No such file or directory (os error 2)"
		noSSH     = "command '/usr/bin/ssh -e none -o BatchMode=yes root@127.0.0.12 -- pvesr prepare-local-job 105-0' failed: exit code 255"
	)
	partial := fmt.Sprintf("pbsBackups > id=pbs-vault-main--vm-105-%d > id", w.moment.Add(-2*time.Hour).Unix())
	whole := fmt.Sprintf("pbsBackups > id=pbs-vault-main--vm-105-%d > verified", w.moment.Add(-26*time.Hour).Unix())
	endOfCertificate := w.moment.Add(12 * 24 * time.Hour).UTC().Format(time.DateOnly)
	return []struct{ fault, document, path, want string }{
		{"NFS inactive on one node", resources, "resources > id=lab-lab1-nas > status", "degraded"},
		{"NFS inactive on one node", resources, "resources > id=lab-lab1-nas > statusReason", "not reachable from lab3"},
		{"NFS active on the others", state, "storage > id=lab-lab1-nas > status", "available"},
		{"NFS known by any of its nodes", "/api/storage/lab-lab3-nas", "data > total", "15393162788864"},
		{"degraded pool", "/api/storage/lab-lab2-tank", "data > zfsPool > state", "DEGRADED"},
		{"degraded pool, its broken device", "/api/storage/lab-lab2-tank", "data > zfsPool > devices > name=sdb > state", "FAULTED"},
		{"degraded pool", resources, "resources > id=lab-lab2-tank > status", "degraded"},
		{"degraded pool", resources, "resources > id=lab-lab2 > statusReason", "pool tank is DEGRADED"},
		{"pool that is well", "/api/storage/lab-lab1-tank", "data > zfsPool > state", "ONLINE"},
		{"failed disk", state, "physicalDisks > node=lab2, devPath=/dev/sdb > health", "FAILED"},
		{"worn disk", state, "physicalDisks > node=lab2, devPath=/dev/nvme0n1 > wearout", "3"},
		{"certificate that ends", resources, "resources > id=lab-lab3 > labels > certificate_expires", endOfCertificate},
		{"pending updates", resources, "resources > id=lab-lab1 > platformData > pendingUpdates", "2"},
		{"HA error", resources, "resources > id=lab:lab3:105 > platformData > haState", "error"},
		{"HA error", resources, "resources > id=lab:lab3:105 > statusReason", "high availability: vm:105 (lab3, error)"},
		{"replication that fails", state, "replicationJobs > jobId=105-0 > failCount", "7"},
		{"replication that fails", state, "replicationJobs > jobId=105-0 > lastSyncStatus", "error"},
		{"replication that fails", state, "replicationJobs > jobId=105-0 > error", noSSH},
		{"agent that hangs", state, "vms > instance=lab, vmid=105 > diskStatusReason", "agent-timeout"},
		{"agent that is off", state, "vms > instance=lab, vmid=103 > diskStatusReason", "agent-disabled"},
		{"paused machine", state, "vms > instance=lab, vmid=121 > status", "paused"},
		{"paused machine", resources, "resources > id=lab:lab2:121 > status", "paused"},
		{"guest without backup job", resources, "resources > id=lab:lab2:120 > labels > backup_job", "none"},
		{"guest without backup", state, "vms > instance=lab, vmid=120 > lastBackup", "null"},
		{"failed backup run", state, "pveBackups > backupTasks > vmid=105, status=job errors > error", "job errors"},
		{"failed verification", state, "pveBackups > storageBackups > vmid=102, verification=failed > verified", "false"},
		{"guest being backed up", state, "containers > instance=lab, vmid=113 > lock", "backup"},
		{"file system nearly full", state, "containers > instance=lab, vmid=111 > disk > used", "16750372454"},
		{"no Ceph", state, "cephClusters > *", "0"},
		{"no subscription", resources, "resources > id=lab-lab2 > labels > subscription", "notfound"},

		{"disabled storage", state, "storage > id=solo-pve-usb-backup > status", "disabled"},
		{"disabled storage", state, "storage > id=solo-pve-usb-backup > total", "0"},
		{"disabled storage", resources, "resources > id=solo-pve-usb-backup > disk", "null"},
		{"no subscription", resources, "resources > id=solo-pve > labels > subscription", "notfound"},
		{"guest without backup job", resources, "resources > id=solo:pve:202 > labels > backup_job", "none"},
		{"guest of FreeBSD", state, "vms > instance=solo, vmid=101 > osName", "FreeBSD"},
		{"guest of Home Assistant", state, "vms > instance=solo, vmid=100 > osName", "Home Assistant OS"},

		{"datastore that fails", state, "pbs > name=vault > datastores > name=usb1 > status", "unavailable"},
		{"datastore that fails", state, "pbs > name=vault > datastores > name=usb1 > error", notBooted},
		{"datastore that fails", resources, "resources > id=pbs-vault/usb1 > status", "offline"},
		{"datastore nearly full", resources, "resources > id=pbs-vault/offsite > disk > current", "97.48"},
		{"damaged chunks", resources, "resources > id=pbs-vault/offsite > statusReason", "3 damaged chunks"},
		{"failed verify job", state, "pbs > name=vault > verifyJobs > id=v-main > status", "error"},
		{"failed verification", state, "pbsBackups > datastore=main, vmid=102 > verified", "false"},
		{"failed sync", state, "pbs > name=vault > syncJobs > id=s-off > error", "sync failed with some errors."},
		{"failed garbage collection", state, "pbs > name=vault > garbageJobs > id=offsite > error", "can't get timestamps of chunks: No such file"},
		{"partial upload is no backup", state, partial, "null"},
		{"the backup before it is", state, whole, "true"},
		{"partial upload", state, "pbs > name=vault > backupJobs > id=main:vm-105 > error", "backup failed: connection error: timed out"},
		{"running backup", state, "pbs > name=vault > backupJobs > id=main:vm-101 > status", "running"},
		{"backups of hosts", state, "pbsBackups > backupType=host > vmid", "nas"},

		{"member out of sync, stopped freshclam", resources, "resources > id=pmg-mx > status", "degraded"},
		{
			"member out of sync, stopped freshclam", resources, "resources > id=pmg-mx > statusReason",
			"mx2 is not in sync with the cluster; mx2: clamav-freshclam not running",
		},
		{"backlog of deferred mail", state, "pmg > name=mx > nodes > name=mx1 > queueStatus > deferred", "28"},
		{"backlog of deferred mail, its age", state, "pmg > name=mx > nodes > name=mx1 > queueStatus > oldestAge", "76800"},
		{"quarantine told as texts", state, "pmg > name=mx > quarantine > spam", "412"},
	}
}

func (w *watched) testPlanted(t *testing.T) {
	for _, row := range w.planted() {
		if got := text(at(w.document(t, row.document), row.path)); got != row.want {
			t.Errorf("%s: %s > %s is %s, want %s", row.fault, row.document, row.path, got, row.want)
		}
	}
}

// testSameEverywhere compares what several paths of the API show.
func (w *watched) testSameEverywhere(t *testing.T) {
	const state = "/api/state"
	for _, same := range []struct{ document, path, inState string }{
		{"/api/backups", "backups", "backups"},
		{"/api/backups", "pveBackups", "pveBackups"},
		{"/api/backups", "pbsBackups", "pbsBackups"},
		{"/api/backups", "pmgBackups", "pmgBackups"},
		{"/api/backups/pve", "backups", "pveBackups > storageBackups"},
		{"/api/snapshots", "snapshots", "pveBackups > guestSnapshots"},
		{"/api/storage/", "data > *", "storage > *"},
	} {
		want, got := at(w.document(t, state), same.inState), at(w.document(t, same.document), same.path)
		if diff := cmp.Diff(want, got); diff != "" || want == nil {
			t.Errorf("%s in the state (-) and %s > %s (+) differ:\n%.1500s", same.inState, same.document, same.path, diff)
		}
	}
}
