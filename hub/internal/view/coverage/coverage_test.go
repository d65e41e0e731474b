package coverage_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/coverage"
	"github.com/pulse-hub/pulse/hub/internal/view/viewtest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func guest(vmid int, labels ...string) resource.Resource {
	r := resource.Resource{
		ID: fmt.Sprintf("qemu/%d", vmid), Kind: resource.KindVM, Name: fmt.Sprintf("vm%d", vmid), Status: resource.StatusRunning,
		Detail: &resource.Guest{Node: "pve1", VMID: vmid}, Labels: map[string]string{},
	}
	for _, label := range labels {
		name, value, _ := strings.Cut(label, "=")
		r.Labels[name] = value
	}
	return r
}

// local is a backup on a storage, so many hours old.
func local(vmid, hours int) resource.Resource {
	return resource.Resource{
		ID: fmt.Sprintf("backup/%d/%d", vmid, hours), Kind: resource.KindBackup, Name: "b",
		Detail: &resource.Backup{Type: "vm", VMID: vmid, At: viewtest.Epoch().Add(-time.Duration(hours) * time.Hour), Size: 10, Storage: "nas", Node: "pve1"},
	}
}

// seen is what a hypervisor sees of a backup on a backup server, served what that says itself.
func seen(vmid, hours int) resource.Resource {
	r := local(vmid, hours)
	b := r.Detail.(*resource.Backup)
	r.ID, b.OnBackupServer, b.Storage, b.Datastore, b.Namespace = "seen/"+r.ID, true, "vault", "main", "lab"
	return r
}

func served(vmid, hours int, verification string) resource.Resource {
	r := seen(vmid, hours)
	b := r.Detail.(*resource.Backup)
	b.OnBackupServer, b.Storage, b.Node, b.Verification = false, "", "", verification
	return r
}

func job(id, selection string, edit ...func(*resource.Resource, *resource.BackupJob)) resource.Resource {
	detail := &resource.BackupJob{Type: "backup", Store: "nas", State: "enabled", VMID: selection, NextRun: viewtest.Epoch().Add(time.Hour)}
	r := resource.Resource{ID: "backup-job/" + id, Kind: resource.KindBackupJob, Name: id, Detail: detail}
	for _, change := range edit {
		change(&r, detail)
	}
	return r
}

func disabled(_ *resource.Resource, job *resource.BackupJob) { job.State = "disabled" }

func schedule(event string) func(*resource.Resource, *resource.BackupJob) {
	return func(r *resource.Resource, _ *resource.BackupJob) { r.Labels = map[string]string{"schedule": event} }
}

func runs(every time.Duration) func(*resource.Resource, *resource.BackupJob) {
	return func(_ *resource.Resource, job *resource.BackupJob) { job.LastRun = job.NextRun.Add(-every) }
}

func of(guestType, failure string) func(*resource.Resource, *resource.BackupJob) {
	return func(r *resource.Resource, job *resource.BackupJob) {
		job.GuestType, job.Error, r.Labels = guestType, failure, map[string]string{"namespace": "lab"}
	}
}

var (
	lab   = inventory.SourceRef{ID: "s1", Type: "pve", Name: "lab"}
	vault = inventory.SourceRef{ID: "s2", Type: "pbs", Name: "vault"}
	other = inventory.SourceRef{ID: "s3", Type: "pve", Name: "other"}
)

