package proxmox

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxtest"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// decoded decodes the member data the way the client does: what has another
// type than expected is left out. It says whether the client would go on.
func decoded[T any](body []byte) (T, bool) {
	var envelope struct {
		Data T `json:"data"`
	}
	err := json.Unmarshal(body, &envelope)
	_, mismatch := errors.AsType[*json.UnmarshalTypeError](err)
	return envelope.Data, err == nil || mismatch
}

// offline returns a source that asks nobody.
func offline(t testing.TB) *source {
	t.Helper()
	c := config{Guests: true}
	c.URL, c.TokenID, c.TokenSecret = "https://pve.example.net:8006", tokenID, tokenSecret
	s, err := newSource(c, func() time.Time { return time.Unix(1795400000, 0).UTC() })
	if err != nil {
		t.Fatal(err)
	}
	s.log = hclog.NewNullLogger()
	return s
}

// made returns everything that a body could be taken for.
func made(s *source, body []byte) []resource.Resource {
	out := sdk.NewChanges("fuzz")
	v := &view{at: s.now(), name: "lab", quorate: true, nodes: []member{{name: "lab1", online: true}}}
	if rows, ok := decoded[[]clusterRow](body); ok {
		v.members(rows)
		_ = v.endpoints(nil)
	}
	if rows, ok := decoded[[]resourceRow](body); ok {
		v.rows = rows
		for range 2 {
			s.putNodes(v, nil, out)
			s.putGuests(v, out)
			s.putStorages(v, out)
			_ = s.news.since(v)
		}
		_, _ = s.places(v)
	}
	if status, ok := decoded[nodeStatus](body); ok {
		s.facts.updateNode("lab1", func(f *nodeFacts) { f.status, f.statusAt = status, s.now() })
		s.putNodes(v, nil, out)
	}
	list := append(out.Resources(), lists(s, v, body)...)
	return append(list, insides(body))
}

// lists takes a body for each of the lists.
func lists(s *source, v *view, body []byte) []resource.Resource {
	var list []resource.Resource
	rows, _ := decoded[[]diskRow](body)
	for i := range rows {
		list = append(list, rows[i].resource("lab1", s.now()))
	}
	backups, _ := decoded[[]backupRow](body)
	for i := range backups {
		list = append(list, backups[i].resource(place{node: "lab1", storage: "nas"}, storageConfig{}, nil))
	}
	tasks, _ := decoded[[]taskRow](body)
	for i := range tasks {
		list = append(list, tasks[i].resource("lab1", nil))
		_ = tasks[i].event(nil)
	}
	jobs, _ := decoded[[]jobRow](body)
	for i := range jobs {
		list = append(list, jobs[i].resource())
	}
	snapshots, _ := decoded[[]snapshotRow](body)
	for i := range snapshots {
		list = append(list, snapshots[i].resource(&resourceRow{ID: "qemu/1", Type: typeQEMU, Node: "lab1"}))
	}
	replications, _ := decoded[[]replicationJob](body)
	states, _ := decoded[[]replicationState](body)
	for i := range min(len(replications), len(states)) {
		list = append(list, replications[i].resource(v, &states[i], "lab1"))
	}
	if ceph, ok := decoded[cephStatus](body); ok {
		list = append(list, ceph.resource(v))
	}
	return list
}

