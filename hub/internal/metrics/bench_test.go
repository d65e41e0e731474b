package metrics

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

const scrape = int64(10_000) // milliseconds between samples

// fillBench stores span of samples of count series, ending now, in the manner of a hub that runs for that long.
func fillBench(b *testing.B, s *Store, count int, span time.Duration) (now int64) {
	b.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	batch := make([]Sample, count)
	values := make([]float64, count)
	for i := range batch {
		batch[i].Series = mustIntern(b, s, Series{Name: CPUUsageRatio, Resource: fmt.Sprint("r", i), Kind: "vm"})
		values[i] = rng.Float64()
	}
	now = time.Now().UnixMilli()
	for at := now - span.Milliseconds(); at <= now; at += scrape {
		for i := range batch {
			values[i] = min(1, max(0, values[i]+rng.NormFloat64()*0.01))
			batch[i].At, batch[i].Value = at, values[i]
		}
		if err := s.Append(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	return now
}

// BenchmarkAppend stores one sample per operation, in batches over 10,000 series, up to the log.
func BenchmarkAppend(b *testing.B) {
	const count = 10_000
	s := openTest(b, Options{})
	runTest(b, s)
	batch := make([]Sample, count)
	for i := range batch {
		batch[i].Series = mustIntern(b, s, Series{Name: CPUUsageRatio, Resource: fmt.Sprint("r", i), Kind: "vm"})
	}
	at := time.Now().UnixMilli() - 20*testHour
	round := func(n int) {
		at += 1000
		for i := range batch[:n] {
			batch[i].At, batch[i].Value = at, float64(i%100)/100
		}
		if err := s.Append(b.Context(), batch[:n]); err != nil {
			b.Fatal(err)
		}
	}
	round(count)
	if err := s.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for left := b.N; left > 0; left -= count {
		round(min(left, count))
	}
	if err := s.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	if r := s.Stats().Rejected; r.Total() > 0 {
		b.Fatalf("rejected %+v", r)
	}
}

func BenchmarkIntern(b *testing.B) {
	s := openTest(b, Options{})
	series := Series{Name: CPUUsageRatio, Resource: "r", Kind: "vm"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Intern(series); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSelect(b *testing.B) {
	s := openTest(b, Options{QueueSamples: 1 << 20})
	runTest(b, s)
	now := fillBench(b, s, 200, 26*time.Hour)
	if err := s.compact(b.Context()); err != nil {
		b.Fatal(err)
	}
	stats := s.Stats()
	b.Logf("%d blocks of %d samples, %.2f bytes a sample", stats.Blocks, stats.BlockSamples, float64(stats.DiskBytes-s.db.Head().Size())/float64(stats.BlockSamples))
	resources := []string{"r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8"}
	for _, bc := range []struct {
		name      string
		resources []string
		span      time.Duration
		step      time.Duration
	}{
		{"8 series 1h raw", resources, time.Hour, 0},
		{"8 series 24h raw", resources, 24 * time.Hour, 0},
		{"8 series 24h by minute", resources, 24 * time.Hour, time.Minute},
		{"200 series 1h raw", nil, time.Hour, 0},
		{"200 series 24h by 5 minutes", nil, 24 * time.Hour, 5 * time.Minute},
	} {
		b.Run(bc.name, func(b *testing.B) {
			q := Query{Names: []string{CPUUsageRatio}, Resources: bc.resources, From: now - bc.span.Milliseconds(), To: now, Step: bc.step.Milliseconds()}
			b.ReportAllocs()
			for b.Loop() {
				if got := mustSelect(b, s, q); len(got) == 0 {
					b.Fatal("no series")
				}
			}
		})
	}
}

// memoryDirEnv tells the test binary that it is the child whose memory is measured.
const memoryDirEnv = "PULSE_TEST_METRICS_MEMORY_DIR"

// TestMemoryChild holds an empty store and prints how much memory the process has.
func TestMemoryChild(t *testing.T) {
	dir := os.Getenv(memoryDirEnv)
	if dir == "" {
		t.Skip("runs as the child of TestAnEmptyStoreIsSmall")
	}
	s := openTest(t, Options{Dir: dir})
	runTest(t, s)
	mustAppend(t, s, Sample{mustIntern(t, s, Series{Name: Up, Resource: "r"}), time.Now().UnixMilli(), 1})
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("needs /proc")
	}
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "VmRSS:") || strings.HasPrefix(line, "RssAnon:") {
			fmt.Print(line)
		}
	}
}

// TestAnEmptyStoreIsSmall bounds the memory that is not backed by files: with the code of the program, an empty hub has
// to stay below 48 MB.
func TestAnEmptyStoreIsSmall(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMemoryChild$")
	cmd.Env = append(os.Environ(), memoryDirEnv+"="+t.TempDir())
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("child: %v\n%s", err, out)
	}
	kb := make(map[string]int)
	for line := range strings.Lines(string(out)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[2] == "kB" {
			kb[fields[0]], _ = strconv.Atoi(fields[1])
		}
	}
	if len(kb) == 0 {
		t.Skip("needs /proc")
	}
	t.Logf("resident %d kB, of which not backed by files %d kB", kb["VmRSS:"], kb["RssAnon:"])
	if got := kb["RssAnon:"]; got > 16<<10 && !raceEnabled {
		t.Errorf("an empty store takes %d kB, want at most %d", got, 16<<10)
	}
}