// TestGuestsAreJudged looks at guest 100, which is of the first hypervisor.
func TestGuestsAreJudged(t *testing.T) {
	type world = []resource.Resource
	tests := []struct {
		name                 string
		lab, vault, other    world
		state                coverage.State
		inJob                string
		jobs, backups        int
		verified, where, why string
	}{
		{name: "nothing is known", lab: world{guest(100)}, state: coverage.Unknown, inJob: "?", why: "no backups of this instance are known"},
		{name: "others have backups", lab: world{guest(100), guest(101), local(101, 1)}, state: coverage.Unprotected, inJob: "?", why: "though other guests"},
		{name: "in no job, no backup", lab: world{guest(100, "backup_job=none")}, state: coverage.Unprotected, inJob: "no", why: "in no backup job"},
		{name: "in no job, old backup", lab: world{guest(100, "backup_job=none"), local(100, 50)}, state: coverage.Unprotected, inJob: "no", backups: 1, where: "nas", why: "50 hours old"},
		{name: "in no job, young backup", lab: world{guest(100, "backup_job=none"), local(100, 5)}, state: coverage.Covered, inJob: "no", backups: 1, where: "nas", why: "in no backup job, but"},
		{name: "not told, young", lab: world{guest(100), local(100, 5), local(100, 29)}, state: coverage.Covered, inJob: "?", backups: 2, where: "nas", why: "5 hours ago"},
		{name: "not told, old", lab: world{guest(100), local(100, 49)}, state: coverage.Overdue, inJob: "?", backups: 1, where: "nas", why: "more than the 48 hours"},
		{name: "job for all", lab: world{guest(100), local(100, 5), job("a", "all")}, state: coverage.Covered, inJob: "yes", jobs: 1, backups: 1, where: "nas"},
		{name: "job for all but this one", lab: world{guest(100, "backup_job=none"), job("a", "all")}, state: coverage.Unprotected, inJob: "no"},
		{name: "job by number", lab: world{guest(100), job("a", "99, 100"), guest(101), local(101, 1)}, state: coverage.Overdue, inJob: "yes", jobs: 1, why: "there is no backup"},
		{name: "job by pool", lab: world{guest(100, "pool=prod"), job("a", "pool prod"), local(100, 1)}, state: coverage.Covered, inJob: "yes", jobs: 1, backups: 1, where: "nas"},
		{name: "job for others", lab: world{guest(100), job("a", "pool prod"), job("b", "1000"), local(100, 1)}, state: coverage.Covered, inJob: "?", backups: 1, where: "nas"},
		{name: "job that is off", lab: world{guest(100), job("a", "all", disabled), local(100, 60)}, state: coverage.Unprotected, inJob: "no", jobs: 1, backups: 1, where: "nas"},
		{name: "not among those in no job", lab: world{guest(100), guest(101, "backup_job=none"), local(100, 1)}, state: coverage.Covered, inJob: "yes", backups: 1, where: "nas"},
		{name: "job of another cluster", lab: world{guest(100)}, other: world{job("a", "all")}, state: coverage.Unknown, inJob: "?"},
		{name: "weekly, in time", lab: world{guest(100), local(100, 240), job("a", "all", schedule("sun 01:00"))}, state: coverage.Covered, inJob: "yes", jobs: 1, backups: 1, where: "nas", why: "10 days ago"},
		{name: "weekly, late", lab: world{guest(100), local(100, 260), job("a", "all", schedule("sun 01:00"))}, state: coverage.Overdue, inJob: "yes", jobs: 1, backups: 1, where: "nas", why: "more than the 10 days"},
		{name: "weekly and daily", lab: world{guest(100), local(100, 40), job("a", "all", schedule("weekly")), job("b", "100", schedule("21:00"))}, state: coverage.Overdue, inJob: "yes", jobs: 2, backups: 1, where: "nas", why: "36 hours"},
		{name: "by its last run", lab: world{guest(100), local(100, 8), job("a", "all", runs(5*time.Hour))}, state: coverage.Overdue, inJob: "yes", jobs: 1, backups: 1, where: "nas", why: "7 hours"},
		{name: "schedule that is not understood", lab: world{guest(100), local(100, 40), job("a", "all", schedule("now and then"))}, state: coverage.Covered, inJob: "yes", jobs: 1, backups: 1, where: "nas"},
		{name: "on a backup server", lab: world{guest(100)}, vault: world{served(100, 3, "OK"), served(100, 27, "failed")}, state: coverage.Covered, inJob: "?", backups: 2, verified: "yes", where: "main/lab"},
		{name: "seen from both sides", lab: world{guest(100), seen(100, 3)}, vault: world{served(100, 3, "failed")}, state: coverage.Covered, inJob: "?", backups: 1, verified: "no", where: "vault", why: "verification of the last backup has failed"},
		{name: "number that two clusters have, by the namespace", lab: world{guest(100)}, other: world{guest(100)}, vault: world{served(100, 3, "")}, state: coverage.Covered, inJob: "?", backups: 1, where: "main/lab"},
		{name: "job of a backup server", lab: world{guest(100)}, vault: world{served(100, 10, ""), job("vm-100", "100", of("vm", "disk full"), runs(4*time.Hour))}, state: coverage.Overdue, inJob: "?", jobs: 1, backups: 1, where: "main/lab", why: "the last run has failed: disk full"},
		{name: "job of a backup server for a container", lab: world{guest(100)}, vault: world{job("ct-100", "100", of("ct", "x")), job("host", "mail", of("host", "y"))}, state: coverage.Unknown, inJob: "?"},
	}
	words := func(b *bool, yes, no, unknown string) string {
		switch {
		case b == nil:
			return unknown
		case *b:
			return yes
		}
		return no
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inv := viewtest.Inventory()
			viewtest.Apply(t, inv, lab, tt.lab...)
			viewtest.Apply(t, inv, vault, tt.vault...)
			viewtest.Apply(t, inv, other, tt.other...)
			all := coverage.Of(inv.Snapshot(), viewtest.Epoch())
			got := all.Guests[0]
			if got.ID != "lab:pve1:100" || got.Instance != "lab" || got.Type != "qemu" || got.VMID != 100 || got.Node != "pve1" || got.Name != "vm100" {
				t.Fatalf("the first guest is %+v", got)
			}
			if tt.name == "job of a backup server" {
				tt.inJob = "yes"
			}
			seen := []any{got.State, words(got.InJob, "yes", "no", "?"), len(got.Jobs), got.Backups, words(got.Verified, "yes", "no", ""), got.LastBackupStorage}
			want := []any{tt.state, tt.inJob, tt.jobs, tt.backups, tt.verified, tt.where}
			if diff := cmp.Diff(want, seen); diff != "" {
				t.Error(diff)
			}
			if !strings.Contains(got.Reason, tt.why) || got.Reason == "" {
				t.Errorf("the reason is %q, want %q", got.Reason, tt.why)
			}
			if (got.LastBackup == nil) != (tt.backups == 0) || got.Jobs == nil {
				t.Errorf("last backup %v, jobs %v", got.LastBackup, got.Jobs)
			}
			if s := all.Summary; s.Covered+s.Overdue+s.Unprotected+s.Unknown != len(all.Guests) {
				t.Errorf("%d guests are counted as %+v", len(all.Guests), s)
			}
		})
	}
}

