package stream

import (
	"net"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
)

// counting counts the bytes that a server writes.
type counting struct {
	net.Listener
	written *atomic.Int64
}

type countingConn struct {
	net.Conn
	written *atomic.Int64
}

func (l counting) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return countingConn{c, l.written}, err
}

func (c countingConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.written.Add(int64(n))
	return n, err
}

// BenchmarkPageMinute plays ten seconds of 500 hosts that report every ten
// seconds, a frame each second, and says how many bytes a page costs in a minute.
func BenchmarkPageMinute(b *testing.B) {
	inv := inventory.New(inventory.Options{})
	r := &rig{inventory: inv, stream: New(Options{Inventory: inv, States: plain{}, Logger: hclog.NewNullLogger()})}
	var written atomic.Int64
	server := httptest.NewUnstartedServer(r.stream)
	server.Listener = counting{server.Listener, &written}
	server.Start()
	defer server.Close()
	r.url = "ws" + server.URL[len("http"):]
	subscription := inv.Subscribe("test", 1024)
	defer subscription.Close()
	at := time.Now().Add(-240 * time.Hour)
	report := func(i, round int) {
		r.report(b, i, 0.2+float64((i*31+round*17)%100)/200, at.Add(time.Duration(round)*10*time.Second))
		r.stream.feed.note(<-subscription.Batches())
	}
	for i := range 500 {
		report(i, 0)
	}
	c := dial(b, r, Protocol)
	for {
		if m, _ := read(b, c); m.Type == "snapshot" && m.Part == m.Parts {
			break
		}
	}
	snapshot, frames, round := written.Load(), 0, 0
	b.ReportAllocs()
	for b.Loop() {
		round++
		for second := range 10 {
			for i := range 50 {
				report(second*50+i, round)
			}
			r.stream.feed.advance(time.Now())
			if m, _ := read(b, c); len(m.Data.Patch) != 50 {
				b.Fatalf("delta has %d patches", len(m.Data.Patch))
			}
			frames++
		}
	}
	b.ReportMetric(float64(snapshot), "B/snapshot")
	b.ReportMetric(float64(written.Load()-snapshot)/float64(frames)*60, "B/page-minute")
	_ = c.Close(websocket.StatusNormalClosure, "")
	r.stream.close(errShutdown)
}
