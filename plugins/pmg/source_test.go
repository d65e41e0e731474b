package pmg

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

// gatewayOf returns the gateway of a collect.
func gatewayOf(t testing.TB, out *sdk.Snapshot) (resource.Resource, *resource.MailGateway) {
	t.Helper()
	list := out.Resources()
	if len(list) != 1 || list[0].ID != gatewayID {
		t.Fatalf("collected %v", list)
	}
	return list[0], list[0].Detail.(*resource.MailGateway)
}

// problems returns the codes of what failed, by resource.
func problems(out *sdk.Snapshot) map[string]string {
	codes := map[string]string{}
	for _, p := range out.Problems() {
		codes[p.ResourceID] = p.Code
	}
	return codes
}

// metricOf returns the value of a metric with the labels given as pairs.
func metricOf(t testing.TB, r resource.Resource, name string, labels ...string) float64 {
	t.Helper()
	for _, m := range r.Metrics {
		fits := m.Name == name && len(m.Labels) == len(labels)/2
		for i := 0; fits && i < len(labels); i += 2 {
			fits = m.Labels[labels[i]] == labels[i+1]
		}
		if fits {
			return m.Value
		}
	}
	t.Errorf("no metric %s %v", name, labels)
	return 0
}

func TestANodeThatHangsHoldsUpNothing(t *testing.T) {
	w := watch(t, mx(t))
	w.source.patience = 300 * time.Millisecond
	w.Fail("/nodes/mx2/", proxmoxtest.Hanging())
	out := w.collect(t, datasetStatus)
	r, detail := gatewayOf(t, out)
	if r.Status != resource.StatusDegraded || r.StatusReason != "mx2 is offline" {
		t.Errorf("got %s, %q", r.Status, r.StatusReason)
	}
	if n := detail.Nodes; n[0].Status != "online" || n[0].Queue == nil || n[1].Status != "offline" || n[1].Queue != nil {
		t.Errorf("nodes %+v", n)
	}
	if detail.Stats == nil || detail.Quarantine == nil || len(detail.Counts) != 23 || metricOf(t, r, "queued_mails") != 31 {
		t.Errorf("the statistics are not complete: %+v", detail)
	}
	if diff := cmp.Diff(map[string]string{"node/mx2": proxmoxapi.CodeTimeout}, problems(out)); diff != "" {
		t.Error(diff)
	}
}

func TestStatisticsThatHangHoldUpNothing(t *testing.T) {
	w := watch(t, mx(t))
	w.Fail("/statistics/", proxmoxtest.Hanging())
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	out := sdk.NewChanges(datasetStatus)
	if err := w.source.CollectDataset(ctx, datasetStatus, out); err != nil || ctx.Err() != nil {
		t.Fatalf("collect: %v, %v", err, ctx.Err())
	}
	if _, detail := gatewayOf(t, out); detail.Stats != nil || detail.Nodes[1].Queue == nil {
		t.Errorf("got %+v", detail)
	}
}

func TestNodesThatTheClusterDoesNotReachAreNotAsked(t *testing.T) {
	w := watch(t, mx(t).With(t, "/config/cluster/status", []map[string]any{
		{"cid": 1, "name": "mx1", "type": "master", "insync": 1},
		{"cid": 2, "name": "mx2", "type": "node", "conn_error": "500 Can't connect to 10.10.0.42:8006"},
	}))
	out := w.collect(t, datasetStatus)
	if r, _ := gatewayOf(t, out); r.StatusReason != "mx2 is offline" {
		t.Errorf("reason %q", r.StatusReason)
	}
	if n := w.Count("/nodes/mx2/"); n != 0 {
		t.Errorf("it was asked %d times", n)
	}
	out = w.collect(t, datasetBackups)
	if diff := cmp.Diff(map[string]string{gatewayID: proxmoxapi.CodeNodeDown}, problems(out)); diff != "" || len(out.Resources()) != 1 {
		t.Errorf("%d backups, problems:\n%s", len(out.Resources()), diff)
	}
}