// insides takes a body for what is inside a guest, a pool and the like.
func insides(body []byte) resource.Resource {
	var f guestFacts
	if rows, ok := decoded[agentAnswer[[]filesystem]](body); ok {
		f.filesystems = realFilesystems(rows.Result)
	}
	if rows, ok := decoded[agentAnswer[[]agentInterface]](body); ok {
		f.interfaces = agentInterfaces(rows.Result)
	}
	if rows, ok := decoded[[]containerInterface](body); ok {
		f.interfaces = append(f.interfaces, containerInterfaces(rows)...)
	}
	if system, ok := decoded[agentAnswer[agentOS]](body); ok {
		f.agentOS = system.Result.info()
	}
	if status, ok := decoded[machineStatus](body); ok {
		f.memorySource, f.balloon = status.Balloon.source()
	}
	if settings, ok := decoded[guestSettings](body); ok {
		_, _, f.osName = settings.agentEnabled(), settings.isOCI(), distribution(string(settings.OSType))
	}
	if rows, ok := decoded[[]haRow](body); ok {
		_ = readHA(rows)
	}
	if rows, ok := decoded[[]certificateRow](body); ok {
		_ = servedUntil(rows)
	}
	storage := &resource.Storage{}
	if tree, ok := decoded[poolTree](body); ok {
		storage.ZFS = tree.pool()
	}
	ceph, _ := decoded[[]cephPool](body)
	_ = cephPools(ceph)
	r := resource.Resource{ID: "qemu/1", Kind: resource.KindVM, Status: resource.StatusRunning}
	d := &resource.Guest{}
	r.Detail = d
	f.describe(&r, d, &resourceRow{})
	return r
}

// check says what of a resource is not fit for the hub.
func check(t *testing.T, list []resource.Resource) {
	t.Helper()
	for i := range list {
		r := &list[i]
		if r.ID == "" || r.Kind == "" || r.Uptime < 0 {
			t.Errorf("resource without an id or a kind, or with an uptime of %v: %+v", r.Uptime, r)
		}
		for _, c := range []resource.Capacity{r.Usage.Memory, r.Usage.Swap, r.Usage.Disk} {
			if c.Used > c.Total || c.Free > c.Total {
				t.Errorf("%s: capacity %+v", r.ID, c)
			}
		}
		if cpu := r.Usage.CPU; cpu != nil && (*cpu < 0 || *cpu > 1) {
			t.Errorf("%s: processor %v", r.ID, *cpu)
		}
		for _, m := range r.Metrics {
			if math.IsNaN(m.Value) || math.IsInf(m.Value, 0) {
				t.Errorf("%s: metric %+v", r.ID, m)
			}
		}
	}
}

// FuzzAnswers takes any body for the answer to any question: nothing may
// panic, and what comes out must be fit for the hub.
func FuzzAnswers(f *testing.F) {
	for _, name := range []string{"lab3-pve8", "solo-pve9"} {
		for path, body := range load(f, name).Bodies() {
			if len(body) < 4000 && !strings.Contains(path, "rrddata") {
				f.Add(body)
			}
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) { check(t, made(offline(t), body)) })
}

// TestRecordedAnswers decodes what systems of versions 7 to 9 have answered.
func TestRecordedAnswers(t *testing.T) {
	for _, name := range []string{"rec-gp-pve7", "rec-gp-pve8", "rec-gp-pve9", "rec-ansible-pve9"} {
		t.Run(name, func(t *testing.T) {
			set := proxmoxtest.Recorded(t, "pve/"+name)
			kinds := map[resource.Kind]int{}
			for path, body := range set.Bodies() {
				list := made(offline(t), body)
				check(t, slices.DeleteFunc(list, func(r resource.Resource) bool { return r.ID == "" }))
				if path == "/cluster/resources" {
					for _, r := range list {
						kinds[r.Kind]++
					}
				}
			}
			t.Log(kinds)
			if strings.HasPrefix(name, "rec-gp") && (kinds[resource.KindNode] == 0 || kinds[resource.KindVM] == 0) {
				t.Errorf("seen in /cluster/resources: %v", kinds)
			}
		})
	}
}

// TestRecordedCeph reads a real status of Ceph.
func TestRecordedCeph(t *testing.T) {
	set := proxmoxtest.Recorded(t, "pve/rec-gp-pve9")
	status := proxmoxtest.Data[cephStatus](t, set, "/cluster/ceph/status")
	r := status.resource(&view{name: "lab"})
	d := r.Detail.(*resource.Ceph)
	if d.OSDs != 21 || d.OSDsUp != 21 || d.PGs != 577 || d.Mons != 3 || r.Usage.Disk.Total != 51850204151808 || r.Usage.Disk.Used != 31663826219008 {
		t.Errorf("usage %+v, detail %+v", r.Usage.Disk, d)
	}
	t.Logf("%s %q: %+v", d.Health, d.HealthMessage, d.Services)
}
