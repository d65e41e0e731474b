package pbs

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/plugins/internal/proxmoxtest"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func find(t testing.TB, out *sdk.Snapshot, id string) resource.Resource {
	t.Helper()
	for _, r := range out.Resources() {
		if r.ID == id {
			return r
		}
	}
	t.Fatalf("no resource %q", id)
	return resource.Resource{}
}

func jobOf(t testing.TB, out *sdk.Snapshot, id string) (resource.Resource, *resource.BackupJob) {
	t.Helper()
	r := find(t, out, "job/"+id)
	return r, r.Detail.(*resource.BackupJob)
}

func TestAServerWhoseLoadMayNotBeReadIsShown(t *testing.T) {
	w := watch(t, vault(t))
	w.Fail("/nodes/localhost/status", proxmoxtest.Failing(403, "Permission check failed (/system/status, Sys.Audit)"))
	out := w.collect(t, datasetStatus)
	r := find(t, out, serverID)
	detail := r.Detail.(*resource.BackupServer)
	if r.Status != resource.StatusDegraded || detail.Connection != "unhealthy" || detail.Version != "3.4.1" || r.Usage.CPU != nil {
		t.Errorf("got %+v, %+v", r, detail)
	}
	if p := out.Problems(); len(p) != 1 || p[0].Code != proxmoxapi.CodeForbidden || !strings.Contains(p[0].Message, "Sys.Audit") {
		t.Errorf("problems %v", p)
	}
}

func TestPartsOfTheStatusMayFail(t *testing.T) {
	w := watch(t, vault(t))
	w.Fail("/version", proxmoxtest.Failing(500, "broken"))
	w.Fail("/nodes/localhost/rrd", proxmoxtest.Failing(400, "no such rrd"))
	out := w.collect(t, datasetStatus)
	if r := find(t, out, serverID); r.Status != resource.StatusRunning || r.Usage.CPU == nil || r.Usage.Rates != nil {
		t.Errorf("got %+v", r)
	}
	if p := out.Problems(); len(p) != 2 || p[0].ResourceID != serverID {
		t.Errorf("problems %v", p)
	}
}

func TestNothingIsToldOfAServerThatFails(t *testing.T) {
	for _, dataset := range datasets() {
		for code, f := range map[string]proxmoxtest.Fault{
			proxmoxapi.CodeServerError: proxmoxtest.Failing(500, "broken"),
			proxmoxapi.CodeBadAnswer:   proxmoxtest.Saying("<html>"),
			fault.CodeAuth:             proxmoxtest.Failing(401, "authentication failed"),
		} {
			w := watch(t, vault(t))
			w.Fail("/", f)
			out := sdk.NewChanges(dataset)
			err := w.source.CollectDataset(t.Context(), dataset, out)
			if err == nil || fault.Of(err).Code != code || len(out.Resources()) > 0 {
				t.Errorf("%s: got %v, %d resources, want %s", dataset, err, len(out.Resources()), code)
			}
		}
	}
}

// TestADatastoreThatHangsHoldsUpNothing lets one store hang until the collect is nearly over.
func TestADatastoreThatHangsHoldsUpNothing(t *testing.T) {
	w := watch(t, vault(t))
	w.Fail("/admin/datastore/offsite/", proxmoxtest.Hanging())
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	out := sdk.NewChanges(datasetBackups)
	if err := w.source.CollectDataset(ctx, datasetBackups, out); err != nil || ctx.Err() != nil {
		t.Fatalf("collect: %v, %v", err, ctx.Err())
	}
	codes := map[string]string{}
	for _, p := range out.Problems() {
		codes[p.ResourceID] = p.Code
	}
	want := map[string]string{"datastore/offsite": proxmoxapi.CodeTimeout, "datastore/usb1": proxmoxapi.CodeBadRequest}
	if diff := cmp.Diff(want, codes); diff != "" || len(out.Resources()) != 48 {
		t.Errorf("%d backups, problems:\n%s", len(out.Resources()), diff)
	}
}

// TestWhatHangsIsLeftOut lets one call of each dataset hang.
func TestWhatHangsIsLeftOut(t *testing.T) {
	for dataset, hanging := range map[string]string{
		datasetStatus: "/nodes/localhost/rrd", datasetDatastores: "/admin/datastore", datasetJobs: "/admin/prune",
	} {
		w := watch(t, vault(t))
		w.Fail(hanging, proxmoxtest.Hanging())
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		out := sdk.NewChanges(dataset)
		if err := w.source.CollectDataset(ctx, dataset, out); err != nil || ctx.Err() != nil || len(out.Resources()) == 0 {
			t.Errorf("%s: %v, %v, %d resources", dataset, err, ctx.Err(), len(out.Resources()))
		}
		if p := out.Problems(); len(p) == 0 || p[0].Code != proxmoxapi.CodeTimeout {
			t.Errorf("%s: problems %v", dataset, p)
		}
	}
}