func TestAGatewayWithoutAClusterIsItsOnlyNode(t *testing.T) {
	w := watch(t, mx(t).
		With(t, "/config/cluster/status", []any{}).
		With(t, "/nodes", []map[string]string{{"node": "mx1"}}))
	r, detail := gatewayOf(t, w.collect(t, datasetStatus))
	if r.Status != resource.StatusRunning || len(detail.Nodes) != 1 || detail.Nodes[0].Name != "mx1" || detail.Nodes[0].Status != "online" {
		t.Errorf("got %s (%s), %+v", r.Status, r.StatusReason, detail.Nodes)
	}
	w.collect(t, datasetStatus)
	if n := w.Count("/nodes"); w.Count("/nodes?") != 0 || n == 0 {
		t.Errorf("asked %v", w.Asked())
	}
	if n := slices.DeleteFunc(w.Asked(), func(p string) bool { return p != "/nodes" }); len(n) != 1 {
		t.Errorf("the nodes were asked for %d times within ten minutes", len(n))
	}
}

func TestTheLoadIsThatOfTheMaster(t *testing.T) {
	w := watch(t, mx(t).
		With(t, "/config/cluster/status", []map[string]any{
			{"name": "mx2", "type": "node", "insync": 1}, {"name": "mx1", "type": "master", "insync": 1},
		}).
		With(t, "/nodes/mx1/status", map[string]any{"cpu": 0.75, "insync": 1, "uptime": "60"}))
	r, _ := gatewayOf(t, w.collect(t, datasetStatus))
	if r.Usage.CPU == nil || *r.Usage.CPU != 0.75 || r.Uptime != time.Minute {
		t.Errorf("usage %+v, uptime %v", r.Usage, r.Uptime)
	}
}

func TestStatisticsThatFailStayAsTheyWere(t *testing.T) {
	w := watch(t, mx(t))
	first := w.now
	w.collect(t, datasetStatus)
	w.now = w.now.Add(10 * time.Minute)
	w.Fail("/statistics/", proxmoxtest.Failing(500, "database is down"))
	w.Fail("/quarantine/", proxmoxtest.Failing(500, "database is down"))
	out := w.collect(t, datasetStatus)
	r, detail := gatewayOf(t, out)
	if detail.Stats == nil || !detail.Stats.UpdatedAt.Equal(first) || !detail.UpdatedAt.Equal(w.now) {
		t.Errorf("statistics %+v, looked at %v", detail.Stats, detail.UpdatedAt)
	}
	if detail.Quarantine == nil || len(detail.SpamScores) != 11 || metricOf(t, r, "queued_mails") != 31 {
		t.Errorf("got %+v", detail)
	}
	if n := len(out.Problems()); n != 4 || problems(out)[gatewayID] != proxmoxapi.CodeServerError {
		t.Errorf("problems %v", out.Problems())
	}
}

func TestStatisticsAreOfTheGatewaysDay(t *testing.T) {
	for _, tt := range []struct {
		name  string
		local int64 // seconds ahead of UTC
		want  string
	}{
		{"UTC", 0, "/statistics/mail?day=23&month=11&year=2026"},
		{"west", -5 * 3600, "/statistics/mail?day=22&month=11&year=2026"},
		{"far east", 22 * 1800, "/statistics/mail?day=23&month=11&year=2026"},
		{"no zone at all", 30 * 3600, "/statistics/mail?day=23&month=11&year=2026"},
	} {
		w := watch(t, mx(t).With(t, "/nodes/mx1/time", map[string]int64{"time": 1795400000, "localtime": 1795400000 + tt.local}))
		w.collect(t, datasetStatus)
		if !slices.Contains(w.Asked(), tt.want) {
			t.Errorf("%s: asked %v", tt.name, w.Asked())
		}
	}
}

func TestQueuesKnowTheirOldestMail(t *testing.T) {
	queue := func(bracket, count string) []map[string]string {
		return []map[string]string{
			{"domain": "example.org", "total": "99", "1280m+": "99"}, {"domain": "TOTAL", "total": count, bracket: count},
		}
	}
	for _, tt := range []struct {
		bracket string
		want    time.Duration
	}{
		{"5m", 0}, {"10m", 5 * time.Minute}, {"80m", 40 * time.Minute}, {"1280m", 640 * time.Minute}, {"1280m+", 1280 * time.Minute},
	} {
		w := watch(t, mx(t).With(t, "/nodes/mx1/postfix/qshape", queue(tt.bracket, "4")))
		_, detail := gatewayOf(t, w.collect(t, datasetStatus))
		q := detail.Nodes[0].Queue
		if q.Active != 4 || q.Deferred != 4 || q.Hold != 4 || q.Incoming != 4 || q.OldestAge != tt.want {
			t.Errorf("%s: got %+v", tt.bracket, q)
		}
	}
}

