package v5

import (
	"fmt"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/pulse-hub/pulse/hub/internal/view/viewtest"
)

// sizes are hosts and containers on each.
func sizes() [][2]int { return [][2]int{{50, 0}, {500, 0}, {2000, 0}, {500, 10}} }

func BenchmarkStateCold(b *testing.B) {
	for _, size := range sizes() {
		b.Run(fmt.Sprintf("hosts=%d/containers=%d", size[0], size[1]), func(b *testing.B) {
			snap := viewtest.NewFleet(b, size[0], size[1]).Inventory.Snapshot()
			b.ReportAllocs()
			for b.Loop() {
				b.SetBytes(int64(len(mustState(b, NewView(), snap, Inputs{}))))
			}
		})
	}
}

// BenchmarkStateWarm is the state after one machine has reported, without and with compression.
func BenchmarkStateWarm(b *testing.B) {
	compressors := map[string]func([]byte) int{"plain": func(state []byte) int { return len(state) }, "zstd": zstdSize(b), "gzip": gzipSize(b)}
	for _, size := range sizes() {
		for name, compress := range compressors {
			b.Run(fmt.Sprintf("hosts=%d/containers=%d/%s", size[0], size[1], name), func(b *testing.B) {
				fleet := viewtest.NewFleet(b, size[0], size[1])
				view := NewView()
				mustState(b, view, fleet.Inventory.Snapshot(), Inputs{})
				sent, i := 0, 0
				b.ReportAllocs()
				for b.Loop() {
					b.StopTimer()
					i++
					fleet.Report(b, i%size[0])
					snap := fleet.Inventory.Snapshot()
					b.StartTimer()
					state := mustState(b, view, snap, Inputs{})
					b.SetBytes(int64(len(state)))
					sent = compress(state)
				}
				b.ReportMetric(float64(sent), "sent-bytes")
			})
		}
	}
}

type counter struct{ n int }

func (c *counter) Write(p []byte) (int, error) {
	c.n += len(p)
	return len(p), nil
}

func zstdSize(tb testing.TB) func([]byte) int {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		tb.Fatal(err)
	}
	var out []byte
	return func(state []byte) int {
		out = encoder.EncodeAll(state, out[:0])
		return len(out)
	}
}

func gzipSize(tb testing.TB) func([]byte) int {
	return func(state []byte) int {
		sent := &counter{}
		w, err := gzip.NewWriterLevel(sent, gzip.BestSpeed)
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := w.Write(state); err != nil {
			tb.Fatal(err)
		}
		if err := w.Close(); err != nil {
			tb.Fatal(err)
		}
		return sent.n
	}
}