func TestMaintenanceIsNotAFailure(t *testing.T) {
	answers := vault(t).With(t, "/admin/datastore", []map[string]string{
		{"store": "main", "maintenance": "read-only"}, {"store": "offsite", "maintenance": "type=offline,message=new disks"},
		{"store": "usb1", "mount-status": "notmounted"},
	})
	w := watch(t, answers)
	out := w.collect(t, datasetDatastores)
	for id, want := range map[string]struct {
		status resource.Status
		reason string
	}{
		"datastore/main":    {resource.StatusRunning, "maintenance, read-only"},
		"datastore/offsite": {resource.StatusStopped, "maintenance, offline: new disks"},
		"datastore/usb1":    {resource.StatusStopped, "the removable datastore is not mounted"},
	} {
		if r := find(t, out, id); r.Status != want.status || r.StatusReason != want.reason {
			t.Errorf("%s: %s, %q", id, r.Status, r.StatusReason)
		}
	}
	if len(out.Problems()) > 0 {
		t.Errorf("problems %v", out.Problems())
	}
	for _, p := range w.collect(t, datasetBackups).Problems() {
		if p.Code != "closed" || p.ResourceID == "datastore/main" {
			t.Errorf("problem %+v", p)
		}
	}
	if n := w.Count("/admin/datastore/offsite/") + w.Count("/admin/datastore/usb1/"); n != 0 {
		t.Errorf("closed datastores were asked %d times", n)
	}
}

func TestJobsThatRunSayThatTheyDo(t *testing.T) {
	const upid = "UPID:vault:000030B1:000082AF:0000000F:6B03A000:syncjob:hq:root@pam:"
	answers := vault(t).
		With(t, "/admin/sync", []map[string]any{{"id": "s-1", "store": "main", "remote-store": "old", "last-run-upid": upid}}).
		With(t, "/admin/prune", []map[string]any{{"id": "p-1", "store": "main", "disable": true, "last-run-state": "broken", "last-run-endtime": 5}}).
		With(t, "/admin/verify", []map[string]any{
			{"id": "v-1", "store": "main"}, {"id": "v-2", "store": "main", "last-run-state": "WARNINGS: 2", "last-run-endtime": 5, "last-run-upid": "x"},
		}).
		With(t, "/nodes/localhost/tasks", []map[string]any{
			{"upid": "g", "worker_type": "garbage_collection", "worker_id": "main", "starttime": 1795399000},
		})
	w := watch(t, answers)
	out := w.collect(t, datasetJobs)
	for id, want := range map[string]struct {
		state  string
		status resource.Status
		reason string
	}{
		"sync/s-1":        {"running", resource.StatusRunning, ""},
		"prune/p-1":       {"disabled", resource.StatusStopped, ""},
		"verify/v-1":      {"never-run", resource.StatusRunning, ""},
		"verify/v-2":      {"warnings", resource.StatusRunning, "WARNINGS: 2"},
		"garbage/main":    {"running", resource.StatusRunning, ""},
		"garbage/offsite": {"error", resource.StatusDegraded, "can't get timestamps of chunks: No such file"},
	} {
		if r, d := jobOf(t, out, id); d.State != want.state || r.Status != want.status || r.StatusReason != want.reason {
			t.Errorf("%s: state %q, %s, %q", id, d.State, r.Status, r.StatusReason)
		}
	}
	if _, d := jobOf(t, out, "sync/s-1"); d.Remote != "local" || !d.LastRun.Equal(time.Unix(0x6B03A000, 0)) {
		t.Errorf("sync: %+v", d)
	}
}

func TestOldServersAreAskedForWhatTheyKnow(t *testing.T) {
	for _, tt := range []struct {
		version, sync string
		garbage       string
	}{
		{"2.4", "/admin/sync", "unknown"},
		{"3.2", "/admin/sync", "OK"},
		{"3.3", "/admin/sync?sync-direction=all", "OK"},
	} {
		w := watch(t, vault(t).With(t, "/version", map[string]string{"version": tt.version, "release": "1"}))
		if tt.version == "2.4" {
			w.Fail("/admin/gc", proxmoxtest.Fault{Answer: &proxmoxtest.Answer{Status: 404, Body: []byte("Path '/api2/json/admin/gc' not found.")}})
		}
		out := w.collect(t, datasetJobs)
		if _, d := jobOf(t, out, "garbage/main"); d.State != tt.garbage || d.RemovedBytes == 0 || d.LastRun.IsZero() {
			t.Errorf("%s: garbage collection %+v", tt.version, d)
		}
		if len(out.Problems()) > 0 || !slices.Contains(w.Asked(), tt.sync) {
			t.Errorf("%s: problems %v, asked %v", tt.version, out.Problems(), w.Asked())
		}
	}
}