func TestBackupsThatNobodyLooksAtAreNotOverdue(t *testing.T) {
	now := viewtest.Epoch()
	inv := inventory.New(inventory.Options{Now: func() time.Time { return now }})
	_, err := inv.Apply(t.Context(), inventory.Observation{
		Source: lab, Dataset: "all", At: now, Complete: true, ValidFor: time.Minute, Resources: []resource.Resource{guest(100), local(100, 1)},
	})
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(100 * time.Hour)
	if err := inv.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := coverage.Of(inv.Snapshot(), now).Guests[0]; got.State != coverage.Unknown || !strings.Contains(got.Reason, "long ago that anybody looked") {
		t.Errorf("the guest is %s: %s", got.State, got.Reason)
	}
}

func TestOrphansAreOfNobody(t *testing.T) {
	orphan := func(instance, storage, datastore, namespace string, vmid, count, hours int) coverage.Orphan {
		at := viewtest.Epoch().Add(-time.Duration(hours) * time.Hour)
		return coverage.Orphan{
			Instance: instance, Storage: storage, Datastore: datastore, Namespace: namespace, VMID: vmid, Type: "qemu",
			Backups: count, LastBackup: &at, SizeBytes: uint64(10 * count),
		}
	}
	container := served(100, 1, "")
	container.ID, container.Detail.(*resource.Backup).Type = "ct", "container"
	host := served(0, 1, "")
	host.ID, host.Detail.(*resource.Backup).Type, host.Detail.(*resource.Backup).BackupID = "host", "host", "mail"
	numbered := served(0, 1, "")
	numbered.ID, numbered.Detail.(*resource.Backup).BackupID = "numbered", "555"
	fromCT := orphan("vault", "", "main", "lab", 100, 1, 1)
	fromCT.Type = "lxc"
	tests := []struct {
		name              string
		lab, vault, other []resource.Resource
		want              []coverage.Orphan
	}{
		{name: "none", lab: []resource.Resource{guest(100), local(100, 1)}, vault: []resource.Resource{served(100, 2, ""), host}},
		{name: "on a storage", lab: []resource.Resource{guest(100), local(300, 5), local(300, 6)}, want: []coverage.Orphan{orphan("lab", "nas", "", "", 300, 2, 5)}},
		{name: "another cluster has the guest", lab: []resource.Resource{guest(100), local(300, 5)}, other: []resource.Resource{guest(300)}},
		{name: "another type", lab: []resource.Resource{guest(100)}, vault: []resource.Resource{container}, want: []coverage.Orphan{fromCT}},
		{name: "by the name of the group", lab: []resource.Resource{guest(100)}, vault: []resource.Resource{numbered}, want: []coverage.Orphan{orphan("vault", "", "main", "lab", 555, 1, 1)}},
		{name: "seen from both sides", lab: []resource.Resource{guest(100), seen(300, 5)}, vault: []resource.Resource{served(300, 5, "")}, want: []coverage.Orphan{orphan("vault", "", "main", "lab", 300, 1, 5)}},
		{name: "seen from one side", lab: []resource.Resource{guest(100), seen(300, 5)}, want: []coverage.Orphan{orphan("lab", "vault", "main", "lab", 300, 1, 5)}},
		{name: "no guests are known", vault: []resource.Resource{served(300, 5, "")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inv := viewtest.Inventory()
			viewtest.Apply(t, inv, lab, tt.lab...)
			viewtest.Apply(t, inv, vault, tt.vault...)
			viewtest.Apply(t, inv, other, tt.other...)
			if tt.want == nil {
				tt.want = []coverage.Orphan{}
			}
			got := coverage.Of(inv.Snapshot(), viewtest.Epoch())
			if diff := cmp.Diff(tt.want, got.Orphans); diff != "" || got.Summary.Orphans != len(tt.want) {
				t.Error(diff)
			}
			if err := inv.Announce(t.Context(), inventory.SourceRef{ID: "s9", Type: "pve", Name: "new"}); err != nil {
				t.Fatal(err)
			}
			if got := coverage.Of(inv.Snapshot(), viewtest.Epoch()).Orphans; len(got) != 0 {
				t.Errorf("while a cluster was never seen there are orphans %+v", got)
			}
		})
	}
}

