package proxmox

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/plugins/internal/proxmoxtest"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// impatient shortens the limits of single calls.
func impatient(l *lab) *lab {
	const short = 200 * time.Millisecond
	l.source.limits = limits{guests: 1000, node: short, slow: short, guest: short, agent: short}
	return l
}

func TestNodeThatDoesNotAnswerHoldsUpNobody(t *testing.T) {
	for _, tt := range []struct {
		name, code string
		fault      proxmoxtest.Fault
	}{
		{"hung", proxmoxapi.CodeTimeout, proxmoxtest.Hanging()},
		{"slow", proxmoxapi.CodeTimeout, proxmoxtest.Fault{Drip: true}},
		{"no connection", proxmoxapi.CodeNodeDown, proxmoxtest.Failing(595, "No route to host")},
		{"breaks off", proxmoxapi.CodeNodeDown, proxmoxtest.Failing(596, "Connection timed out")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := impatient(watch(t, load(t, "lab3-pve8")))
			l.collect(t, datasetStatus)
			l.Fail("/nodes/lab2/", tt.fault)
			out := l.collect(t, datasetStatus)
			wantProblems(t, out, map[string]string{"node/lab2": tt.code})
			node := find(t, out, "node/lab2")
			detail := node.Detail.(*resource.Node)
			if node.Status != resource.StatusDegraded || detail.Connection != "degraded" || detail.Kernel == "" || node.Usage.CPU == nil {
				t.Errorf("node %+v, detail %+v", node, detail)
			}
			if guest := find(t, out, "lxc/104"); guest.Status != resource.StatusRunning {
				t.Errorf("guest of the node: %+v", guest)
			}
			asked := l.Count("/nodes/lab2/")
			for _, dataset := range []string{datasetStatus, datasetStorage, datasetBackups} {
				if _, told := problems(l.collect(t, dataset))["node/lab2"]; !told {
					t.Errorf("%s does not tell of the node", dataset)
				}
			}
			if n := l.Count("/nodes/lab2/") - asked; n != 0 {
				t.Errorf("the node was asked %d times although it is left alone", n)
			}
			l.Heal()
			l.forward(firstRest + time.Second)
			wantProblems(t, l.collect(t, datasetStatus), map[string]string{})
		})
	}
}

// TestSlowStorageIsNoTroubleOfTheNode plays a dead network storage that makes a
// node slow in nothing else.
func TestSlowStorageIsNoTroubleOfTheNode(t *testing.T) {
	l := impatient(watch(t, load(t, "lab3-pve8")))
	l.Fail("/nodes/lab2/storage", proxmoxtest.Hanging())
	out := l.collect(t, datasetStorage)
	wantProblems(t, out, map[string]string{"node/lab2": proxmoxapi.CodeTimeout})
	find(t, out, "disk/lab1//dev/sda")
	wantProblems(t, l.collect(t, datasetStatus), map[string]string{})
}

func TestOfflineNodeIsNotAsked(t *testing.T) {
	set := load(t, "lab3-pve8")
	status := proxmoxtest.Data[[]map[string]any](t, set, "/cluster/status")
	rows := proxmoxtest.Data[[]map[string]any](t, set, "/cluster/resources")
	for _, r := range status {
		if r["name"] == "lab3" {
			r["online"] = 0
		}
	}
	for i, r := range rows {
		switch {
		case r["id"] == "node/lab3":
			rows[i] = map[string]any{"id": "node/lab3", "node": "lab3", "type": "node", "status": "offline"}
		case r["node"] == "lab3":
			r["status"] = "unknown"
		}
	}
	l := watch(t, set.With(t, "/cluster/status", status).With(t, "/cluster/resources", rows))
	out := l.collect(t, datasetStatus)
	wantProblems(t, out, map[string]string{})
	if node := find(t, out, "node/lab3"); node.Status != resource.StatusOffline || node.Usage.CPU != nil {
		t.Errorf("node %+v", node)
	}
	guest := find(t, out, "qemu/105")
	if guest.Status != resource.StatusUnknown || guest.StatusReason != "its node is offline" || guest.Usage.Counters != nil {
		t.Errorf("guest %+v", guest)
	}
	l.collectAll(t)
	if n := l.Count("/nodes/lab3/"); n != 0 {
		t.Errorf("the node was asked %d times", n)
	}
}

func TestAccountWithFewRights(t *testing.T) {
	l := watch(t, load(t, "lab3-pve8"))
	forbidden := proxmoxtest.Failing(403, "Permission check failed (/, Sys.Audit)")
	l.Fail("/cluster/status", forbidden)
	l.Fail("/nodes/lab1/apt/", forbidden)
	l.Fail("/nodes/lab1/qemu/100/agent/", proxmoxtest.Failing(403, "Permission check failed (/vms/100, VM.Monitor)"))
	seen := l.collectAll(t)
	wantProblems(t, seen[datasetStatus], map[string]string{"cluster": proxmoxapi.CodeForbidden})
	if text := seen[datasetStatus].Problems()[0].Message; !strings.Contains(text, "Sys.Audit on /") {
		t.Errorf("problem %q", text)
	}
	node := find(t, seen[datasetStatus], "node/lab1")
	if node.Status != resource.StatusRunning || node.Labels["updates"] != "not permitted" {
		t.Errorf("node %+v", node)
	}
	for _, m := range node.Metrics {
		if m.Name == "pending_updates" {
			t.Errorf("the node has a metric %+v", m)
		}
	}
	if guest := find(t, seen[datasetStatus], "qemu/100").Detail.(*resource.Guest); guest.DiskUnknown != unknownForbidden {
		t.Errorf("guest %+v", guest)
	}
	wantProblems(t, seen[datasetUpkeep], map[string]string{})
}

