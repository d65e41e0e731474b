package kubernetes

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes/apiclient"
	"github.com/pulse-hub/pulse/agent/internal/kubernetes/inventory"
	"github.com/pulse-hub/pulse/agent/internal/kubernetes/object"
)

// podText is a pod as API servers send them, about 5 kB, with places for a number, a node, a state and readiness.
var podText = `{"metadata":{"name":"web-7d9f8b6c5d-%[1]06d","generateName":"web-7d9f8b6c5d-","namespace":"team-%[2]d",` +
	`"uid":"0b5e7d0e-3c1c-4d43-8a57-%012[1]d","resourceVersion":"%[1]d","creationTimestamp":"2026-11-23T04:00:00Z",` +
	`"labels":{"app":"web","pod-template-hash":"7d9f8b6c5d","app.kubernetes.io/name":"web","app.kubernetes.io/instance":"web-%[2]d"},` +
	`"annotations":{"checksum/config":"4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865","note":"` + strings.Repeat("n", 400) + `"},` +
	`"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-7d9f8b6c5d","uid":"u","controller":true,"blockOwnerDeletion":true}],` +
	`"managedFields":[{"manager":"kubelet","operation":"Update","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{` + fieldsText + `"f:status":{}}}]},` +
	`"spec":{"nodeName":"worker-%[2]d","containers":[{"name":"web","image":"registry.example.com/team/web:1.2.3","env":[` + envText + `{"name":"LAST","value":"x"}]}],` +
	`"tolerations":[{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}]},` +
	`"status":{"phase":"Running","qosClass":"Burstable","startTime":"2026-11-23T04:00:00Z","podIP":"10.1.2.3",` +
	`"conditions":[{"type":"Ready","status":"True","lastTransitionTime":"2026-11-23T04:00:05Z"}],` +
	`"containerStatuses":[{"name":"web","image":"registry.example.com/team/web:1.2.3","imageID":"sha256:x","ready":%[3]v,"restartCount":0,"state":{"running":{"startedAt":"2026-11-23T04:00:02Z"}}}]}}`

var (
	fieldsText = strings.Repeat(`"f:metadata":{"f:labels":{".":{},"f:app":{}}},`, 40)
	envText    = strings.Repeat(`{"name":"SETTING","valueFrom":{"configMapKeyRef":{"name":"web","key":"setting"}}},`, 12)
)

// hugeCluster serves pods it makes up as they are read, every hundredth of which is not ready.
type hugeCluster struct {
	pods   int
	onPage func()
	bytes  int64
}

func (h *hugeCluster) Get(_ context.Context, request apiclient.Request) (io.ReadCloser, error) {
	if request.Path != "/api/v1/pods" {
		return nil, &apiclient.StatusError{Code: 404}
	}
	from, _ := strconv.Atoi(request.Query.Get("continue"))
	size, _ := strconv.Atoi(request.Query.Get("limit"))
	to := min(from+size, h.pods)
	next := ""
	if to < h.pods {
		next = strconv.Itoa(to)
	}
	if h.onPage != nil {
		h.onPage()
	}
	begin := fmt.Sprintf(`{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1","continue":%q},"items":[`, next)
	return io.NopCloser(&podReader{cluster: h, next: from, to: to, text: []byte(begin)}), nil
}

type podReader struct {
	cluster  *hugeCluster
	next, to int
	text     []byte
	ended    bool
}

func (p *podReader) Read(buffer []byte) (int, error) {
	if len(p.text) == 0 {
		switch {
		case p.next < p.to:
			p.text = fmt.Appendf(p.text[:0], podText, p.next, p.next%40, p.next%100 != 0)
			if p.next++; p.next < p.to {
				p.text = append(p.text, ',')
			}
		case !p.ended:
			p.ended, p.text = true, append(p.text[:0], "]}"...)
		default:
			return 0, io.EOF
		}
	}
	n := copy(buffer, p.text)
	p.text = p.text[n:]
	p.cluster.bytes += int64(n)
	return n, nil
}

// liveHeap returns what is in use after a collection of garbage, in bytes.
func liveHeap() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

func TestHugeListTakesLittleMemory(t *testing.T) {
	const limit = 6 << 20 // twice what it is, and a small part of the 90 MB that pass by
	before := liveHeap()
	var most int64
	cluster := &hugeCluster{pods: 20_000}
	cluster.onPage = func() { most = max(most, liveHeap()-before) }
	c := newContent(cluster, inventory.Filter{}, Options{MaxPods: 200})
	for i := range cluster.pods { // what an earlier list left, which stays until the new one is complete
		pod := &object.Pod{}
		pod.Metadata.UID, pod.Metadata.Name, pod.Status.Phase = fmt.Sprint(i), fmt.Sprint(i), object.Pending
		c.pods[0].Put(pod)
	}
	c.main[1].refresh(t.Context())
	kept := liveHeap() - before
	view := inventory.Merge(c.pods)
	if view.Total != 20_000 || view.Problems != 200 || len(view.List) != 200 {
		t.Fatalf("%d pods, %d problems, %d listed", view.Total, view.Problems, len(view.List))
	}
	t.Logf("%d MB read, %d kB in use at most, %d kB kept", cluster.bytes>>20, most>>10, kept>>10)
	if most > limit || kept > limit {
		t.Errorf("%d bytes in use at most, %d kept, want no more than %d", most, kept, limit)
	}
}

func BenchmarkList5000Pods(b *testing.B) {
	cluster := &hugeCluster{pods: 5000}
	b.ReportAllocs()
	for b.Loop() {
		cluster.bytes = 0
		c := newContent(cluster, inventory.Filter{}, Options{MaxPods: 200})
		c.main[1].refresh(b.Context())
		if view := inventory.Merge(c.pods); view.Total != 5000 {
			b.Fatalf("%d pods", view.Total)
		}
	}
	b.SetBytes(cluster.bytes)
	b.ReportMetric(float64(cluster.bytes)/5000, "bytes/pod")
}

// BenchmarkReport is what one report costs when everything is watched.
func BenchmarkReport(b *testing.B) {
	c := newContent(&hugeCluster{pods: 5000}, inventory.Filter{}, Options{MaxPods: 200})
	c.main[1].refresh(b.Context())
	server := &session{content: c}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := server.report(Options{}, time.Unix(1, 0)); err != nil {
			b.Fatal(err)
		}
	}
}
