package hostsvc

import (
	"testing"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
)

// The store flushes each write to disk, which is most of what a put takes.
func BenchmarkPut(b *testing.B) {
	f := setup(b)
	c := f.as(b, acme)
	f.fill(b, acme, MaxKeys-1, 500)
	entry := &pluginv1.KvEntry{InstanceId: "nas", Key: "k", Value: make([]byte, 500)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.tryPut(entry); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	f := setup(b)
	c := f.as(b, acme)
	f.fill(b, acme, MaxKeys-1, 500)
	c.put("nas", "k", "v")
	key := &pluginv1.KvKey{InstanceId: "nas", Key: "k"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.KvGet(b.Context(), key); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkListOfAllKeys(b *testing.B) {
	f := setup(b)
	c := f.as(b, acme)
	f.fill(b, acme, MaxKeys, 500)
	b.ReportAllocs()
	for b.Loop() {
		if err := c.KvList(&pluginv1.KvPrefix{}, &collector{ctx: b.Context()}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReport(b *testing.B) {
	f := setup(b)
	s := f.as(b, acme)
	request := healthReport("nas", &pluginv1.HealthResponse{State: pluginv1.State_STATE_OK})
	b.ReportAllocs()
	for b.Loop() {
		f.tenant(acme).reports.tokens = ReportBurst
		clear(f.sink.health)
		if _, err := s.Report(b.Context(), request); err != nil {
			b.Fatal(err)
		}
	}
}
