//go:build linux

package metrics

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestWritesOfADay stores a day of 50 machines, each with a report of 90 series every 30 seconds (a host of 20 and ten
// containers of 7), and measures with /proc/self/io what that writes to disk. It is as bad as it gets in two ways: each
// report is a commit of its own, and after each 30 seconds everything is forced to disk, so that a page that is written
// to again counts again. It takes a minute or two; `make bench-writes` runs it.
func TestWritesOfADay(t *testing.T) {
	if os.Getenv("PULSE_BENCH_WRITES") == "" {
		t.Skip("runs with make bench-writes")
	}
	const (
		agents    = 50
		perAgent  = 90
		interval  = int64(30_000)
		maxADay   = 1 << 30
		compactAt = 10 * 60_000
	)
	s := openTest(t, Options{})
	runTest(t, s)
	f := newFleet(t, s, agents*perAgent/8+1)
	folder, err := os.Open(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	end := floorTo(time.Now().UnixMilli(), 2*testHour)
	before, ok := writtenBytes()
	if !ok {
		t.Skip("needs /proc/self/io")
	}
	samples := 0
	for at := end - day.Milliseconds(); at < end; at += interval {
		all := f.at(at)
		for agent := range agents {
			mustAppend(t, s, all[agent*perAgent:(agent+1)*perAgent]...)
			samples += perAgent
		}
		if err := unix.Syncfs(int(folder.Fd())); err != nil {
			t.Fatal(err)
		}
		if at%compactAt == 0 {
			compactAndSum(t, s)
		}
	}
	compactAndSum(t, s)
	after, _ := writtenBytes()
	written := after - before
	t.Logf("%d samples, %d MB written, %.1f bytes a sample", samples, written>>20, float64(written)/float64(samples))
	if written == 0 {
		t.Skip("the system counts nothing for this disk")
	}
	if written > maxADay {
		t.Errorf("a day of %d agents writes %d bytes, want at most %d", agents, written, maxADay)
	}
}