func TestWorldIsCovered(t *testing.T) {
	got := coverage.Of(viewtest.World(t).Snapshot(), viewtest.Epoch())
	var lines []string
	for _, g := range got.Guests {
		lines = append(lines, fmt.Sprintf("%s %s %s", g.ID, g.State, g.LastBackupStorage))
	}
	want := []string{"lab:pve1:101 covered main/lab", "lab:pve1:102 unprotected ", "lab:pve2:201 covered main", "lab:pve2:202 unprotected "}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(coverage.Coverage{Guests: []coverage.Guest{}, Orphans: []coverage.Orphan{}}, coverage.Of(viewtest.Inventory().Snapshot(), viewtest.Epoch())); diff != "" {
		t.Errorf("of nothing: %s", diff)
	}
}

// BenchmarkOf: 5,000 guests with ten backups each.
func BenchmarkOf(b *testing.B) {
	inv := viewtest.Inventory()
	resources := []resource.Resource{job("a", "all", schedule("21:00"))}
	for vmid := range 5000 {
		resources = append(resources, guest(100+vmid))
		for age := range 10 {
			resources = append(resources, local(100+vmid, 24*age+1))
		}
	}
	viewtest.Apply(b, inv, lab, resources...)
	snapshot := inv.Snapshot()
	b.ReportAllocs()
	for b.Loop() {
		if got := coverage.Of(snapshot, viewtest.Epoch()); got.Summary.Covered != 5000 {
			b.Fatalf("%+v", got.Summary)
		}
	}
}
