package proxmox

import (
	"runtime"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxtest"
)

// big is the size of the cluster that figures are given for.
var big = proxmoxtest.Size{Nodes: 50, Guests: 5000, Storages: 200}

// BenchmarkStatusPoll measures one poll of everything that is looked at every
// ten seconds, the playing of the cluster included.
func BenchmarkStatusPoll(b *testing.B) {
	l := watch(b, proxmoxtest.NewCluster(big))
	l.collect(b, datasetStatus)
	before := l.source.client.Requests()
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		l.forward(10 * time.Second)
		if out := l.collect(b, datasetStatus); len(out.Resources()) != big.Nodes+big.Guests+big.Storages || len(out.Problems()) > 0 {
			b.Fatalf("%d resources, problems %v", len(out.Resources()), out.Problems())
		}
	}
	b.StopTimer()
	after := l.source.client.Requests()
	b.ReportMetric(float64(after["node07"]-before["node07"])/float64(b.N), "requests/node")
	b.ReportMetric(float64(after[""]-before[""])/float64(b.N), "requests/cluster")
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	b.ReportMetric(float64(memory.HeapAlloc)/(1<<20), "MiB-heap")
}
