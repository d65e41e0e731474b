package metrics

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// killDirEnv tells the test binary that it is the child which gets killed, and where its store is.
const killDirEnv = "PULSE_TEST_METRICS_KILL_DIR"

const killSeries = 20

func killHandle(t *testing.T, s *Store, i int) *Handle {
	return mustIntern(t, s, Series{Name: DiskUsedBytes, Resource: fmt.Sprint("r", i)})
}

// TestKillChild appends until it is killed, and prints the time and the wall clock of every batch that was taken.
func TestKillChild(t *testing.T) {
	dir := os.Getenv(killDirEnv)
	if dir == "" {
		t.Skip("runs as the child of TestNothingIsLostByKill")
	}
	s := openTest(t, Options{Dir: dir})
	runTest(t, s)
	start := time.Now().UnixMilli() - time.Hour.Milliseconds()
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	for n := int64(1); ; n++ {
		<-ticker.C
		batch := make([]Sample, 0, 2*killSeries)
		for i := range killSeries {
			h := killHandle(t, s, i)
			batch = append(batch, Sample{h, start + n, float64(n)}, Sample{h, start - n, float64(n)})
		}
		if err := s.Append(t.Context(), batch); err != nil {
			t.Fatalf("append: %v", err)
		}
		fmt.Println("acked", start, n, time.Now().UnixMilli())
	}
}

func TestNothingIsLostByKill(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestKillChild$")
	cmd.Env = append(os.Environ(), killDirEnv+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	start, safe := killAfter(t, cmd, bufio.NewScanner(out))
	// It was killed, so it can only fail; what matters is that it is gone.
	_ = cmd.Wait()

	s := openTest(t, Options{Dir: dir})
	results := mustSelect(t, s, Query{Names: []string{DiskUsedBytes}, From: start - safe, To: start + safe})
	if len(results) != killSeries {
		t.Fatalf("%d series after the kill, want %d", len(results), killSeries)
	}
	for _, r := range results {
		stored := make(map[int64]bool)
		for _, p := range r.Points {
			stored[p.At] = true
		}
		for n := int64(1); n <= safe; n++ {
			if !stored[start+n] || !stored[start-n] {
				t.Fatalf("%s: batch %d of %d acknowledged more than a second before the kill is missing", r.Resource, n, safe)
			}
		}
	}
	t.Logf("%d batches of %d samples checked, log repaired: %v", safe, 2*killSeries, s.Stats().Repairs.LogRepaired)
}

// killAfter kills the child in the middle of its work and returns the last batch it reported a second or more before.
func killAfter(t *testing.T, cmd *exec.Cmd, lines *bufio.Scanner) (start, safe int64) {
	t.Helper()
	var walls []int64
	for lines.Scan() {
		var n, wall int64
		if _, err := fmt.Sscanf(lines.Text(), "acked %d %d %d", &start, &n, &wall); err != nil {
			continue
		}
		walls = append(walls, wall)
		if wall-walls[0] < 2500 {
			continue
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for safe = int64(len(walls)); safe > 0 && walls[safe-1] > wall-1000; safe-- {
		}
		return start, safe
	}
	t.Fatalf("child ended after %d batches", len(walls))
	return 0, 0
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
