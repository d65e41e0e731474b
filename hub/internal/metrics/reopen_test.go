package metrics

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

func TestReopenedStoreKeepsSeriesApart(t *testing.T) {
	s := openTest(t, Options{})
	w := newWriter(s)
	first := mustIntern(t, s, Series{Name: DiskUsedBytes, Resource: "first"})
	second := mustIntern(t, s, Series{Name: DiskUsedBytes, Resource: "second"})
	at := time.Now().UnixMilli() - time.Minute.Milliseconds()
	if err := w.write([]Sample{{first, at, 1}, {second, at, 2}}); err != nil {
		t.Fatal(err)
	}
	// After opening again, numbers of series that did not reach the log are given to others.
	first.ref, second.ref = second.ref, first.ref
	w.torn = true
	if err := w.write([]Sample{{first, at + 1, 3}, {second, at + 1, 4}}); err != nil {
		t.Fatal(err)
	}
	want := map[string][]float64{"first": {1, 3}, "second": {2, 4}}
	results := mustSelect(t, s, Query{Names: []string{DiskUsedBytes}, From: at, To: at + 1})
	if len(results) != len(want) {
		t.Fatalf("%d series, want %d", len(results), len(want))
	}
	for _, r := range results {
		if len(r.Points) != 2 || r.Points[0].Avg != want[r.Resource][0] || r.Points[1].Avg != want[r.Resource][1] {
			t.Errorf("%s has %v, want %v", r.Resource, r.Points, want[r.Resource])
		}
	}
	if _, err := os.Stat(filepath.Join(s.dir, probeName)); !os.IsNotExist(err) {
		t.Errorf("the probe is left behind: %v", err)
	}
}

func TestReadersLiveThroughReopening(t *testing.T) {
	s := openTest(t, Options{})
	w := newWriter(s)
	h := mustIntern(t, s, Series{Name: DiskUsedBytes, Resource: "r"})
	at := time.Now().UnixMilli() - time.Minute.Milliseconds()
	if err := w.write([]Sample{{h, at, 1}}); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				results, err := s.Select(t.Context(), Query{Names: []string{DiskUsedBytes}, From: at, To: at + 1000})
				if err != nil || len(results) != 1 {
					t.Errorf("select: %d results, %v", len(results), err)
				}
				s.Stats()
				if _, err := s.Gatherer().Gather(); err != nil {
					t.Errorf("gather: %v", err)
				}
			}
		})
	}
	for n := range int64(10) {
		w.torn = true
		if err := w.write([]Sample{{h, at + 1 + n, 1}}); err != nil {
			t.Errorf("write %d: %v", n, err)
		}
	}
	close(done)
	readers.Wait()
	if got := mustSelect(t, s, Query{Names: []string{DiskUsedBytes}, From: at, To: at + 1000}); len(got) != 1 || len(got[0].Points) != 11 {
		t.Errorf("after reopening: %+v, want 11 points", got)
	}
}

func TestNothingIsClosedWithoutRoom(t *testing.T) {
	s := openTest(t, Options{})
	if err := os.Mkdir(filepath.Join(s.dir, probeName), 0o700); err != nil { // no file can be written there
		t.Fatal(err)
	}
	before := s.db
	if _, err := s.reopen(); err == nil {
		t.Error("reopened although nothing can be written")
	}
	if s.db != before {
		t.Error("the TSDB is another one")
	}
}