func TestAListOfJobsThatFailsLeavesTheOthers(t *testing.T) {
	w := watch(t, vault(t))
	w.Fail("/admin/verify", proxmoxtest.Failing(500, "broken"))
	out := w.collect(t, datasetJobs)
	jobOf(t, out, "prune/p-main")
	if p := out.Problems(); len(p) != 1 || p[0].ResourceID != serverID {
		t.Errorf("problems %v", p)
	}
}

func TestFailedTasksAreToldOnce(t *testing.T) {
	log := &taskLog{}
	now := time.Unix(1795400000, 0)
	failed := proxmoxtest.Data[[]task](t, vault(t), "/nodes/localhost/tasks")
	events := log.add(failed, now)
	var told []string
	for _, e := range events {
		told = append(told, e.ResourceID+" "+e.Message)
	}
	want := []string{
		"datastore/main backup of main:vm/105 failed: backup failed: connection error: timed out",
		"server synchronisation of hq:main:offsite::s-off failed: sync failed with some errors.",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
	if again := log.add(failed, now.Add(time.Minute)); len(again) > 0 {
		t.Errorf("told again: %v", again)
	}
}

func TestTheNextLookAtTasksBeginsWhereOneStillRuns(t *testing.T) {
	log := &taskLog{}
	now := time.Unix(1795400000, 0)
	if got := log.from(now); !got.Equal(now.Add(-firstTasks)) {
		t.Errorf("first look from %v", got)
	}
	log.add(nil, now)
	if got := log.from(now); !got.Equal(now.Add(-overlap)) {
		t.Errorf("nothing runs: from %v", got)
	}
	log.add([]task{{UPID: "a", Type: "syncjob", Start: proxmoxapi.NumberOf(1795300000)}}, now)
	if got := log.from(now); !got.Equal(time.Unix(1795300000, 0)) {
		t.Errorf("one runs: from %v", got)
	}
}

func TestRunsAreBounded(t *testing.T) {
	log := &taskLog{}
	var tasks []task
	for i := range maxRuns + 10 {
		tasks = append(tasks, task{Type: "backup", ID: "main:vm/" + time.Duration(i).String(), Start: proxmoxapi.NumberOf(float64(1000 + i)), Status: "OK", End: proxmoxapi.NumberOf(5000)})
	}
	log.add(tasks, time.Unix(1795400000, 0))
	if n := len(log.lastRuns()); n != maxRuns {
		t.Errorf("%d runs are kept, want %d", n, maxRuns)
	}
}

func TestTheServersClockCounts(t *testing.T) {
	w := &world{now: time.Unix(1795400000, 0).UTC()}
	ahead := func() time.Time { return time.Now().Add(time.Hour) }
	w.Server = proxmoxtest.Start(t, proxmoxtest.Options{Product: proxmoxapi.PBS, Answers: vault(t), Now: ahead})
	s, err := newSource(w.config(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if _, err := s.askVersion(t.Context()); err != nil {
		t.Fatal(err)
	}
	if skew := s.serverNow().Sub(ahead()).Abs(); skew > 2*time.Second {
		t.Errorf("the server's time is off by %v", skew)
	}
}

func TestTestSaysWhatWasFound(t *testing.T) {
	got, err := watch(t, vault(t)).source.Test(t.Context())
	want := sdk.TestResult{
		Summary: "Proxmox Backup Server 3.4.1 with 3 datastores", Facts: map[string]string{"version": "3.4.1", "datastores": "3"},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestTestBlamesAField(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(*world, *config)
		path  string
	}{
		{"wrong secret", func(_ *world, c *config) { c.TokenSecret = "00000000-0000" }, "/token_secret"},
		{"another certificate", func(_ *world, c *config) { c.Fingerprint = strings.Repeat("AB", 32) }, "/fingerprint"},
		{"nobody there", func(w *world, _ *config) { w.Stop("") }, "/url"},
		{"no privileges", func(w *world, _ *config) { w.Fail("/access/permissions", proxmoxtest.Saying(`{"data":{}}`)) }, "/token_id"},
		{"elsewhere", func(w *world, _ *config) {
			w.Fail("/version", proxmoxtest.Fault{Redirect: "https://127.0.0.99/api2/json/version"})
		}, "/url"},
	} {
		w := watch(t, vault(t))
		c := w.config()
		tt.spoil(w, &c)
		s, err := newSource(c, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		_, err = s.Test(t.Context())
		var field sdk.FieldError
		if !errors.As(err, &field) || field.Path != tt.path {
			t.Errorf("%s: got %v, want an error at %s", tt.name, err, tt.path)
		}
		if err != nil && strings.Contains(err.Error(), string(c.TokenSecret)) {
			t.Errorf("%s: the error holds the secret", tt.name)
		}
	}
}
