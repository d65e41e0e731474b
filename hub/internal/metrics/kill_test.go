package metrics

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// killEnv tells the test binary that it is the child which gets killed: where its store is, and after which batch to go on.
const killEnv = "PULSE_TEST_METRICS_KILL"

// killsEnv says how often the child is killed; 2 times without it.
const killsEnv = "PULSE_TEST_METRICS_KILLS"

const (
	killSeries = 20
	// killStep is the time between batches. A run of some seconds goes through a day, with all blocks and sums of it.
	killStep = int64(time.Minute / time.Millisecond)
	// killLate is how late one of two samples of a batch comes.
	killLate = 6*testHour + 30_000
)

func killHandle(t *testing.T, s *Store, i int) *Handle {
	return mustIntern(t, s, Series{Name: modelGauge, Resource: fmt.Sprint("r", i)})
}

func killOptions(dir string) Options {
	return Options{Dir: dir, Retention: 100 * day, FineRetention: 200 * day}
}

// TestKillChild appends until it is killed, and prints every batch that was taken, with the wall clock.
func TestKillChild(t *testing.T) {
	var dir string
	var start, n int64
	if got, _ := fmt.Sscan(os.Getenv(killEnv), &dir, &start, &n); got != 3 {
		t.Skip("runs as the child of TestNothingIsLostByKill")
	}
	s := openTest(t, killOptions(dir))
	runTest(t, s)
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	for n++; ; n++ {
		<-ticker.C
		batch := make([]Sample, 0, 2*killSeries)
		for i := range killSeries {
			h, at := killHandle(t, s, i), start+n*killStep
			batch = append(batch, Sample{h, at, float64(n)}, Sample{h, at - killLate, float64(-n)})
		}
		if err := s.Append(t.Context(), batch); err != nil {
			t.Fatalf("append: %v", err)
		}
		fmt.Println("acked", n, time.Now().UnixMilli())
	}
}

func TestNothingIsLostByKill(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	kills := 2
	if n, err := strconv.Atoi(os.Getenv(killsEnv)); err == nil {
		kills = n
	}
	dir := t.TempDir()
	start := floorTo(time.Now().Add(-80*day).UnixMilli(), killStep)
	var safe []int64 // batches that must be there
	last := int64(0)
	for kill := range kills {
		acked, newest := runAndKill(t, dir, start, last)
		safe = append(safe, acked...)
		last = newest
		verifyKilled(t, dir, start, safe)
		if t.Failed() {
			t.Fatalf("after kill %d", kill+1)
		}
	}
	t.Logf("%d kills, %d batches of %d samples checked", kills, len(safe), 2*killSeries)
}

// runAndKill runs the child for a moment and returns the batches that it reported a second or more before it was
// killed, and the newest one that it may have begun.
func runAndKill(t *testing.T, dir string, start, after int64) (safe []int64, newest int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestKillChild$")
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %d", killEnv, dir, start, after))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	type ack struct{ n, wall int64 }
	var acks []ack
	life := 1500 + rand.Int64N(1500) // milliseconds
	killed := int64(0)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var a ack
		if _, err := fmt.Sscanf(lines.Text(), "acked %d %d", &a.n, &a.wall); err != nil {
			continue
		}
		acks = append(acks, a)
		if killed == 0 && a.wall-acks[0].wall >= life {
			killed = a.wall
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	// It was killed, so it can only fail; what matters is that it is gone.
	_ = cmd.Wait()
	if killed == 0 {
		t.Fatalf("child ended after %d batches", len(acks))
	}
	for _, a := range acks {
		if a.wall <= killed-1000 {
			safe = append(safe, a.n)
		}
	}
	return safe, acks[len(acks)-1].n + 1000
}

// verifyKilled opens the store and looks for batches, as samples and in sums.
func verifyKilled(t *testing.T, dir string, start int64, safe []int64) {
	t.Helper()
	s := openTest(t, killOptions(dir))
	defer s.Close()
	newest := start + safe[len(safe)-1]*killStep
	q := Query{Names: []string{modelGauge}, From: start - killLate, To: newest}
	raw := mustSelect(t, s, q)
	if len(raw) != killSeries {
		t.Errorf("%d series after the kill, want %d", len(raw), killSeries)
		return
	}
	for _, r := range raw {
		stored := make(map[int64]float64, len(r.Points))
		for _, p := range r.Points {
			stored[p.At] = p.Avg
		}
		var missing, late []int64
		for _, n := range safe {
			at := start + n*killStep
			if stored[at] != float64(n) {
				missing = append(missing, n)
			}
			if stored[at-killLate] != float64(-n) {
				late = append(late, n)
			}
		}
		if len(missing)+len(late) > 0 {
			t.Errorf("%s: of %d batches acknowledged more than a second before the kill, the newest %d, %d samples are missing (%v...) and %d late ones (%v...)",
				r.Resource, len(safe), safe[len(safe)-1], len(missing), missing[:min(3, len(missing))], len(late), late[:min(3, len(late))])
		}
	}
	verifySums(t, s, q, raw)
}

// verifySums compares hours, which are read from sums where there are any, with those of the samples.
func verifySums(t *testing.T, s *Store, q Query, raw []Result) {
	t.Helper()
	q.Step = time.Hour.Milliseconds()
	q.From = floorTo(q.From, q.Step) + q.Step
	for i, r := range mustSelect(t, s, q) {
		samples := make(map[int64]float64, len(raw[i].Points))
		for _, p := range raw[i].Points {
			samples[p.At] = p.Avg
		}
		if diff := cmp.Diff(modelSelect(samples, q), r.Points, cmpopts.EquateApprox(1e-9, 1e-9)); diff != "" {
			t.Errorf("%s: hours (-samples +sums):\n%.2000s", r.Resource, diff)
			return
		}
	}
}

func TestManyAppendAndSelectAtOnce(t *testing.T) {
	s := openTest(t, Options{QueueSamples: 500})
	runTest(t, s)
	const workers, batches, size = 8, 50, 40
	start := time.Now().UnixMilli() - time.Hour.Milliseconds()
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			h, err := s.Intern(Series{Name: DiskUsedBytes, Resource: fmt.Sprint("r", w)})
			if err != nil {
				t.Error(err)
				return
			}
			for b := range batches {
				batch := make([]Sample, size)
				for i := range batch {
					batch[i] = Sample{h, start + int64(b*size+i), float64(i)}
				}
				if err := s.Append(t.Context(), batch); err != nil {
					t.Errorf("append: %v", err)
				}
				if _, err := s.Select(t.Context(), Query{Names: []string{DiskUsedBytes}, From: start, To: start + 1_000_000, Step: 100}); err != nil {
					t.Errorf("select: %v", err)
				}
				s.Stats()
			}
		})
	}
	wg.Wait()
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, r := range mustSelect(t, s, Query{Names: []string{DiskUsedBytes}, From: start, To: start + 1_000_000}) {
		if len(r.Points) != batches*size {
			t.Errorf("%s has %d points, want %d", r.Resource, len(r.Points), batches*size)
		}
	}
	if got := s.Stats().Appended; got != workers*batches*size {
		t.Errorf("appended %d, want %d", got, workers*batches*size)
	}
}
