package metrics

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

// TestLateSamplesComeWhileLateOnesAreMoved appends samples of new series, late from the beginning, while late samples
// are being moved into blocks again and again.
func TestLateSamplesComeWhileLateOnesAreMoved(t *testing.T) {
	s := openTest(t, Options{})
	runTest(t, s)
	now := time.Now().UnixMilli()
	mustAppend(t, s, Sample{mustIntern(t, s, Series{Name: Up, Resource: "clock"}), now, 1})
	const series, rounds, each = 1000, 5, 40 // more than what is gathered before it is written to a file
	var moving sync.WaitGroup
	stop := make(chan struct{})
	moving.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if err := s.moveLate(t.Context()); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for round := range int64(rounds) {
		for i := range series {
			h := mustIntern(t, s, Series{Name: DiskUsedBytes, Resource: fmt.Sprint(i)})
			var batch []Sample
			for n := range int64(each) {
				batch = append(batch, Sample{h, now - (3+round)*testHour + 10_000*n, float64(n)})
			}
			if err := s.Append(t.Context(), batch); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	close(stop)
	moving.Wait()
	found := 0
	for _, r := range mustSelect(t, s, Query{Names: []string{DiskUsedBytes}, From: now - 10*testHour, To: now}) {
		found += len(r.Points)
	}
	if found != series*rounds*each {
		t.Errorf("%d of %d late samples are there", found, series*rounds*each)
	}
}
