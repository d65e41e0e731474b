package metrics

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A fleet makes values as those of machines: ratios and rates that wander, sizes that change now and then.
type fleet struct {
	batch []Sample
	kind  []int
	rng   *rand.Rand
}

func fleetNames() []string {
	return []string{
		CPUUsageRatio, MemoryUsageRatio, MemoryUsedBytes, DiskUsedBytes,
		NetworkReceiveRate, NetworkTransmitRate, DiskReadRate, DiskWriteRate,
	}
}

// newFleet has eight series for each resource.
func newFleet(t testing.TB, s *Store, resources int) *fleet {
	f := &fleet{rng: rand.New(rand.NewPCG(1, 2))}
	for r := range resources {
		for kind, name := range fleetNames() {
			h := mustIntern(t, s, Series{Name: name, Resource: fmt.Sprintf("cluster-a/node-%02d/qemu/%d", r%40, 100+r), Kind: "vm"})
			value := f.rng.Float64()
			switch {
			case kind == 2 || kind == 3:
				value = math.Floor(value*16e6) * 4096
			case kind > 3:
				value *= 1e6
			}
			f.batch = append(f.batch, Sample{Series: h, Value: value})
			f.kind = append(f.kind, kind)
		}
	}
	return f
}

// at moves all values on to a time and returns them.
func (f *fleet) at(at int64) []Sample {
	for i := range f.batch {
		smp := &f.batch[i]
		smp.At = at
		switch kind := f.kind[i]; {
		case kind < 2:
			smp.Value = min(1, max(0, smp.Value+f.rng.NormFloat64()*0.01))
		case kind == 2:
			smp.Value = max(0, smp.Value+math.Floor(f.rng.NormFloat64()*100)*4096)
		case kind == 3:
			if f.rng.IntN(10) == 0 {
				smp.Value += math.Floor(f.rng.Float64()*10) * 4096
			}
		default: // many machines idle; a rate has as many digits as its interval allows
			smp.Value = 0
			if i%3 == 0 {
				smp.Value = math.Abs(f.rng.NormFloat64()) * 1e6
			}
		}
	}
	return f.batch
}

// fill appends the values of a time at an interval, and waits until they are written.
func (f *fleet) fill(t testing.TB, s *Store, from, to, interval int64) (samples int) {
	t.Helper()
	for at := from; at < to; at += interval {
		batch := f.at(at)
		samples += len(batch)
		for {
			err := s.Append(t.Context(), batch)
			if err == nil {
				break
			}
			t.Fatal(err)
		}
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	return samples
}

// cpuTime returns the processor time that the process has used.
func cpuTime(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// status returns numbers of /proc/self/status, in kB.
func status(t testing.TB) map[string]int {
	t.Helper()
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("needs /proc")
	}
	kb := make(map[string]int)
	for line := range strings.Lines(string(raw)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[2] == "kB" {
			kb[strings.TrimSuffix(fields[0], ":")], _ = strconv.Atoi(fields[1])
		}
	}
	return kb
}

// liveSeriesEnv tells the test binary that it is the child that holds many live series: how many resources, and how
// long blocks are.
const liveSeriesEnv = "PULSE_TEST_METRICS_LIVE"

func TestLiveSeriesChild(t *testing.T) {
	var resources int
	var length time.Duration
	if n, _ := fmt.Sscan(os.Getenv(liveSeriesEnv), &resources, (*durationFlag)(&length)); n != 2 {
		t.Skip("runs as the child of BenchmarkLiveSeries")
	}
	s := openTest(t, Options{blockLength: length})
	runTest(t, s)
	f := newFleet(t, s, resources)
	now := time.Now().UnixMilli()
	from := floorTo(now-12*testHour, 2*testHour)
	fmt.Printf("after %s: %v\n", "interning", status(t)["VmRSS"])
	// Two blocks are written before the head is full for the third time, as in a store that has run for a while.
	peak := 0
	for at := from; at < from+9*testHour/2; at += 10 * time.Minute.Milliseconds() {
		f.fill(t, s, at, at+10*time.Minute.Milliseconds(), 10_000)
		// What a hub has ten minutes for comes at once here; without waiting for it, it would be measured on top.
		if err := s.compact(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.db.ForceHeadMMap() // as the TSDB does each minute
		kb := status(t)
		peak = max(peak, kb["VmRSS"])
		fmt.Printf("%5.2f h: rss %d MB anon %d file %d\n", float64(at-from)/float64(testHour), kb["VmRSS"]>>10, kb["RssAnon"]>>10, kb["RssFile"]>>10)
	}
	fmt.Printf("peak %d MB hwm %d MB series %d blocks %d\n", peak>>10, status(t)["VmHWM"]>>10, s.db.Head().NumSeries(), len(s.db.Blocks()))
}

type durationFlag time.Duration

func (d *durationFlag) Scan(state fmt.ScanState, _ rune) error {
	token, err := state.Token(true, nil)
	if err != nil {
		return err
	}
	parsed, err := time.ParseDuration(string(token))
	*d = durationFlag(parsed)
	return err
}

// BenchmarkLiveSeries measures the memory of a process with 80,000 live series, of a sample every 10 seconds, through
// four and a half hours: the head is full three times, and two blocks are written.
func BenchmarkLiveSeries(b *testing.B) {
	const resources = 10_000 // of 8 series each
	for b.Loop() {
		cmd := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^TestLiveSeriesChild$")
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s", liveSeriesEnv, resources, blockLength), "GOGC=60") // as the hub has it
		out, err := cmd.Output()
		if err != nil {
			b.Fatalf("child: %v\n%s", err, out)
		}
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		var peak, highest, series, blocks int
		for _, line := range lines {
			if n, _ := fmt.Sscanf(line, "peak %d MB hwm %d MB series %d blocks %d", &peak, &highest, &series, &blocks); n == 4 {
				break
			}
		}
		if series != 8*resources || blocks < 2 {
			b.Fatalf("%d series and %d blocks:\n%s", series, blocks, out)
		}
		b.ReportMetric(float64(peak), "resident-MB")
		b.ReportMetric(float64(highest), "highest-MB")
	}
}