func TestNothingIsSeenWithoutTheCluster(t *testing.T) {
	for _, tt := range []struct {
		name, code string
		fault      proxmoxtest.Fault
	}{
		{"login refused", fault.CodeAuth, proxmoxtest.Failing(401, "authentication failure")},
		{"no answer of the API", proxmoxapi.CodeBadAnswer, proxmoxtest.Saying("<html></html>")},
		{"redirect", proxmoxapi.CodeRedirect, proxmoxtest.Fault{Redirect: "https://login.example/"}},
		{"broken", proxmoxapi.CodeServerError, proxmoxtest.Failing(500, "ipcc_send_rec failed")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := watch(t, load(t, "solo-pve9"))
			l.Fail("/cluster/resources", tt.fault)
			out, err := l.try(t, datasetStatus)
			if err == nil || fault.Of(err).Code != tt.code || len(out.Resources()) > 0 {
				t.Errorf("error %v, %d resources", err, len(out.Resources()))
			}
		})
	}
}

// TestMembersTakeOver ends the only configured member.
func TestMembersTakeOver(t *testing.T) {
	for _, tt := range []struct {
		name, code string
		kill       func(*lab)
	}{
		{"stopped", proxmoxapi.CodeRefused, func(l *lab) { l.Stop("lab1") }},
		{"certificate changed", proxmoxapi.CodeTLSFingerprint, func(l *lab) {
			l.Issue("lab1", proxmoxtest.Certificate{})
			l.source.client.Close() // open connections go on
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := watch(t, load(t, "lab3-pve8"))
			first := l.collect(t, datasetStatus)
			tt.kill(l)
			l.forward(10 * time.Second)
			out := l.collect(t, datasetStatus)
			host := strings.TrimPrefix(l.URL("lab1"), "https://")
			wantProblems(t, out, map[string]string{"endpoint/" + host: tt.code})
			if len(out.Resources()) != len(first.Resources()) {
				t.Errorf("%d resources, before %d", len(out.Resources()), len(first.Resources()))
			}
			if got := l.source.client.Endpoint(); got != l.URL("lab2") {
				t.Errorf("asks %s", got)
			}
		})
	}
}

func TestHungAgentIsLeftAlone(t *testing.T) {
	l := watch(t, load(t, "lab3-pve8"))
	const agent = "/nodes/lab3/qemu/105/agent/"
	for _, step := range []struct {
		after time.Duration
		asked int // since the beginning
	}{{0, 1}, {time.Minute, 1}, {61 * time.Second, 2}, {3 * time.Minute, 2}, {62 * time.Second, 3}} {
		l.forward(step.after)
		l.collect(t, datasetGuests)
		if n := l.Count(agent); n != step.asked {
			t.Errorf("after %v more: asked %d times, want %d", step.after, n, step.asked)
		}
	}
	if n := l.Count("/nodes/lab2/qemu/103/agent/"); n != 0 {
		t.Errorf("an agent that is switched off was asked %d times", n)
	}
	if n := l.Count("/nodes/lab2/qemu/121/agent/"); n != 0 {
		t.Errorf("the agent of a paused machine was asked %d times", n)
	}
}

// TestBackupsAreKept lists a storage that fails the second time.
func TestBackupsAreKept(t *testing.T) {
	l := watch(t, load(t, "lab3-pve8"))
	before := l.collect(t, datasetBackups)
	at := l.clock()
	l.forward(5 * time.Minute)
	l.Fail("/nodes/lab1/storage/nas/content", proxmoxtest.Failing(500, "storage 'nas' is not online"))
	after := l.collect(t, datasetBackups)
	wantProblems(t, after, map[string]string{"storage/lab1/nas": proxmoxapi.CodeServerError})
	if len(after.Resources()) != len(before.Resources()) {
		t.Errorf("%d resources, before %d", len(after.Resources()), len(before.Resources()))
	}
	for _, r := range after.Resources() {
		b, ok := r.Detail.(*resource.Backup)
		if want := ok && b.Storage == "nas"; ok && want != r.SeenAt.Equal(at) {
			t.Errorf("%s: seen at %v", r.ID, r.SeenAt)
		}
	}
	l.forward(keptFor)
	for _, r := range l.collect(t, datasetBackups).Resources() {
		if b, ok := r.Detail.(*resource.Backup); ok && b.Storage == "nas" {
			t.Errorf("%s is still shown", r.ID)
		}
	}
}

// TestSharedStorageIsListedOnce looks at which nodes are asked for backups.
func TestSharedStorageIsListedOnce(t *testing.T) {
	l := watch(t, load(t, "lab3-pve8"))
	l.collect(t, datasetBackups)
	asked := map[string]int{}
	for _, path := range l.Asked() {
		if at := strings.Index(path, "/content"); at > 0 {
			asked[path[:at]]++
		}
	}
	want := map[string]int{
		"/nodes/lab1/storage/local": 1, "/nodes/lab2/storage/local": 1, "/nodes/lab3/storage/local": 1,
		"/nodes/lab1/storage/nas": 1, "/nodes/lab1/storage/pbs-vault": 1,
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
}