func TestMailOnHoldMayBeOld(t *testing.T) {
	w := watch(t, mx(t))
	w.Fail("/nodes/mx1/postfix/qshape", proxmoxtest.Saying(`{"data":[]}`))
	w.Fail("/nodes/mx1/postfix/qshape?queue=hold", proxmoxtest.Saying(`{"data":[{"domain":"TOTAL","total":2,"1280m+":2}]}`))
	_, detail := gatewayOf(t, w.collect(t, datasetStatus))
	if q := detail.Nodes[0].Queue; q.Hold != 2 || q.OldestAge != 0 {
		t.Errorf("got %+v", q)
	}
}

func TestQueuesThatMayNotBeSeenAreNotEmpty(t *testing.T) {
	w := watch(t, mx(t))
	for _, node := range []string{"mx1", "mx2"} {
		w.Fail("/nodes/"+node+"/postfix", proxmoxtest.Failing(403, "Permission check failed"))
	}
	out := w.collect(t, datasetStatus)
	r, detail := gatewayOf(t, out)
	if detail.Nodes[0].Queue != nil || detail.Connection != "unhealthy" {
		t.Errorf("got %+v", detail)
	}
	for _, m := range r.Metrics {
		if m.Name == "queued_mails" || m.Name == "queue_length" {
			t.Errorf("metric %+v", m)
		}
	}
	if problems(out)["node/mx1"] != proxmoxapi.CodeForbidden {
		t.Errorf("problems %v", out.Problems())
	}
}

func TestNothingIsToldOfAGatewayThatFails(t *testing.T) {
	for _, dataset := range []string{datasetStatus, datasetBackups} {
		for code, f := range map[string]proxmoxtest.Fault{
			proxmoxapi.CodeServerError: proxmoxtest.Failing(500, "broken"),
			proxmoxapi.CodeBadAnswer:   proxmoxtest.Saying("<html>"),
		} {
			w := watch(t, mx(t))
			w.Fail("/config", f)
			out := sdk.NewChanges(dataset)
			err := w.source.CollectDataset(t.Context(), dataset, out)
			if err == nil || fault.Of(err).Code != code || len(out.Resources()) > 0 {
				t.Errorf("%s: got %v, want %s", dataset, err, code)
			}
		}
	}
}

func TestTicketsAreKeptAndRenewed(t *testing.T) {
	w := watch(t, mx(t))
	w.collect(t, datasetStatus)
	w.collect(t, datasetStatus)
	if n := w.Logins(); n != 1 {
		t.Errorf("%d logins for two looks", n)
	}
	w.ExpireTickets()
	if out := w.collect(t, datasetStatus); len(out.Problems()) > 0 || w.Logins() > 3 {
		t.Errorf("%d logins, problems %v", w.Logins(), out.Problems())
	}
}

func TestACollectThatIsCancelledEnds(t *testing.T) {
	w := watch(t, mx(t))
	w.Fail("/", proxmoxtest.Hanging())
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := w.source.CollectDataset(ctx, datasetStatus, sdk.NewChanges(datasetStatus)); err == nil {
		t.Error("a gateway that hangs is collected")
	}
}

func TestTestSaysWhatWasFound(t *testing.T) {
	got, err := watch(t, mx(t)).source.Test(t.Context())
	want := sdk.TestResult{
		Summary: "Proxmox Mail Gateway 8.2.2, a cluster of 2 nodes", Facts: map[string]string{"version": "8.2.2", "nodes": "2"},
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
		{"wrong password", func(_ *world, c *config) { c.Password = "something else" }, "/password"},
		{"another certificate", func(_ *world, c *config) { c.Fingerprint = strings.Repeat("AB", 32) }, "/fingerprint"},
		{"nobody there", func(w *world, _ *config) { w.Stop("mx1") }, "/url"},
		{"may not see the queues", func(w *world, _ *config) {
			w.Fail("/nodes/mx1/postfix", proxmoxtest.Failing(403, "Permission check failed"))
		}, "/user"},
	} {
		w := watch(t, mx(t))
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
		if err != nil && strings.Contains(err.Error(), string(c.Password)) {
			t.Errorf("%s: the error holds the password", tt.name)
		}
	}
}
