package world

import (
	"strconv"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// Backups returns the backups that the server's datastores hold.
func (s *BackupServer) Backups(at time.Time) []resource.Resource {
	var out []resource.Resource
	for _, d := range s.stores {
		for _, site := range d.sites {
			for _, g := range site.guests {
				for _, run := range g.goodRuns(g.nightlyCycle(), keepNightly, at.Add(-d.delay)) {
					out = append(out, d.backup(d.guestBackup(site, run, at)))
				}
			}
		}
		for _, b := range d.hostBackups(at) {
			out = append(out, d.backup(b))
		}
	}
	return out
}

func (d *datastore) guestBackup(site *Site, run backupRun, at time.Time) *resource.Backup {
	g := run.guest
	files := []string{"drive-scsi0.img.fidx", "qemu-server.conf.blob", "index.json.blob"}
	if g.kind == resource.KindContainer {
		files = []string{"root.ppxar.didx", "root.mpxar.didx", "pct.conf.blob", "index.json.blob"}
	}
	return &resource.Backup{
		Type: g.modelType(), VMID: g.vmid, BackupID: strconv.Itoa(g.vmid), At: run.start, Size: run.size,
		Datastore: d.name, Namespace: site.namespace, Filename: run.group(), Format: "pbs-" + g.backupType(),
		OnBackupServer: true, Notes: run.notes(), Owner: backupOwner,
		Protected: run.protected(), Verification: run.verification(at), Files: files,
	}
}

// hostBackups returns the backups that the file server makes of itself.
func (d *datastore) hostBackups(at time.Time) []*resource.Backup {
	if !d.hosts {
		return nil
	}
	var list []*resource.Backup
	cycle := signal.Daily(4*time.Hour + 10*time.Minute)
	last := cycle.Index(at)
	for index := last; index > last-keepNightly; index-- {
		seed := d.server.seed.Nth(index)
		start := cycle.Run(index)
		list = append(list, &resource.Backup{
			Type: "host", BackupID: fileServer, At: start, Size: uint64(seed.Between("host", 1.8, 1.9) * tib),
			Datastore: d.name, Filename: "host/" + fileServer + "/" + start.Format(time.RFC3339), Format: "pbs-host",
			OnBackupServer: true, Notes: "shares and settings", Owner: "files@pbs!agent", Verification: "OK",
			Files: []string{"shares.pxar.didx", "etc.pxar.didx", "catalog.pcat1.didx", "index.json.blob"},
		})
	}
	return list
}

func (d *datastore) backup(b *resource.Backup) resource.Resource {
	parts := []string{"backup", b.Datastore}
	if b.Namespace != "" {
		parts = append(parts, b.Namespace)
	}
	r := resource.Resource{
		ID: strings.Join(append(parts, b.Filename), "/"), Kind: resource.KindBackup, Name: b.Filename,
		ParentID: "datastore/" + d.name, Status: resource.StatusRunning, Detail: b,
	}
	if b.Verification == "failed" {
		r.Status, r.StatusReason = resource.StatusDegraded, "chunk verification failed: 3 chunks are damaged"
	}
	return r
}
