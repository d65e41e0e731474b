package metrics

import (
	"fmt"
	"testing"
	"time"
)

// reportCPU reports the processor time of all threads, per sample and as samples per second of one core, which does not
// depend on what else the machine does.
func reportCPU(b *testing.B, began time.Duration, samples int) {
	b.Helper()
	used := cpuTime(b) - began
	b.ReportMetric(float64(used.Nanoseconds())/float64(samples), "cpu-ns/sample")
	b.ReportMetric(float64(samples)/used.Seconds(), "samples/core-s")
}

// BenchmarkDay stores what 200 machines with 8 series each measure in a day, every 10 seconds, as fast as it goes, with
// everything that follows from it: the log, blocks, merged blocks and sums. It tells what is on disk for a sample in a
// block, what has been written for a sample until all is summed up (write_bytes of /proc/self/io, which needs a disk:
// a file system in memory counts nothing), and the processor time of it all.
func BenchmarkDay(b *testing.B) {
	for b.Loop() {
		s := openTest(b, Options{})
		runTest(b, s)
		f := newFleet(b, s, 200)
		end := floorTo(time.Now().UnixMilli(), 2*testHour)
		written, began := s.Stats().Writes.Bytes, cpuTime(b)
		samples := f.fill(b, s, end-24*testHour, end, 10_000)
		compactAndSum(b, s)
		if err := s.compact(b.Context()); err != nil { // merges what has been summed up
			b.Fatal(err)
		}
		reportCPU(b, began, samples)
		stats := s.Stats()
		var blocks int64
		for _, block := range s.db.Blocks() {
			blocks += block.Size()
		}
		b.ReportMetric(float64(blocks)/float64(stats.BlockSamples), "disk-B/sample")
		b.ReportMetric(float64(stats.Fine.DiskBytes)/float64(stats.BlockSamples), "sums-B/sample")
		b.ReportMetric(float64(stats.Writes.Bytes-written)/float64(samples), "written-B/sample")
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReadHistory reads the 8 series of one machine among 20, at no more than 300 points, from 91 days of a sample
// every 30 seconds.
func BenchmarkReadHistory(b *testing.B) {
	s := openTest(b, Options{Retention: 100 * day, FineRetention: 200 * day, blockLength: blockLength})
	runTest(b, s)
	f := newFleet(b, s, 20)
	now := time.Now().UnixMilli()
	for d := range int64(91) { // a day at a time, or thousands of blocks would wait for being summed up
		from := now - (91-d)*day.Milliseconds()
		f.fill(b, s, from, from+day.Milliseconds(), 30_000)
		compactAndSum(b, s)
	}
	stats := s.Stats()
	b.Logf("%d blocks, %d of 5 minutes, %d of an hour", stats.Blocks, stats.Fine.Blocks, stats.Coarse.Blocks)
	resource := f.batch[8*7].Series.series.Resource
	for _, bc := range []struct {
		name       string
		span, step time.Duration
	}{
		{"1h", time.Hour, 15 * time.Second},
		{"24h", day, 5 * time.Minute},
		{"7d", 7 * day, time.Hour},
		{"90d", 90 * day, 12 * time.Hour},
		{"90d by hours", 90 * day, time.Hour},
	} {
		b.Run(bc.name, func(b *testing.B) {
			q := Query{Names: fleetNames(), Resources: []string{resource}, From: now - bc.span.Milliseconds(), To: now, Step: bc.step.Milliseconds()}
			b.ReportAllocs()
			for b.Loop() {
				if got := mustSelect(b, s, q); len(got) != 8 {
					b.Fatalf("%d series", len(got))
				}
			}
		})
	}
}

// BenchmarkReadCharts reads all series of many machines over the last hour, with as many points as charts of so many
// have; the newest part is in memory, the rest in a block.
func BenchmarkReadCharts(b *testing.B) {
	for _, resources := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(resources), func(b *testing.B) {
			s := openTest(b, Options{MaxPoints: 10_000_000})
			runTest(b, s)
			f := newFleet(b, s, resources)
			now := time.Now().UnixMilli()
			f.fill(b, s, now-testHour, now, 10_000)
			q := Query{Names: fleetNames(), From: now - testHour, To: now, Step: (2 * time.Minute).Milliseconds()}
			b.ReportAllocs()
			b.ResetTimer()
			began := cpuTime(b)
			for b.Loop() {
				if got := mustSelect(b, s, q); len(got) != 8*resources {
					b.Fatalf("%d series", len(got))
				}
			}
			b.ReportMetric((cpuTime(b)-began).Seconds()*1000/float64(b.N), "cpu-ms/op")
		})
	}
}
